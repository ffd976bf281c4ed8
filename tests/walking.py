"""A list with all its pages, as a reader goes through it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.test import Client


def pages_of(client: Client, address: str) -> Iterator[Any]:
    """The answer of each page, from the first by "next" to the last."""
    query = ""
    while True:
        answer: Any = client.get(f"{address}{query}")
        assert answer.status_code == 200
        yield answer
        more = re.search(r'rel="next" href="([^"]+)"', answer.text)
        if more is None:
            return
        address, query = address.split("?")[0], more[1].replace("&amp;", "&")
