"""Search: what is asked (``language``, ``question``), and how it is found in bounded time (``finding``)."""

from common.search.finding import CANDIDATES, NEAR, Found, Near, find, matching, newest, search
from common.search.language import QUERY_LIMIT, Filter, Query, parse
from common.search.patience import TookTooLong, patience
from common.search.question import WORD_LIMIT, Question

__all__ = [
    "CANDIDATES",
    "NEAR",
    "QUERY_LIMIT",
    "WORD_LIMIT",
    "Filter",
    "Found",
    "Near",
    "Query",
    "Question",
    "TookTooLong",
    "find",
    "matching",
    "newest",
    "parse",
    "patience",
    "search",
]
