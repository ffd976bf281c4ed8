"""The only door through which the site asks another host for anything.

Only the hosts below can be asked, and the one service that the environment may name, over https alone; nothing that
anybody types chooses one. The name is resolved here,
every address it has must be a public one, and the connection goes to an address that was looked at: a name that
answers otherwise a moment later changes nothing. The certificate is checked against the name. No proxy of the
environment is used. What an answer may cost, in bytes and in time, is capped; how often a host is asked is kept in the
database (``common.models.Pace``), so that all workers together keep to it.

``hosts`` names whom the site asks, ``network`` is the wall, and through it go ``asking`` (the sources of studies),
``pushing`` (messages to push services) and ``service`` (the one that the environment names).
"""

from common.fetching.asking import JSON_LIMIT, TRIES, XML_LIMIT, Answer, Client
from common.fetching.errors import NotAllowed, NotFetched, Unreachable
from common.fetching.hosts import HOSTS, Host, retry_after
from common.fetching.pushing import PUSH_SERVICES, Receipt, hand_over, is_push_address
from common.fetching.service import Said, ask_service, network_to

__all__ = (
    "HOSTS",
    "JSON_LIMIT",
    "PUSH_SERVICES",
    "TRIES",
    "XML_LIMIT",
    "Answer",
    "Client",
    "Host",
    "NotAllowed",
    "NotFetched",
    "Receipt",
    "Said",
    "Unreachable",
    "ask_service",
    "hand_over",
    "is_push_address",
    "network_to",
    "retry_after",
)
