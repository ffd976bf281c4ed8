"""Snippets: the passages of a text that a query matches, as pieces of plain text of which some are marked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import TextField, Value

from common.search import Question
from common.text import plain_text

START, STOP, GAP = "\ue000", "\ue001", "\ue002"  # of the private use area; taken out of the texts before
OURS = re.compile(f"[{START}-{GAP}]")
TEXT_LIMIT = 20_000  # characters of a text that are looked at
OPTIONS = f"StartSel={START}, StopSel={STOP}, MaxFragments=2, MaxWords=24, MinWords=8, FragmentDelimiter={GAP}"

# A piece of a snippet: its text, and whether it is a match.
Snippet = list[tuple[str, bool]]


def of(html: Mapping[int, str], question: Question) -> dict[int, Snippet]:
    """The passages of each HTML text that the question matches, by one statement; none for a text without a match."""
    query = question.shown()
    if query is None or not html:
        return {}
    texts = [OURS.sub(" ", " ".join(plain_text(text)[:TEXT_LIMIT].split())) for text in html.values()]
    compiler = _compiler()
    sql, params = compiler.compile(query.resolve_expression(compiler.query))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ts_headline('english', t, {sql}, %s) FROM unnest(%s::text[]) WITH ORDINALITY texts (t, number)"  # noqa: S608
            " ORDER BY number",
            [*params, OPTIONS, texts],
        )
        headlines = [headline for (headline,) in cursor.fetchall()]
    return {pk: pieces(headline) for pk, headline in zip(html, headlines, strict=True) if START in headline}


def pieces(headline: str) -> Snippet:
    """A headline cut where its matches begin and end."""
    found: Snippet = []
    for part in headline.replace(GAP, " … ").split(START):
        marked, stop, rest = part.partition(STOP)
        found += [(marked, True), (rest, False)] if stop else [(marked, False)]
    return [piece for piece in found if piece[0]]


def _compiler() -> Any:
    from common.models import Tag

    return Tag.objects.annotate(text=Value("", TextField())).query.get_compiler(connection=connection)
