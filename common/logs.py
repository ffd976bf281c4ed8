"""Log lines: one JSON object a line, whatever is in it.

The id of the request being answered is known to every line written meanwhile (``request_id``), and to the member on
an error page, so that one can be found by the other.
"""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

MESSAGE_LIMIT = 8_000  # characters; a path or a title may be as long as a request
TRACEBACK_LIMIT = 20_000  # characters, the end of it, where the cause stands

request_id: ContextVar[str] = ContextVar("request_id", default="")

REMOVED = "[removed]"
# A name that tells of a secret, as a key of its own or as the end of one ("reset_token"), then what it holds: a quoted
# text, "Bearer x" or "Basic x", or everything up to the next separator. A cookie header holds several, up to its end.
SECRETS = re.compile(
    r"""(?P<name>(?:pass(?:word|wd|phrase)[0-9]?|secret(?:_?key)?|tokens?|csrf\w*|session_?(?:id|key)|api_?key
           |authorization|signature|private_?key|recovery_?codes?)["']?\s*(?:=>|[=:])\s*)
        (?P<value>"[^"\n]*"|'[^'\n]*'|(?:bearer|basic)\s+[^\s,;]+|[^\s&,;}\])]+)
      | (?P<cookie>(?:set-)?cookie["']?\s*[=:]\s*)[^\n]+
      | (?P<address>/(?:feeds|unsubscribe|leaving|appeals)/)[^\s/?"']+
      | (?P<query>[?&](?:code|key|q|state)=)[^\s&"']+
      | (?P<userinfo>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)
    """,
    re.IGNORECASE | re.VERBOSE,
)


KEPT = ("name", "cookie", "address", "query", "userinfo")  # what stands before a secret, and stays


def without_secrets(text: str) -> str:
    """``text`` with what follows "password=", "token:", "Cookie:" and their like taken out, and words searched for."""
    return SECRETS.sub(lambda found: next(filter(None, map(found.group, KEPT))) + REMOVED, text)


class LineFormatter(logging.Formatter):
    """Writes a record as one line of JSON in ASCII: time (UTC), level, logger, message; where known, the request's id,
    the status answered, and the exception with its traceback as one string.

    Everything outside printable ASCII is escaped, so no line break, escape sequence or bidirectional override that
    came in with a request reaches a terminal.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _cut(without_secrets(_message(record)), MESSAGE_LIMIT),
        }
        # Django speaks of an answer when it has left our middleware, and hands the request along.
        if known := request_id.get() or str(getattr(getattr(record, "request", None), "id", "")):
            line["request_id"] = known
        if isinstance(status := getattr(record, "status_code", None), int):
            line["status"] = status
        if record.exc_info and record.exc_info[0]:
            line["exception"] = without_secrets(self.formatException(record.exc_info))[-TRACEBACK_LIMIT:]
        elif record.stack_info:
            line["stack"] = without_secrets(record.stack_info)[-TRACEBACK_LIMIT:]
        # \x7f is the one control character that JSON leaves as it is.
        return json.dumps(line, ensure_ascii=True).replace("\x7f", "\\u007f")


def _message(record: logging.LogRecord) -> str:
    """The message, or its parts where they do not fit together: a log line must not fail."""
    try:
        return record.getMessage()
    except Exception:
        return f"{record.msg!s} {record.args!r}"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
