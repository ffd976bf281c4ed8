"""Search over generated ``tsvector`` columns: every word counts, any word may be missing.

A question of n words is asked in widening rounds: all n words, then any n - 1 of them, then any one. Each round
reads a bounded number of rows, the newest, before they are ranked; the rounds stop when the list is full.
So a rare combination is found at once, a common word never ranks the whole table, and a word too many
does not empty the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F, QuerySet

from common.text import clean_line

QUERY_LIMIT = 300  # characters
WORD_LIMIT = 10  # words that are looked at
CANDIDATES = 300  # rows ranked in a round
WEIGHTS = (0.1, 0.3, 0.6, 1.0)  # of D, C, B, A

WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*", re.UNICODE)


@dataclass(frozen=True)
class Question:
    """What somebody searches for: the text as typed (cleaned), and its words."""

    text: str
    words: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, typed: str) -> Question:
        text = clean_line(typed)[:QUERY_LIMIT]
        return cls(text, tuple(dict.fromkeys(word.casefold() for word in WORD.findall(text)))[:WORD_LIMIT])

    def rounds(self) -> list[SearchQuery]:
        """The queries of the widening rounds, strictest first."""
        single = [SearchQuery(word, config="english") | SearchQuery(word, config="simple") for word in self.words]
        if not single:
            return []
        rounds = [_all_of(single)]
        if len(single) > 2:
            rounds.append(_any_of([_all_of(single[:left] + single[left + 1 :]) for left in range(len(single))]))
        if len(single) > 1:
            rounds.append(_any_of(single))
        return rounds


def find(rows: QuerySet, vector: str, question: Question, most: int) -> list[Any]:
    """The best ``most`` of ``rows`` for the question, best first.

    ``vector`` is the path from ``rows`` to the ``tsvector`` column; ``rows`` has no order yet. Takes at most
    two queries a round; gives an empty list for a question without words.
    """
    found: dict[Any, Any] = {}
    for query in question.rounds():
        newest = rows.model._default_manager.filter(
            pk__in=rows.filter(**{vector: query}).order_by("-pk").values("pk")[:CANDIDATES]
        )
        ranked = newest.annotate(rank=SearchRank(F(vector), query, weights=list(WEIGHTS), normalization=1))
        for pk in ranked.order_by("-rank", "-pk").values_list("pk", flat=True)[:most]:
            found.setdefault(pk, None)
        if len(found) >= most:
            break
    ids = list(found)[:most]
    by_id = {row.pk: row for row in rows.filter(pk__in=ids)}
    return [by_id[pk] for pk in ids if pk in by_id]


def _all_of(queries: list[Any]) -> Any:
    whole = queries[0]
    for query in queries[1:]:
        whole = whole & query
    return whole


def _any_of(queries: list[Any]) -> Any:
    whole = queries[0]
    for query in queries[1:]:
        whole = whole | query
    return whole
