"""Atom feeds (RFC 4287): the same bytes for the same content, so that a reader who asks again is answered 304."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.http import http_date

from common.addresses import absolute

MOST = 30  # entries of one feed
KEPT_SECONDS = 60  # what a moderator hides is gone from every reader's next look after that
NOTHING_YET = datetime(2000, 1, 1, tzinfo=UTC)  # an empty feed has been as it is since ever
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Entry:
    """One entry. ``key`` is a path that stays the same whatever the thing is called; ``summary`` is plain text."""

    key: str
    title: str
    url: str
    updated: datetime
    summary: str = ""
    authors: tuple[str, ...] = ()


class _Feed(Atom1Feed):
    content_type = "application/atom+xml; charset=utf-8"

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=NOTHING_YET)


def atom(
    request: HttpRequest, *, title: str, url: str, entries: Sequence[Entry], is_private: bool = False
) -> HttpResponseBase:
    """The feed as an answer: 304 where the reader has it already. ``url`` is the page whose feed it is.

    A private one may be kept by its reader alone, and by no search engine.
    """
    feed = _Feed(
        title=_text(f"{title} · {settings.SITE_NAME}"),
        link=absolute(url),
        description="",
        feed_url=absolute(request.get_full_path()),
        author_name=settings.SITE_NAME,
        language="en",
    )
    for entry in entries[:MOST]:
        feed.add_item(
            title=_text(entry.title),
            link=absolute(entry.url),
            description=escape(_text(entry.summary)),  # it is read as HTML
            unique_id=absolute(entry.key),
            updateddate=entry.updated,
            author_name=_text(", ".join(entry.authors)) or None,
        )
    body = feed.writeString("utf-8").encode()
    changed = feed.latest_post_date()
    answer = HttpResponse(body, content_type=_Feed.content_type)
    answer["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer["Last-Modified"] = http_date(changed.timestamp())
    answer["Cache-Control"] = "private, no-cache" if is_private else f"public, max-age={KEPT_SECONDS}"
    if is_private:
        answer["X-Robots-Tag"] = "noindex"
    # The tag alone decides: something may be corrected or hidden without a later date.
    kept = get_conditional_response(request, etag=answer["ETag"], response=answer)
    return kept or answer


def _text(text: str) -> str:
    return NOT_IN_XML.sub("", text)
