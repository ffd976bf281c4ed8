"""Before it is needed: what of a member's words waits for a moderator, or is not taken at all, and why.

``judge`` is asked before words are written, by the floor that writes them; it knows plain strings and not what they
become. What waits is out of sight by the same means as what is hidden, and has a row of ``Held``; it is approved or
rejected by the verbs of ``moderation.acting``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone

from moderation import lens, limits, rules, trust
from moderation.models import Held, Rule

# As ``common.markdown`` writes links; a link to a study, known by its identifier, is what this place is for.
LINK = re.compile(r'<a href="https?://([^/"?#]*)[^"]*"(?: title="[^"]*")?( class="work)?', re.IGNORECASE)
HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")
MOST_DOMAINS = 20  # of one text, that are looked up; what is more is new


@dataclass(frozen=True)
class Sent:
    """Words that a member sends, before they are written.

    ``stands`` counts the member's posts and comments in sight, up to a number; ``known`` says which of some domains
    the site links to already; ``shelf`` is the category's id. ``is_new`` is False for an edit.
    """

    member: Any
    kind: str
    title: str
    body: str
    html: Callable[[], str]
    stands: Callable[[int], int]
    known: Callable[[Collection[str]], set[str]]
    shelf: int | None = None
    is_new: bool = True
    is_masked: bool = False

    @property
    def as_text(self) -> rules.Text:
        """As rules see it; what it links to is looked at by the rules that ask."""
        return rules.Text(f"{self.title}\n{self.body}", self.html, domains_in)


@dataclass(frozen=True)
class Verdict:
    """What becomes of words: ``why`` they wait (nothing where they don't), and what is ``said`` of it."""

    why: tuple[str, ...] = ()
    said: str = ""
    fired: tuple[Rule, ...] = ()
    writer: Any = None  # whose words were judged; nobody where they are not judged

    @property
    def holds(self) -> bool:
        return bool(self.why)


PASSED = Verdict()


class Refused(limits.TooMuch):
    """A rule takes no such words; the text is its sentence. Whoever answers with it writes the rule's log."""

    def __init__(self, refusing: list[Rule], kind: str, author: int | None) -> None:
        super().__init__(refusing[0].sentence)
        self.refusing, self.kind, self.author = refusing, kind, author

    def told_by(self, answer: HttpResponse) -> HttpResponse:
        # Here, after what was begun is undone: the log stays.
        rules.note(self.refusing, self.kind, author=self.author)
        return super().told_by(answer)


def judge(sent: Sent) -> Verdict:
    """What becomes of these words. Whoever serves here is not judged."""
    if sent.member.is_staff or sent.member.moderates_categories:
        return PASSED
    why: list[str] = []
    said: list[str] = []
    if sent.is_new and _are_first(sent):
        why.append(Held.Why.FIRST)
    if new := _new_domains(sent):
        why.append(Held.Why.DOMAIN)
        said.append(", ".join(new))
    fired = rules.fired(sent.as_text, level=trust.level_of(sent.member), shelf=sent.shelf)
    if refusing := [rule for rule in fired if rule.then == Rule.Then.REFUSE]:
        raise Refused(refusing, sent.kind, None if sent.is_masked else sent.member.pk)
    if holding := [rule for rule in fired if rule.then == Rule.Then.HOLD]:
        why.append(Held.Why.RULE)
        said.append(", ".join(f"“{rule}”" for rule in holding))
    return Verdict(tuple(why), "; ".join(said)[:500], tuple(fired), sent.member)


def _are_first(sent: Sent) -> bool:
    wanted = settings.HOLD_FIRST
    return bool(wanted) and trust.level_of(sent.member) < 1 and sent.stands(wanted) < wanted


def _new_domains(sent: Sent) -> list[str]:
    if trust.level_of(sent.member) >= settings.HOLD_DOMAINS_BELOW:
        return []
    domains = [each for each in domains_in(sent.html()) if not _is_given(each)]
    if not domains:
        return []
    known = sent.known([each for each in domains[:MOST_DOMAINS] if HOST.fullmatch(each)])
    return [each for each in domains if each not in known]


def domains_in(html: str) -> list[str]:
    """The domains that rendered HTML links to, lower case, without "www.", each once; links to studies left out."""
    found = (host.lower().rpartition("@")[2] for host, work in LINK.findall(html) if not work)
    own = settings.SITE_URL.partition("://")[2].lower()
    return list(dict.fromkeys(host.removeprefix("www.") for host in found if host and host != own))


def _is_given(domain: str) -> bool:
    return any(domain == each or domain.endswith(f".{each}") for each in settings.HOLD_KNOWN_DOMAINS)


# ── The rows ─────────────────────────────────────────────────────────────────────────────────────


def _of(thing: models.Model) -> dict[str, Any]:
    return {"content_type": ContentType.objects.get_for_model(thing), "object_id": thing.pk}


def row_of(thing: models.Model) -> QuerySet[Held]:
    return Held.objects.filter(**_of(thing))


def keep(thing: Any, kind: str, verdict: Verdict, words: str, *, is_told: bool = False) -> None:
    """Note that the thing of these words waits. ``is_told``: it was in sight before, and told whom it had to."""
    now = timezone.now()
    again: dict[str, Any] = {
        "state": Held.State.WAITING,
        "why": list(verdict.why),
        "said": verdict.said,
        "held_at": now,
    }
    again |= {"concern": lens.look(words).score}
    first = again | {"kind": kind, "author_id": thing.author_id, "told_at": now if is_told else None}
    Held.objects.update_or_create(
        **_of(thing), defaults=again | {"closed_at": None, "closed_by": None, "answer": ""}, create_defaults=first
    )


def also_because(thing: models.Model, why: str, said: str = "") -> None:
    """Say of what waits already that it would wait for this too."""
    for row in row_of(thing).filter(state=Held.State.WAITING).select_for_update():
        if why not in row.why:
            row.why, row.said = [*row.why, why], "; ".join(filter(None, (row.said, said)))[:500]
            row.save(update_fields=["why", "said"])


def answers_about(things: Collection[models.Model]) -> dict[models.Model, str]:
    """What the author of each was told when it was decided about: one query, and none for nothing."""
    known = {(ContentType.objects.get_for_model(thing).pk, thing.pk): thing for thing in things}
    if not known:
        return {}
    rows = Held.objects.filter(content_type__in={kind for kind, _ in known}, object_id__in={pk for _, pk in known})
    found = {(kind, pk): answer for kind, pk, answer in rows.values_list("content_type", "object_id", "answer")}
    return {thing: found[key] for key, thing in known.items() if key in found}


def was_let_through(thing: models.Model, since: datetime) -> bool:
    """Whether a moderator has let it through since."""
    return row_of(thing).filter(state=Held.State.APPROVED, closed_by__isnull=False, closed_at__gte=since).exists()


def close(thing: models.Model, state: str, moderator: Any = None, answer: str = "") -> None:
    row_of(thing).update(state=state, closed_at=timezone.now(), closed_by=moderator, answer=answer[:500])


def wait_again(thing: models.Model) -> None:
    row_of(thing).update(state=Held.State.WAITING, closed_at=None, closed_by=None, answer="")


def withdraw(thing: models.Model) -> None:
    """Its author deleted it: nobody need look at it any more."""
    row_of(thing).filter(state=Held.State.WAITING).update(state=Held.State.WITHDRAWN, closed_at=timezone.now())


def is_to_tell(thing: models.Model) -> bool:
    """Whether this is the first time that the thing stands in sight after it waited: True once, and never again."""
    now = timezone.now()
    return bool(row_of(thing).filter(told_at=None).update(told_at=now, state=Held.State.APPROVED, closed_at=now))
