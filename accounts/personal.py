"""What of the accounts belongs to a member, in the tables of ours and of the libraries under them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Model
from django.utils.translation import gettext_noop
from pghistory.models import Context, Events, MiddlewareEvents
from procrastinate.contrib.django.models import (
    ProcrastinateEvent,
    ProcrastinateJob,
    ProcrastinatePeriodicDefer,
    ProcrastinateWorker,
)

from accounts import avatars
from accounts.models import DataCopy, Flair, GoneName, Leaving, Member
from common import personal
from common.models import Pace, Tag
from common.personal import Choice, Clear, Delete, Keep, Part, With, Words, Work


def _address(row: Any) -> str:
    return Member(username=row["username"]).get_absolute_url()


def end_sessions(member: Any, choice: Choice = Choice.KEEP) -> int:
    """End a lot of the member's sessions; gives how many."""
    sessions = list(UserSession.objects.filter(user=member.pk)[: personal.LOT])
    for session in sessions:
        session.end()
    return len(sessions)


def remove_copies(member: Any, choice: Choice) -> int:
    copies = list(DataCopy.objects.filter(member=member.pk)[: personal.LOT])
    for copy in copies:
        copy.remove()
    return len(copies)


def forget_at_desk(model: type[Model], keys: Iterable[Any]) -> None:
    """Let the desk's log name these things no more."""
    of = ContentType.objects.get_for_model(model)
    LogEntry.objects.filter(content_type=of, object_id__in=[str(key) for key in keys]).update(object_repr="")


def forget_addresses(member: Any, choice: Choice) -> int:
    keys = list(EmailAddress.objects.filter(user=member.pk).values_list("pk", flat=True)[: personal.LOT])
    forget_at_desk(EmailAddress, keys)
    forget_at_desk(Member, [member.pk])
    EmailAddress.objects.filter(pk__in=keys).delete()
    return len(keys)


def register() -> None:
    rights = apps.get_model("accounts", "MemberRights")
    personal.register(
        Part(
            Member, "pk", Keep("the account goes last (accounts.leaving)"), "profile",
            about=gettext_noop("your account"),
            fields=(
                "username", "email", "bio", "date_joined", "last_login", "is_active", "is_staff", "theme", "text_size",
                "language", "time_zone", "hides_activity", "hides_from_search", "shows_orcid",
            ), address=_address,
        ),
        Part(
            Member.groups.through, "member", Delete(), "groups", ("group__name",),
            about=gettext_noop("groups you serve in"),
        ),
        Part(Member.user_permissions.through, "member", Delete(), withheld="powers, which say nothing of you"),
        Part(
            rights, "pgh_obj", Keep("the record of who had powers cannot be changed; it holds a number, no name"),
            "rights", ("pgh_created_at", "pgh_label", "is_staff", "is_superuser", "is_active"),
            about=gettext_noop("changes of what you may do here"),
        ),
        Part(
            EmailAddress, "user", Work(forget_addresses), "email-addresses", ("email", "verified", "primary"),
            about=gettext_noop("your e-mail addresses"),
        ),
        Part(EmailConfirmation, "email_address__user", Delete(), withheld="keys that confirm an address"),
        Part(
            Authenticator, "user", Delete(), "sign-in-methods", ("type", "created_at", "last_used_at"),
            about=gettext_noop("passkeys, authenticator apps and recovery codes, without their secrets"),
        ),
        Part(
            UserSession, "user", Work(end_sessions), "sessions", ("created_at", "last_seen_at", "ip", "user_agent"),
            about=gettext_noop("where you are signed in; of an address its network only"),
        ),
        Part(
            Flair, "member", Delete(), "flair", ("words", "is_shown", "granted_at"),
            about=gettext_noop("what is proved about you and stands beside your name"),
        ),
        Part(Flair, "granted_by", Clear(granted_by=None), withheld="flair is about others"),
        Part(
            SocialAccount, "user", Delete(), "orcid", ("provider", "uid", "date_joined", "last_login"),
            about=gettext_noop("your ORCID iD, where you connected one"),
        ),
        Part(SocialToken, "account__user", Delete(), withheld="keys; none is kept"),
        Part(
            Leaving, "member", With(Member), "leaving", ("choice", "asked_at", "due_at"),
            about=gettext_noop("that you are leaving"),
        ),
        Part(
            DataCopy, "member", Work(remove_copies), "copies", ("asked_at", "ready_at", "state", "size"),
            about=gettext_noop("copies of your data that you asked for"),
        ),
        Part(Session, "session_key", With(UserSession), withheld="keys that keep you signed in", rows=_sessions),
        Part(
            LogEntry, "user", Delete(), "desk", ("action_time", "action_flag", "content_type__model", "object_id"),
            about=gettext_noop("what you did at the moderators' desk"),
        ),
    )  # fmt: skip
    personal.register_words(
        Words(Context, ("metadata",), r"/members/{name}/", f"/members/{personal.SOMEBODY}/", "/members/{name}/"),
        Words(LogEntry, ("change_message",), '"object": "{name}"', f'"object": "{personal.SOMEBODY}"'),
    )
    personal.impersonal("hashes of names, which nobody can read", GoneName)
    personal.register_files(personal.Files("avatar", avatars.files_of))
    personal.impersonal("keys of this site at others; they stand in the environment", SocialApp)
    personal.impersonal("kinds of things", ContentType)
    personal.impersonal("words of the site's vocabulary", Tag, *_taggit())
    personal.impersonal("how fast other hosts are asked", Pace)
    personal.impersonal(
        "jobs are given numbers of rows, never names, addresses or words",
        ProcrastinateJob, ProcrastinateEvent, ProcrastinateWorker, ProcrastinatePeriodicDefer,
    )  # fmt: skip
    personal.impersonal("the address of the page that made a change; it names a member by number", Context)
    personal.impersonal("a view over the histories, each of which is told of itself", Events, MiddlewareEvents)


def _sessions(member: Any) -> Any:
    keys = UserSession.objects.filter(user=member.pk).values("session_key")
    return Session.objects.filter(session_key__in=keys)


def _taggit() -> list[Any]:
    return [apps.get_model("taggit", name) for name in ("Tag", "TaggedItem")]
