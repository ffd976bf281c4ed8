"""A draft out of the abstract's own sentences: those that say most of what the others say too.

LexRank (Erkan and Radev 2004): sentences are words weighed by rarity, two are as near as the cosine between them, and
the rank of each is what a walk among near ones comes to. Nothing is rewritten, so nothing can be invented.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from common.text import plain_text, sentences
from studies.drafting import Draft, NoDraft
from studies.models import Study

SENTENCES_LIMIT = 150  # of one abstract
IN_BODY = 6
DAMPING, ROUNDS = 0.85, 40
SECTION = re.compile(r"^([A-Z][A-Za-z/&,' ]{2,60}):\s+(?=\S)")
CONCLUDES = re.compile(r"conclusion|interpretation|discussion", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]{3,}|\d+(?:[.,]\d+)*")
COMMON = frozenset(
    "the and for with was were that this from are not but has had have been than which their these those after before"
    " between among into also both during there more most such who its our they can may all any one two".split()
)


class Extractive:
    name = "Studyhall's sentence picker"
    is_slow = False

    def draft(self, study: Study) -> Draft:
        text = getattr(study, "text", None)
        abstract = plain_text(text.abstract_html) if text else ""
        if not abstract.strip():
            raise NoDraft("The library holds no abstract of this study, so there is nothing to draft from.")
        told, closing = _sentences(abstract)
        ranks = ranked(told)
        best = sorted(range(len(told)), key=lambda place: -ranks[place])
        tldr = told[closing[0]] if closing else told[best[0]]
        chosen = sorted(best[:IN_BODY])
        quoted = "\n>\n".join(f"> {told[place]}" for place in chosen)
        return Draft(tldr, f"In the authors' own words:\n\n{quoted}")


def _sentences(abstract: str) -> tuple[list[str], list[int]]:
    """The abstract's sentences without the labels of their sections, and the places of those that conclude."""
    told: list[str] = []
    closing: list[int] = []
    concludes = False
    for sentence in sentences(abstract)[:SENTENCES_LIMIT]:
        if label := SECTION.match(sentence):
            concludes = bool(CONCLUDES.search(label[1]))
            sentence = sentence[label.end() :]
        if concludes:
            closing.append(len(told))
        told.append(sentence)
    return told, closing


def ranked(told: list[str]) -> list[float]:
    """The LexRank of each sentence."""
    words = [Counter(word for word in WORD.findall(each.lower()) if word not in COMMON) for each in told]
    seen_in = Counter(word for each in words for word in each)
    rarity = {word: math.log(1 + len(told) / count) for word, count in seen_in.items()}
    weights = [{word: count * rarity[word] for word, count in each.items()} for each in words]
    lengths = [math.sqrt(sum(weight**2 for weight in each.values())) or 1.0 for each in weights]
    near = [
        [
            sum(weight * other.get(word, 0.0) for word, weight in each.items()) / (lengths[a] * lengths[b])
            if a != b
            else 0.0
            for b, other in enumerate(weights)
        ]
        for a, each in enumerate(weights)
    ]
    size = len(told)
    for row in near:
        if not any(row):  # near to none: the walk goes on anywhere
            row[:] = [1.0] * size
    sums = [sum(row) for row in near]
    ranks = [1 / size] * size
    for _ in range(ROUNDS):
        ranks = [
            (1 - DAMPING) / size + DAMPING * sum(ranks[b] * near[b][a] / sums[b] for b in range(size))
            for a in range(size)
        ]
    return ranks
