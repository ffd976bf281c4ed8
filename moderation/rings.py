"""Members who vote for each other far above chance.

What is taken for chance: each keeps the number of their votes in each category, and each vote goes to an author of that
category in proportion to all votes the authors got there from others than each other. Then the votes of one for the
other are about Poisson with the mean

    lambda = sum over categories of  votes of the one there * share of the other among votes received there.

The tail of each direction is multiplied to q, and P = q (1 - ln q) is the chance of a product so small (Fisher 1932).
A pair is flagged where P times the number of pairs (Bonferroni) is below ``FALSE``: so in one night in a hundred one
pair or more is flagged where everybody votes by chance. Votes for each other must be ``LEAST`` or more both ways, and
``FAR`` times what chance would give, since people who like the same things do vote for each other a little more.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

FALSE = 0.01
LEAST = 5
FAR = 5.0


@dataclass(frozen=True)
class Ring:
    """Two members by their ids: votes of each for the other, all their votes, and how many chance would give."""

    one: int
    other: int
    given: tuple[int, int]
    of: tuple[int, int]
    expected: tuple[float, float]
    chance: float  # P, times the number of pairs


def log_tail(count: int, mean: float) -> float:
    """ln P(X >= count) for a Poisson of this mean, summed from its largest term."""
    if count <= 0:
        return 0.0
    if mean <= 0:
        return -math.inf
    first = count * math.log(mean) - mean - math.lgamma(count + 1)
    total, term, at = 1.0, 1.0, count
    while term > 1e-12 * total and at < count + 10_000:
        at += 1
        term *= mean / at
        total += term
    return min(0.0, first + math.log(total))


def find(votes: Iterable[tuple[int, int, int, int]]) -> list[Ring]:
    """The rings among these sums (voter, author, category, votes); whoever votes for themself is left out."""
    cast: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    got: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    here: dict[int, int] = defaultdict(int)
    between: dict[tuple[int, int], int] = defaultdict(int)
    by_shelf: dict[tuple[int, int, int], int] = defaultdict(int)
    members: set[int] = set()
    for voter, author, shelf, count in votes:
        if voter == author:
            continue
        cast[voter][shelf] += count
        got[author][shelf] += count
        here[shelf] += count
        between[voter, author] += count
        by_shelf[voter, author, shelf] += count
        members |= {voter, author}

    def expected(voter: int, author: int) -> float:
        mean = 0.0
        for shelf, count in cast[voter].items():
            mine = by_shelf[voter, author, shelf]
            # What this voter gave says nothing about how much others like the author; half a vote where nobody does.
            others, all_others = got[author][shelf] - mine, here[shelf] - count
            mean += count * (others + 0.5) / (all_others + 1)
        return mean

    pairs = max(1, len(members) * (len(members) - 1) // 2)
    found = []
    for (one, other), given in between.items():
        back = between.get((other, one), 0)
        if one > other or min(given, back) < LEAST:
            continue
        means = expected(one, other), expected(other, one)
        if given < FAR * means[0] or back < FAR * means[1]:
            continue
        log_q = log_tail(given, means[0]) + log_tail(back, means[1])
        chance = pairs * math.exp(log_q) * (1 - log_q) if log_q > -700 else 0.0
        if chance < FALSE:
            totals = sum(cast[one].values()), sum(cast[other].values())
            found.append(Ring(one, other, (given, back), totals, means, chance))
    return sorted(found, key=lambda ring: ring.chance)
