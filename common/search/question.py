"""A query as PostgreSQL is asked it: in widening rounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.search import SearchQuery

from common.search.language import QUERY_LIMIT, WORD_LIMIT, Query, parse

__all__ = ["QUERY_LIMIT", "WORD_LIMIT", "Question"]

# English words that the search vectors leave out: a question does not require them.
LEFT_OUT = frozenset(
    (
        "a about after all am an and any are as at be because been before being below between both but by can did do"
        " does doing down during each few for from further had has have having he her here hers him his how i if in"
        " into is it its just me more most my no nor not now of off on once only or other our out over own same she"
        " should so some such than that the their them then there these they this those through to too under until up"
        " very was we were what when where which while who whom why will with you your"
    ).split()
)


@dataclass(frozen=True)
class Question:
    """The words of a query: those that may be missing, and what must or must not be there."""

    query: Query

    @classmethod
    def of(cls, typed: str) -> Question:
        """A question without operators."""
        return cls(parse(typed))

    @property
    def text(self) -> str:
        return self.query.text

    @property
    def words(self) -> tuple[str, ...]:
        return self.query.words

    @property
    def counted(self) -> tuple[str, ...]:
        """The words that the vectors hold; all of them where that would leave none."""
        return tuple(word for word in self.words if word not in LEFT_OUT) or self.words

    def rounds(self) -> list[Any]:
        """The queries of the widening rounds, strictest first: every word, all but one, any. Phrases count in each."""
        single = [_word(word) for word in self.counted]
        required = [_phrase(phrase) for phrase in self.query.phrases]
        if not single and not required:
            return []
        rounds = [[*single, *required]]
        if len(single) > 2:
            all_but_one = [reduce(and_, single[:left] + single[left + 1 :]) for left in range(len(single))]
            rounds.append([reduce(or_, all_but_one), *required])
        if len(single) > 1:
            rounds.append([reduce(or_, single), *required])
        return [reduce(and_, [*parts, *self.excluded()]) for parts in rounds]

    def strict(self) -> Any:
        """The query that asks for every word; None where there is none to ask for."""
        return next(iter(self.rounds()), None)

    def excluded(self) -> list[Any]:
        """What must not be there, as queries to be joined by "and"."""
        unwanted = [(word, "plain") for word in self.query.without]
        unwanted += [(phrase, "phrase") for phrase in self.query.without_phrases]
        return [
            ~SearchQuery(words, config=config, search_type=kind)
            for words, kind in unwanted
            for config in ("english", "simple")
        ]

    def shown(self) -> Any:
        """The query of which a snippet shows the matches: any word, any phrase; None without either."""
        wanted = [*map(_word, self.counted), *map(_phrase, self.query.phrases)]
        return reduce(or_, wanted) if wanted else None


def _word(word: str) -> Any:
    # English forms for texts, the very word for names.
    return SearchQuery(word, config="english") | SearchQuery(word, config="simple")


def _phrase(phrase: str) -> Any:
    return SearchQuery(phrase, config="english", search_type="phrase") | SearchQuery(
        phrase, config="simple", search_type="phrase"
    )
