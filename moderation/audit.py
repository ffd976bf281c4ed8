"""Writing the audit log, and listening to what belongs into it."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.contrib.admin.models import LogEntry
from django.contrib.auth import signals as auth
from django.contrib.auth.models import Group
from django.db import models
from django.db.models.signals import m2m_changed, post_save
from django.http import HttpRequest

from accounts.models import Member
from common.logs import request_id
from moderation.limits import network_of
from moderation.models import AuditEntry

ADMIN = {1: "added at the desk", 2: "changed at the desk", 3: "deleted at the desk"}  # LogEntry.action_flag
RIGHTS = {"post_add": "rights given", "post_remove": "rights taken", "pre_clear": "rights cleared"}


def write(
    event: str,
    *,
    actor: Member | None = None,
    target: models.Model | None = None,
    detail: dict[str, Any] | None = None,
    request: HttpRequest | None = None,
) -> AuditEntry:
    """Write one line of the log, in the caller's transaction. ``detail`` holds no secret and no member's words."""
    return AuditEntry.objects.create(
        event=event,
        actor=actor.pk if actor else None,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk)[:40] if target else "",
        detail=detail or {},
        request_id=request_id.get()[:40],
        network=network_of(request) if request else "",
    )


def listen() -> None:
    """Connect everything that belongs into the log. Called once, by ``moderation.apps``."""
    for signal, event in (
        (auth.user_logged_in, "signed in"),
        (auth.user_logged_out, "signed out"),
        (account.password_changed, "password changed"),
        (account.password_set, "password set"),
        (account.password_reset, "password reset"),
        (account.email_changed, "e-mail address changed"),
        (account.email_added, "e-mail address added"),
        (account.email_removed, "e-mail address removed"),
        (mfa.authenticator_added, "second factor added"),
        (mfa.authenticator_removed, "second factor removed"),
        (mfa.authenticator_reset, "second factor reset"),
    ):
        signal.connect(_member_event(event), weak=False, dispatch_uid=f"audit {event}")
    auth.user_login_failed.connect(_sign_in_failed, dispatch_uid="audit sign-in failed")
    post_save.connect(_at_the_desk, sender=LogEntry, dispatch_uid="audit desk")
    for through in (Member.groups.through, Member.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_rights, sender=through, dispatch_uid=f"audit {through.__name__}")


def _member_event(event: str):
    def listener(sender: Any, user: Member | None = None, request: HttpRequest | None = None, **facts: Any) -> None:
        if user is not None and user.pk:  # nobody was signed in: nothing ended
            write(event, actor=user, target=user, request=request)

    return listener


def _sign_in_failed(sender: Any, request: HttpRequest | None = None, **facts: Any) -> None:
    # What was typed as a name may be a password, so it is not kept.
    write("sign-in failed", request=request)


def _at_the_desk(sender: Any, instance: LogEntry, created: bool, raw: bool = False, **facts: Any) -> None:
    if created and not raw:
        model = instance.content_type.model_class() if instance.content_type else None
        AuditEntry.objects.create(
            event=ADMIN.get(instance.action_flag, "did at the desk"),
            actor=instance.user_id,
            target_type=model._meta.label_lower if model else "",
            target_id=str(instance.object_id or "")[:40],
            detail={"changed": instance.change_message[:2000]},
            request_id=request_id.get()[:40],
        )


def _rights(sender: Any, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **facts: Any) -> None:
    if action in RIGHTS and (pk_set or action == "pre_clear"):
        write(RIGHTS[action], target=instance, detail={"table": sender.__name__, "ids": sorted(pk_set or ())})
