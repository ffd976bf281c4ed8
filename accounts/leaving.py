"""Leaving: asked for, thought better of, and carried out.

Whoever asks to leave is out of sight at once (``is_active`` is off, every session ended), and has 14 days to come back.
Then a job takes them out of every table, step by step (``common.personal``): first their name out of what others
wrote, then their own rows from the top floor down, at last the account. Each step is one transaction and may be done
again, so a worker that dies in between has done no harm.
"""

from __future__ import annotations

import time

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts import mail
from accounts.models import GoneName, Leaving, Member
from accounts.models.leaving import UNDO
from accounts.personal import end_sessions
from common import personal
from common.personal import Choice


class MustHandOver(Exception):
    """Who serves here cannot leave: an admin takes the powers back first, and the last admin names another."""


@transaction.atomic
def ask(member: Member, choice: Choice) -> Leaving:
    """Close the account at once, and let it go in ``UNDO``. Asking twice changes nothing. Raises ``MustHandOver``."""
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if member.is_staff or member.is_superuser:
        raise MustHandOver
    now = timezone.now()
    leaving, is_new = Leaving.objects.get_or_create(
        member=member, defaults={"choice": choice, "asked_at": now, "due_at": now + UNDO}
    )
    if is_new:
        member.is_active = False
        member.save(update_fields=["is_active"])
        while end_sessions(member):
            pass
        mail.send(member, "leaving", gettext_noop("You are leaving"), leaving=leaving, days=UNDO.days)
    return leaving


@transaction.atomic
def stay(leaving: Leaving) -> bool:
    """Open the account again; False where it is too late."""
    Member.objects.select_for_update(no_key=True).get(pk=leaving.member_id)
    if not Leaving.objects.filter(pk=leaving.pk, begun_at__isnull=True).delete()[0]:
        return False
    Member.objects.filter(pk=leaving.member_id).update(is_active=True)
    mail.send(leaving.member, "staying", gettext_noop("You are staying"))
    return True


def carry_out_due(seconds: float = 60) -> int:
    """Carry out what is due, for about so long; gives how many members are gone. What is left, the next run does."""
    until, gone = time.monotonic() + seconds, 0
    for leaving in Leaving.due().select_related("member")[:100]:
        if time.monotonic() > until:
            break
        gone += _carry_out(leaving, until)
    return gone


def _carry_out(leaving: Leaving, until: float) -> bool:
    with transaction.atomic():
        begun = Leaving.objects.select_for_update().filter(pk=leaving.pk).first()
        if begun is None:  # they thought better of it in this moment
            return False
        if begun.begun_at is None:
            begun.begun_at = timezone.now()
            begun.save(update_fields=["begun_at"])
    member, choice = leaving.member, Choice(begun.choice)
    while begun.place < len(personal.words()):
        if time.monotonic() > until:
            return False
        with transaction.atomic():
            last = personal.sweep(begun.place, begun.after, member)
            begun.place, begun.after = (begun.place + 1, "") if last is None else (begun.place, last)
            begun.save(update_fields=["place", "after"])
    place = 0
    while (done := personal.next_step(member, choice, place)) is not None:
        place = done
        if time.monotonic() > until:
            return False
    with transaction.atomic():
        GoneName.keep(member)
        member.delete()
    return True
