"""Members: who writes, votes and moderates here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import avatars, names
from common import calling, markdown

MODERATORS = "Moderators"
"""The name of the group whose members moderate; a migration makes it."""
LIBRARIANS = "Librarians"
"""The name of the group whose members keep the library; a migration makes it."""


class MemberManager(UserManager["Member"]):
    def get_by_natural_key(self, username: str) -> Member:
        """The member of this name, however its letters are cased. Raises ``Member.DoesNotExist``."""
        return self.get(username__iexact=username)

    def called(self, names: list[str]) -> dict[str, calling.Called]:
        """The members of these names (in lower case) who are still here: how "@name" finds them."""
        found = self.annotate(spelled=Upper("username")).filter(spelled__in=[name.upper() for name in names])
        return {
            member.username.lower(): calling.Called(member.pk, member.get_absolute_url())
            for member in found.filter(is_active=True).only("username")
        }

    def findable(self) -> models.QuerySet[Member]:
        """Who is here and may be found: in lists of members, suggestions and search."""
        return self.filter(is_active=True, hides_from_search=False)

    def librarians(self) -> models.QuerySet[Member]:
        """Who keeps the library: those for whom ``is_librarian`` holds, whatever second factor they have."""
        serves = Q(is_superuser=True) | Q(groups__name=LIBRARIANS)
        return self.filter(serves, is_active=True, is_staff=True).distinct()


@lru_cache(maxsize=10_000)
def profile_address(name: str) -> str:
    """A page of comments asks for the same few again and again."""
    return reverse("pages:profile", args=[name])


class Theme(models.TextChoices):
    SYSTEM = "system", _("As my device has it")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class TextSize(models.TextChoices):
    USUAL = "usual", _("Usual")
    LARGE = "large", _("Large")
    LARGER = "larger", _("Larger")


class Language(models.TextChoices):
    """Each by its own name, so that whoever reads it finds it. The same as ``settings.LANGUAGES``."""

    ENGLISH = "en", "English"
    GERMAN = "de", "Deutsch"


# What ``save`` never writes, whatever it is told: others keep these true by updates of their own, and a member who was
# read before such an update would write the old value back.
KEPT_ELSEWHERE = frozenset({"sanctioned_until", "flair", "shows_orcid", "moderates_categories"})
RIGHTS = ("is_staff", "is_superuser", "is_active", "moderates_categories")


# Every change of who may do what, kept by the database itself however it was made, and never changed afterwards.
@pghistory.track(
    pghistory.InsertEvent("made", condition=pgtrigger.Q(new__is_staff=True) | pgtrigger.Q(new__is_superuser=True)),
    pghistory.UpdateEvent("changed", condition=pghistory.AnyChange(*RIGHTS), row=pghistory.New),
    fields=list(RIGHTS),
    model_name="MemberRights",
    append_only=True,
)
class Member(AbstractUser):
    """An account: a name of one's own choosing, an e-mail address that is never shown, and a bio.

    ``name_key`` is the name's skeleton (``accounts.names``): its constraint is what keeps one account for a name
    however it is spelled, at any concurrency. ``save`` keeps it, and ``bio_html``, true.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        "name",
        max_length=names.LONGEST,
        unique=True,
        help_text=names.RULE,
        validators=[names.validate_shape],
        error_messages={"unique": names.TAKEN},
    )
    name_key = models.CharField(max_length=2 * names.LONGEST, unique=True, editable=False)
    email = models.EmailField("e-mail address", blank=True)
    bio = models.TextField(
        max_length=2000,
        blank=True,
        default="",
        help_text="A few words about you, for everyone to read. Markdown works.",
    )
    bio_html = models.TextField(editable=False, blank=True, default="")
    avatar = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)
    withheld_avatar = models.CharField(max_length=16, blank=True, default="", db_default="", editable=False)
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM, db_default=Theme.SYSTEM)
    text_size = models.CharField(max_length=6, choices=TextSize, default=TextSize.USUAL, db_default=TextSize.USUAL)
    language = models.CharField(max_length=5, choices=Language, default=Language.ENGLISH, db_default=Language.ENGLISH)
    time_zone = models.CharField(max_length=64, blank=True, default="", db_default="", help_text="empty: the site's")
    hides_activity = models.BooleanField(default=False, db_default=False)
    hides_from_search = models.BooleanField(default=False, db_default=False)
    shows_orcid = models.BooleanField(default=False, db_default=False, editable=False)
    # What stands beside the name on everything signed with it; kept by ``flair.tell`` so that lists ask no more.
    flair = models.CharField(max_length=80, blank=True, default="", db_default="", editable=False)

    moderates_categories = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="moderates some categories, and only those"
    )

    # The end of the last sanction against this member; empty for nearly everybody. Kept by ``moderation.sanctions``, so
    # that whoever is under none costs no query.
    sanctioned_until = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = MemberManager()

    class Meta:
        verbose_name = "member"
        constraints = (
            # UPPER is what Django's ``iexact`` compares, so sign-in looks names up by this index.
            models.UniqueConstraint(
                Upper("username"), name="one_member_for_a_name", violation_error_message=names.TAKEN
            ),
            # A member who has left has no address, so the empty one is not counted.
            models.UniqueConstraint(
                fields=["email"],
                condition=~Q(email=""),
                name="one_member_for_an_email",
                violation_error_message="Another member uses this e-mail address.",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="email_is_lower_case"),
            models.CheckConstraint(condition=Q(username__regex=names.SHAPE), name="name_is_plain"),
        )
        indexes = (models.Index(fields=["-date_joined", "-id"], name="member_newest"),)

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save, with ``name_key`` and ``bio_html`` made anew from what they follow, and the address in lower case.

        A member who is there already is saved without ``KEPT_ELSEWHERE``.
        """
        self.email = self.email.lower()
        fields = None if update_fields is None else set(update_fields)
        if fields is None and not self._state.adding:
            loaded = {field.name for field in self._meta.concrete_fields if not field.primary_key}
            fields = loaded - self.get_deferred_fields()
        if fields is not None:
            fields -= KEPT_ELSEWHERE
        if fields is None or "username" in fields:
            self.name_key = names.skeleton(self.username)
        if fields is None or "bio" in fields:
            self.bio_html = markdown.render(self.bio) if self.bio else ""
        if fields is not None:
            fields |= {kept for source, kept in (("username", "name_key"), ("bio", "bio_html")) if source in fields}
        super().save(*args, update_fields=fields, **kwargs)

    @property
    def avatar_key(self) -> str:
        """What the picture beside the name is drawn from, where the member sent none."""
        return avatars.key_of(self.name_key)

    def get_absolute_url(self) -> str:
        return profile_address(self.username)

    # AbstractUser's versions read the first and last name, which members here do not give.
    def get_full_name(self) -> str:
        return self.username

    def get_short_name(self) -> str:
        return self.username

    @property
    def joined(self) -> datetime:
        return self.date_joined

    @cached_property
    def is_moderator(self) -> bool:
        """Whether this member moderates."""
        return self._serves_in(MODERATORS)

    @cached_property
    def is_librarian(self) -> bool:
        """Whether this member keeps the library: imports, merges, corrects, reviews."""
        return self._serves_in(LIBRARIANS)

    def _serves_in(self, group: str) -> bool:
        if not self.is_active or not self.is_staff or self.lacks_second_factor:
            return False
        return self.is_superuser or group in self._group_names

    @cached_property
    def lacks_second_factor(self) -> bool:
        """Whether this member serves here but has not yet turned on the second factor that this asks for."""
        from allauth.mfa.utils import is_mfa_enabled  # its models are not loaded yet when this module is

        serves = self.is_staff or self.moderates_categories
        return settings.STAFF_TWO_FACTOR and serves and not is_mfa_enabled(self)

    @cached_property
    def _group_names(self) -> frozenset[str]:
        """Asked of the database once, and only for those who may enter the desk."""
        return frozenset(self.groups.values_list("name", flat=True))

    def describe(self, bio: str) -> None:
        """Let ``bio`` (Markdown) be what the profile tells of this member."""
        self.bio = bio
        self.save(update_fields=["bio"])
