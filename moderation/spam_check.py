"""An optional check for spam by a service that speaks Akismet's protocol: on where the environment has a key.

What leaves the site is the words alone, without quotes, names of members and mail addresses (``as_sent``): not who
wrote them, from where, with what, or to whom. Upper floors say what can be checked (``register``) and when words were
written (``due``). A job asks; whatever fails is tried again, and given up in the end, and the words stay as they are.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from common import calling, fetching
from common.deferring import defer
from common.text import clean_line
from moderation import trust
from moderation.models import Checked, CheckStanding

TITLE = "The spam check"
TRIES, KEPT_TRYING = 6, timedelta(days=1)
CLAIMED = timedelta(minutes=2)  # longer than one question can take
FIRST_WAIT, LONGEST_WAIT = 60, 3600  # seconds after a failure in which nobody asks
LOT = 100  # of what is due, that one run of the job asks about
KEPT = timedelta(days=90)
LONGEST_SENT = 20_000  # characters
# Whoever asks must name the sender's address. Ours are nobody's: this one is set apart for documents (RFC 5737).
NOBODYS_ADDRESS = "192.0.2.1"
HAM, SPAM = "ham", "spam"
SAYS_SPAM = re.compile(r"\bspam", re.IGNORECASE)
LETS_STAND = frozenset({"approve", "approve-edit", "unhide"})
TAKES_AWAY = frozenset({"reject", "reject-edit", "hide"})

QUOTE = re.compile(r"^[ \t]{0,3}>.*(?:\n|$)", re.MULTILINE)
MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


@dataclass(frozen=True)
class Checkable:
    """A kind of thing whose words can be checked; ``called`` is how the protocol calls it.

    ``texts`` gives all words of the thing with this id that stand or wait now. ``hold(pk, text, words, since)`` lets
    these words wait for a moderator, unless one has looked at them ``since``; ``words`` say what the check said.
    """

    model: type[models.Model]
    called: str
    texts: Callable[[int], list[str]]
    hold: Callable[[int, str, str, datetime], None]

    def text_of(self, row: Checked) -> str | None:
        """The words that were asked about, if they are still there."""
        return next((text for text in self.texts(row.object_id) if digest_of(text) == row.digest), None)


_checkables: dict[type[models.Model], Checkable] = {}


def register(*kinds: Checkable) -> None:
    _checkables.update({each.model: each for each in kinds})


def _kind_of(row: Checked) -> Checkable | None:
    model = row.content_type.model_class()
    return _checkables.get(model) if model else None


def is_on() -> bool:
    return bool(settings.SPAM_CHECK_KEY)


def digest_of(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"checked/{text}".encode(), hashlib.sha256).hexdigest()[:32]


# ── What leaves the site ─────────────────────────────────────────────────────────────────────────


def as_sent(text: str) -> str:
    """The words without what is others': quotes, names that are called, mail addresses."""
    own = QUOTE.sub("", text[:LONGEST_SENT])
    return calling.CALL.sub("@member", MAIL.sub("(an address)", own)).strip()


def _fields(kind: Checkable, text: str, *, is_edit: bool) -> dict[str, str]:
    fields = {
        "api_key": settings.SPAM_CHECK_KEY,
        "blog": settings.SITE_URL,
        "blog_charset": "UTF-8",
        "user_ip": NOBODYS_ADDRESS,
        "comment_type": kind.called,
        "comment_content": as_sent(text),
    }
    return fields | ({"recheck_reason": "edit"} if is_edit else {})


def _ask(call: str, fields: dict[str, str]) -> fetching.Said:
    return fetching.ask_service(TITLE, f"{settings.SPAM_CHECK_URL.rstrip('/')}/1.1/{call}", fields)


def _answer(said: fetching.Said) -> tuple[bool, bool]:
    """Whether it is spam, and whether that is certain. Raises ``NotFetched`` for what is no answer."""
    if (answer := said.body.strip()) in (b"true", b"false"):
        return answer == b"true", said.headers.get("x-akismet-pro-tip") == "discard"
    help = clean_line(said.headers.get("x-akismet-debug-help", ""))[:200]
    why = "does not take the key" if answer == b"invalid" else "answered with something that is no answer"
    raise fetching.NotFetched(TITLE, f"{TITLE} {why}{f': {help}' if help else ''}.")


def verify() -> bool:
    """Whether the service knows the key. Raises ``NotFetched``."""
    return _ask("verify-key", {"key": settings.SPAM_CHECK_KEY, "blog": settings.SITE_URL}).body.strip() == b"valid"


# ── When words are written ───────────────────────────────────────────────────────────────────────


def due(thing: models.Model, writer: Any, text: str, *, is_edit: bool = False) -> bool:
    """Let these words be checked, in the transaction that writes them; gives whether they will be.

    ``writer`` is who is judged by their words, or None for what is not judged. Nothing where the check is off.
    """
    if not is_on() or writer is None or trust.level_of(writer) >= settings.SPAM_CHECK_BELOW:
        return False
    now = timezone.now()
    again = {"state": Checked.State.DUE, "made_at": now, "due_at": now, "tries": 0, "is_edit": is_edit}
    row, is_new = Checked.objects.get_or_create(**_of(thing), digest=digest_of(text), defaults=again)
    if not is_new:
        # What was found clean once is so; words that were spam, or were given up, may have come back.
        if row.state == Checked.State.CLEAN:
            return False
        Checked.objects.filter(pk=row.pk).update(**again)
    defer("moderation.check_words", pk=row.pk)
    return True


def is_doubted(thing: models.Model, text: str) -> bool:
    """Whether these words of the thing were taken for spam, or nobody knows yet."""
    doubted = (Checked.State.SPAM, Checked.State.DUE, Checked.State.GONE)
    rows = Checked.objects.filter(**_of(thing), digest=digest_of(text), state__in=doubted)
    return is_on() and rows.exclude(told_as=HAM).exists()


def was_found_clean(thing: models.Model, text: str) -> bool:
    """Whether these words of the thing were asked about, and nobody doubts them."""
    rows = Checked.objects.filter(**_of(thing), digest=digest_of(text))
    return rows.filter(models.Q(state=Checked.State.CLEAN) | models.Q(told_as=HAM)).exists()


def _of(thing: models.Model) -> dict[str, Any]:
    return {"content_type": ContentType.objects.get_for_model(thing), "object_id": thing.pk}


def decided(thing: models.Model, action: str, reason: str, text: str) -> None:
    """A moderator did this to these words: where the check was wrong about them, it is told, once for a decision."""
    if not is_on():
        return
    if action in LETS_STAND:
        wrong, truth = Checked.State.SPAM, HAM
    elif action in TAKES_AWAY and SAYS_SPAM.search(reason):
        wrong, truth = Checked.State.CLEAN, SPAM
    else:
        return
    rows = Checked.objects.filter(**_of(thing), digest=digest_of(text), state=wrong).exclude(told_as=truth)
    for pk in rows.values_list("pk", flat=True):
        if Checked.objects.filter(pk=pk).exclude(told_as=truth).update(told_as=truth):
            defer("moderation.tell_spam_check", pk=pk, truth=truth)


# ── The job's work ───────────────────────────────────────────────────────────────────────────────


def check(pk: int) -> None:
    """Ask about some words, if nobody else does or has, and do what follows. Raises nothing of the service's."""
    now = timezone.now()
    if not is_on() or (paused := _paused_until(now)):
        if is_on():
            Checked.objects.filter(pk=pk, due_at__lte=now).update(due_at=paused)
        return
    claim = Checked.objects.filter(pk=pk, state=Checked.State.DUE, due_at__lte=now)
    if not claim.update(due_at=now + CLAIMED, tries=models.F("tries") + 1):
        return
    row = Checked.objects.select_related("content_type").get(pk=pk)
    kind = _kind_of(row)
    text = kind.text_of(row) if kind else None
    if kind is None or text is None:
        # Deleted, or other words by now.
        Checked.objects.filter(pk=pk).update(state=Checked.State.GONE, due_at=None)
        return
    try:
        is_spam, is_certain = _answer(_ask("comment-check", _fields(kind, text, is_edit=row.is_edit)))
    except fetching.NotFetched as trouble:
        _failed(row, trouble.sentence)
        return
    state = Checked.State.SPAM if is_spam else Checked.State.CLEAN
    CheckStanding.objects.update_or_create(
        pk=1, defaults={"answered_at": timezone.now(), "answer": state, "failures": 0, "paused_until": None}
    )
    if is_spam:
        # First the words and then the row: a job that dies between them asks again, and holding twice holds once.
        kind.hold(row.object_id, text, "without a doubt" if is_certain else "", row.made_at)
    Checked.objects.filter(pk=pk, state=Checked.State.DUE).update(state=state, due_at=None)


def _paused_until(now: datetime) -> datetime | None:
    return CheckStanding.objects.filter(paused_until__gt=now).values_list("paused_until", flat=True).first()


def _failed(row: Checked, trouble: str) -> None:
    now = timezone.now()
    standing, _ = CheckStanding.objects.get_or_create(pk=1)
    failures = min(standing.failures, 12) + 1
    wait = timedelta(seconds=min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT))
    CheckStanding.objects.filter(pk=1).update(
        failed_at=now, trouble=trouble[:500], failures=failures, paused_until=now + wait
    )
    over = row.tries >= TRIES or now - row.made_at > KEPT_TRYING
    change = {"state": Checked.State.GIVEN_UP, "due_at": None} if over else {"due_at": now + wait}
    Checked.objects.filter(pk=row.pk, state=Checked.State.DUE).update(**change)


def check_due() -> None:
    """Ask about what waited for another try, or whose job was lost."""
    if not is_on():
        return
    now = timezone.now()
    due_now = Checked.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)
    for pk in list(due_now[:LOT]):
        check(pk)


def tell(pk: int, truth: str) -> None:
    """Tell the service what a moderator found. Raises ``NotFetched``; words that are others by now are not told of."""
    row = Checked.objects.select_related("content_type").filter(pk=pk, told_as=truth).first()
    kind = _kind_of(row) if row else None
    if row is None or kind is None or not is_on() or (text := kind.text_of(row)) is None:
        return
    _ask(f"submit-{truth}", _fields(kind, text, is_edit=row.is_edit))


def sweep() -> int:
    """Forget what was asked long ago; gives how many rows went."""
    return Checked.objects.filter(made_at__lt=timezone.now() - KEPT, due_at=None).delete()[0]


# ── For the desk ─────────────────────────────────────────────────────────────────────────────────


def in_a_line() -> str:
    """Whether the check is on, and what it said last."""
    if not is_on():
        return "The spam check is off."
    standing = CheckStanding.objects.first()
    if standing is None:
        return "The spam check is on; it has not been asked anything yet."
    line = "The spam check is on."
    if standing.answered_at:
        line += f" Its last answer: {standing.get_answer_display().lower()} ({standing.answered_at:%d %B, %H:%M})."
    if standing.failed_at and (not standing.answered_at or standing.failed_at > standing.answered_at):
        line += f" It failed on {standing.failed_at:%d %B, %H:%M}: {standing.trouble} It is asked again by itself."
    return line
