"""Appeals: a member and the moderators talk about one sanction, until a moderator lifts it or lets it stay.

The member comes by the link of their sanction (``Sanction.link``), signed in or not: it opens this thread and nothing
else. One appeal is open for a sanction at a time; after one that changed nothing there can be another a month later.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from accounts import mail
from accounts.models import Member
from accounts.models.member import MODERATORS
from common import wording
from moderation import log, sanctions, told
from moderation.models import Appeal, AppealMessage, Sanction
from notices.telling import tell

KIND = "appeals"  # of notifications, for moderators
AGAIN = timedelta(days=30)
UNANSWERED = 5  # messages that a member can write before a moderator answers
LIFT = "lift"  # the line of the log


class Refused(Exception):
    """The message is not taken; the words say why."""


def of(sanction: Sanction) -> Appeal | None:
    """The newest appeal against the sanction."""
    return sanction.appeals.order_by("-pk").first()


def why_not(sanction: Sanction, appeal: Appeal | None) -> str:
    """Why the member can't write now, as a sentence; "" where they can."""
    if appeal and appeal.is_open:
        answered = appeal.messages.filter(is_by_moderator=True).order_by("-pk").values_list("pk", flat=True).first()
        if appeal.messages.filter(pk__gt=answered or 0).count() >= UNANSWERED:
            return gettext("You have written several times. The moderators will answer; you can write again then.")
        return ""
    if not sanction.is_standing:
        return gettext("This is over, so there is nothing to appeal.")
    if appeal and appeal.closed_at and appeal.closed_at > timezone.now() - AGAIN:
        return gettext("The moderators have decided. You can ask again from %(closed_at)s on.") % {
            "closed_at": format(appeal.closed_at + AGAIN, "%Y-%m-%d")
        }
    return ""


APPEALS = gettext_noop("%(member)s appeals against a decision.")
ANSWERED: dict[str, str] = {
    "": gettext_noop("The moderators have answered your appeal."),
    Appeal.State.LIFTED: gettext_noop("The moderators have answered your appeal: it is taken back."),
    Appeal.State.KEPT: gettext_noop("The moderators have answered your appeal: it stays."),
}
wording.know(APPEALS, *ANSWERED.values())


@transaction.atomic
def write(sanction: Sanction, words: str) -> AppealMessage:
    """The member's words; the first ones open the appeal. The same words again are one message. Raises ``Refused``."""
    held = Sanction.objects.select_for_update(no_key=True).select_related("member").get(pk=sanction.pk)
    appeal = of(held)
    last = appeal.messages.order_by("-pk").first() if appeal else None
    if last and not last.is_by_moderator and last.words == words:
        return last
    if refused := why_not(held, appeal):
        raise Refused(refused)
    if appeal is None or not appeal.is_open:
        appeal = Appeal.objects.create(sanction=held)
    Appeal.objects.filter(pk=appeal.pk).update(waits_for_moderators=True)
    message = AppealMessage.objects.create(appeal=appeal, author=held.member, words=words)
    tell(
        moderators().exclude(pk=held.member_id).values_list("pk", flat=True), kind=KIND, key=f"appeal:{message.pk}",
        words=APPEALS % {"member": held.member},
        url=reverse("admin:moderation_appeal_change", args=[appeal.pk]),
    )  # fmt: skip
    return message


def moderators() -> Any:
    serves = Q(is_superuser=True) | Q(groups__name=MODERATORS)
    return Member.objects.filter(serves, is_active=True, is_staff=True).distinct()


def _open(appeal: Appeal) -> Appeal:
    """The appeal, locked with its sanction. Raises ``Refused`` where somebody has decided meanwhile."""
    Sanction.objects.select_for_update(no_key=True).get(pk=appeal.sanction_id)
    locked = Appeal.objects.select_related("sanction__member").get(pk=appeal.pk)
    if not locked.is_open:
        raise Refused(gettext("Somebody else has decided this appeal in the meantime."))
    return locked


@transaction.atomic
def answer(appeal: Appeal, moderator: Member, words: str, *, outcome: str = "") -> AppealMessage:
    """A moderator's words; with an ``outcome`` (of ``Appeal.State``) they are the last. Raises ``Refused``."""
    member = Member.objects.get(sanctions__appeals=appeal)
    sanctions.hold(member.pk)
    locked = _open(appeal)
    message = AppealMessage.objects.create(appeal=locked, author=moderator, is_by_moderator=True, words=words)
    locked.waits_for_moderators = False
    if outcome:
        locked.state, locked.closed_at, locked.closed_by = outcome, timezone.now(), moderator
    locked.save(update_fields=["waits_for_moderators", "state", "closed_at", "closed_by"])
    sanction = locked.sanction
    if outcome == Appeal.State.LIFTED:
        ids = sanctions.lift(member, [sanction.pk])
        log.record(moderator, LIFT, member, words, details={"sanctions": ids})
    said = {"": "", Appeal.State.LIFTED: gettext_noop("it is taken back"), Appeal.State.KEPT: gettext_noop("it stays")}[
        outcome
    ]
    tell(
        [member.pk], kind=told.KIND, key=f"appeal:{message.pk}",
        words=ANSWERED[outcome],
        url=reverse("moderation:appeal", args=[sanction.token]),
    )  # fmt: skip
    mail.send(member, "appeal_answer", gettext_noop("Your appeal"), words=words, outcome=said, sanction=sanction)
    return message
