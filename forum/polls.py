"""Polls: attached to a post as it is written, voted in until they are over, and shown to whom they should be.

Whoever votes, changes or closes a poll locks its post first: so a vote is counted wholly before the post is hidden, or
not at all, and the counters equal the ballots however many vote at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from forum.errors import Locked
from forum.models import Post
from forum.models.poll import Ballot, BallotChoice, Poll, PollOption
from forum.terms import became
from moderation import log

FEWEST, MOST = 2, 10  # options
OPTION_LIMIT = 120  # characters


class Over(Locked):
    """The poll takes no votes any more (409)."""


class HasVotes(Exception):
    """What is asked may not change once somebody has answered (409)."""


class BadChoice(Exception):
    """Not an option of this poll, or several where one may be chosen; the words say which (422)."""


@dataclass(frozen=True)
class Terms:
    """What a poll asks, and how."""

    options: tuple[str, ...]
    question: str = ""
    is_multiple: bool = False
    is_open: bool = False
    results: str = Poll.Results.ALWAYS
    closes_at: datetime | None = None


# ── Changing ─────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def set_terms(post: Post, terms: Terms | None) -> None:
    """Let the post ask this, or nothing. Raises ``HasVotes`` where that would change what members have answered."""
    _lock(post)
    poll = Poll.objects.filter(post=post).first()
    if terms_of(poll) == terms:
        return
    if poll is not None:
        if is_fixed(poll):
            raise HasVotes
        poll.delete()
    if terms is not None:
        poll = Poll.objects.create(
            post=post, question=terms.question, is_multiple=terms.is_multiple, is_open=terms.is_open,
            results=terms.results, closes_at=terms.closes_at,
        )  # fmt: skip
        PollOption.objects.bulk_create(
            PollOption(poll=poll, position=position, words=words) for position, words in enumerate(terms.options)
        )


def is_fixed(poll: Poll | None) -> bool:
    """Whether what the poll asks may not change any more: somebody has answered, or it is over."""
    return poll is not None and (poll.voter_count > 0 or poll.is_over)


def terms_of(poll: Poll | None) -> Terms | None:
    if poll is None:
        return None
    return Terms(
        tuple(poll.options.values_list("words", flat=True)), poll.question, poll.is_multiple, poll.is_open,
        poll.results, poll.closes_at,
    )  # fmt: skip


@transaction.atomic
def vote(poll: Poll, member: Any, chosen: Iterable[int]) -> None:
    """Cast the member's one ballot, or change it to these options; with none it is withdrawn.

    Raises ``Over`` where nobody may vote (any more), ``BadChoice`` for what the poll does not offer.
    """
    wanted = set(chosen)
    post = _lock(poll.post)
    poll.refresh_from_db()
    if poll.is_over or not takes_votes(post):
        raise Over
    if wanted - set(poll.options.values_list("pk", flat=True)):
        raise BadChoice(gettext("That is no answer of this poll."))
    if len(wanted) > 1 and not poll.is_multiple:
        raise BadChoice(gettext("Choose one answer."))
    ballot = Ballot.objects.filter(poll=poll, member=member).first()
    had = set(ballot.choices.values_list("option", flat=True)) if ballot else set()
    if wanted and ballot is None:
        ballot = Ballot.objects.create(poll=poll, member=member)
        _count_voters(poll, +1)
    if ballot is not None and wanted != had:
        Ballot.objects.filter(pk=ballot.pk).update(voted_at=timezone.now())
        BallotChoice.objects.filter(ballot=ballot, option__in=had - wanted).delete()
        BallotChoice.objects.bulk_create(BallotChoice(ballot=ballot, option_id=pk) for pk in sorted(wanted - had))
        PollOption.objects.filter(pk__in=had - wanted).update(vote_count=F("vote_count") - 1)
        PollOption.objects.filter(pk__in=wanted - had).update(vote_count=F("vote_count") + 1)
    if ballot is not None and not wanted:
        ballot.delete()
        _count_voters(poll, -1)
    poll.refresh_from_db()


def _count_voters(poll: Poll, step: int) -> None:
    Poll.objects.filter(pk=poll.pk).update(voter_count=F("voter_count") + step)


@transaction.atomic
def close(poll: Poll, by: Any, reason: str = "") -> None:
    """End the poll now. What a moderator ends who did not write the post stands in the log, with the reason."""
    post = _lock(poll.post)
    poll.refresh_from_db()
    if poll.is_over:
        return
    Poll.objects.filter(pk=poll.pk).update(closed_at=timezone.now())
    poll.refresh_from_db()
    if not post.is_by(by):
        log.record(by, "close the poll", post, reason)


def can_be_closed_by(poll: Poll, post: Post, user: Any) -> bool:
    """Its author, and moderators, until it is over."""
    if poll.is_over or not user.is_authenticated or post.is_deleted:
        return False
    return user.is_moderator or (post.is_by(user) and takes_votes(post))


def takes_votes(post: Post) -> bool:
    """Whether anybody may vote here: not on what is hidden, deleted or locked."""
    thread = stands_in(post)
    return thread is not None and thread.is_shown and not thread.is_locked


def stands_in(post: Post) -> Post | None:
    """The thread in which the poll of the post is to be found: its own, or that into which it was merged."""
    if post.is_shown:
        return post
    comment = became(post.pk)
    return comment.post if comment else None


def _lock(post: Post) -> Post:
    return Post.objects.select_for_update(no_key=True).get(pk=post.pk)


def withdraw_ballots(member: Any, most: int) -> int:
    """Take a lot of a member's ballots out of the polls, also of those that are over; gives how many."""
    ballots = list(Ballot.objects.filter(member=member.pk).select_related("poll__post").order_by("pk")[:most])
    for ballot in ballots:
        with transaction.atomic():
            _lock(ballot.poll.post)
            options = list(BallotChoice.objects.filter(ballot=ballot).values_list("option", flat=True))
            if Ballot.objects.filter(pk=ballot.pk).delete()[0]:
                PollOption.objects.filter(pk__in=options).update(vote_count=F("vote_count") - 1)
                _count_voters(ballot.poll, -1)
    return len(ballots)


# ── Showing ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ShownOption:
    """An option as one reader sees it; ``vote_count`` and ``percent`` only where they may see the results."""

    pk: int
    words: str
    is_mine: bool
    vote_count: int = 0
    percent: int = 0


@dataclass(frozen=True)
class ShownPoll:
    """A poll as one reader sees it."""

    poll: Poll
    options: list[ShownOption] = field(default_factory=list)
    can_vote: bool = False
    can_close: bool = False
    has_voted: bool = False
    shows_results: bool = False
    lists_voters: bool = False
    takes_votes: bool = False
    address: str = ""


def for_reader(post: Post, user: Any) -> ShownPoll | None:
    """The poll of a post (loaded with ``poll``), if it has one: one query, and one more for a member.

    Results that this reader may not see yet are not in what is given.
    """
    poll = getattr(post, "poll", None)
    if poll is None or post.is_deleted:
        return None
    mine: Collection[int] = ()
    if user.is_authenticated:
        mine = set(BallotChoice.objects.filter(ballot__poll=poll, ballot__member=user).values_list("option", flat=True))
    shows = shows_results(poll, has_voted=bool(mine))
    options = [
        ShownOption(
            option.pk, option.words, option.pk in mine,
            *((option.vote_count, round(100 * option.vote_count / max(1, poll.voter_count))) if shows else ()),
        )
        for option in poll.options.all()
    ]  # fmt: skip
    votes = not poll.is_over and takes_votes(post)
    return ShownPoll(
        poll, options, has_voted=bool(mine), shows_results=shows, lists_voters=shows and poll.is_open,
        takes_votes=votes, can_vote=user.is_authenticated and votes, can_close=can_be_closed_by(poll, post, user),
        address=address_of(post),
    )  # fmt: skip


def address_of(post: Post) -> str:
    """Where the poll of a post is shown: on its page, and on one of its own where the post was merged away."""
    if post.is_shown or not became(post.pk):
        return f"{post.get_absolute_url()}#poll"
    return reverse("forum:poll", args=[post.pk])


def shows_results(poll: Poll, *, has_voted: bool) -> bool:
    return poll.is_over or poll.results == Poll.Results.ALWAYS or (poll.results == Poll.Results.VOTED and has_voted)


def has_voted(poll: Poll, user: Any) -> bool:
    return user.is_authenticated and Ballot.objects.filter(poll=poll, member=user).exists()


def voters(option: PollOption) -> Any:
    """The choices of an option of an open poll, with who made them; the caller has asked whether they may be shown."""
    return BallotChoice.objects.filter(option=option).select_related("ballot__member")
