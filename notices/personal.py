"""What members follow and are told, as their own: given out with their data, and gone when they leave."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from accounts.models import Member
from common import personal
from common.personal import SOMEBODY, Choice, Delete, Part, Words, Work
from notices.models import (
    Audience,
    Device,
    Digest,
    FeedKey,
    Follow,
    Letter,
    Mail,
    MailAllowance,
    Mute,
    Notification,
    Preference,
    RefusedMail,
)


def follows_of(member: Any) -> QuerySet[Follow]:
    """Who follows this member."""
    return Follow.objects.filter(content_type=ContentType.objects.get_for_model(Member), object_id=member.pk)


def mutes_of(member: Any) -> QuerySet[Mute]:
    """Who mutes this member."""
    return Mute.objects.filter(kind="member", object_id=member.pk)


def mail_to(member: Any) -> QuerySet[Mail]:
    """What waits to be sent to this member's addresses."""
    addressed = Q()
    for address in {member.email, *member.emailaddress_set.values_list("email", flat=True)} - {""}:
        addressed |= Q(content__to__contains=[address])
    return Mail.objects.filter(addressed) if addressed else Mail.objects.none()


def forget_mail(member: Any, choice: Choice) -> int:
    return mail_to(member).delete()[0]


def as_shown(row: dict[str, Any]) -> dict[str, Any]:
    """A notification as its member may read it now: without the words of what went out of sight since."""
    return row | {"words": "", "url": "", "address": ""} if row["is_withdrawn"] else row


def register() -> None:
    personal.register(
        Part(
            Follow, "member", Delete(), "follows",
            ("content_type__model", "object_id", "level", "followed_at", "is_automatic"),
            about=gettext_noop("what you follow"),
        ),
        Part(Follow, "object_id", Delete(), withheld="who follows you is theirs to tell", rows=follows_of),
        Part(Mute, "member", Delete(), "mutes", ("kind", "object_id", "muted_at"),
        about=gettext_noop("what you mute and hide")),
        Part(Mute, "object_id", Delete(), withheld="who mutes you is theirs to tell", rows=mutes_of),
        Part(
            Notification, "member", Delete(), "notifications",
            ("kind", "words", "count", "url", "told_at", "is_unread", "is_withdrawn"),
            about=gettext_noop("what you were told"),
            address=lambda row: row["url"], finish=as_shown,
        ),
        Part(
            Preference, "member", Delete(), "preferences", ("kind", "place", "push"),
            about=gettext_noop("where you are told of what"),
        ),
        Part(Digest, "member", Delete(), "digest", ("every", "told_until", "due_at"),
        about=gettext_noop("your digest")),
        Part(FeedKey, "member", Delete(), "private-feeds", ("made_at",),
        about=gettext_noop("your private feeds, without their key")),
        Part(
            Device, "member", Delete(), "devices", ("name", "added_at"),
            about=gettext_noop("the devices on which you are told, without their keys"),
        ),
        Part(Letter, "member", Delete(), withheld="it says which of your notifications wait to be mailed"),
        Part(Mail, "member", Delete(), withheld="mail stands here only until it is sent"),
        Part(MailAllowance, "member", Delete(), withheld="it counts the mails of the last hour"),
        Part(
            RefusedMail, "member", Delete(), "refused-mail", ("given_up_at", "about", "answer"),
            about=gettext_noop("mails to you that your mail server refused"),
        ),
        Part(Mail, "content", Work(forget_mail), withheld="mail stands here only until it is sent", rows=mail_to),
    )  # fmt: skip
    personal.impersonal("it stands only while the followers of a new post or comment are being told", Audience)
    personal.register_words(
        # "maren replied to …", "new posts by maren": the words begin with a name or end with whose posts they are.
        Words(Notification, ("words", "many"), r"(^|by ){name}(?![\w-])", f"\\1{SOMEBODY}"),
        Words(Notification, ("url",), "^/members/{name}/", "/", "/members/{name}/"),
    )
