"""Reading lists: studies in an order of a member's own, for themselves or for everyone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Count, Deferrable, Max, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member
from common import markdown
from common.text import slugify_title

MOST_LISTS = 100  # of one member
MOST_ENTRIES = 500  # of one list
TITLE_LIMIT, DESCRIPTION_LIMIT, NOTE_LIMIT = 120, 5000, 2000  # characters


SHOWN = Q(is_public=True, owner__is_active=True)


class TooManyLists(Exception):
    """The member has as many lists as anyone may."""


class ListIsFull(Exception):
    """The list holds as many studies as a list may."""


class ReadingListQuerySet(models.QuerySet):
    def visible_to(self, member: Any) -> ReadingListQuerySet:
        """Public lists of members who are here, and one's own."""
        return self.filter(SHOWN | Q(owner=member.pk) if member.is_authenticated else SHOWN)

    def public(self) -> ReadingListQuerySet:
        """What everyone may read."""
        return self.filter(SHOWN)

    def with_size(self) -> ReadingListQuerySet:
        """Each with its number of studies as ``size``."""
        return self.annotate(size=Count("entries"))


class ReadingList(models.Model):
    """A member's list. ``description`` is Markdown. Entries keep their order under any concurrency: every change of
    them holds the list's row."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reading_lists", db_index=False)
    title = models.CharField(max_length=TITLE_LIMIT)
    description = models.TextField(max_length=DESCRIPTION_LIMIT, blank=True, default="")
    description_html = models.TextField(editable=False, blank=True, default="")
    is_public = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ReadingListQuerySet.as_manager()

    class Meta:
        ordering = ("-changed_at", "-pk")
        indexes = (models.Index(fields=["owner", "-changed_at", "-id"], name="lists_of_member"),)

    def __str__(self) -> str:
        return self.title

    @property
    def slug(self) -> str:
        return slugify_title(self.title)

    def get_absolute_url(self) -> str:
        return reverse("studies:list", args=[self.pk, self.slug])

    @classmethod
    @transaction.atomic
    def start(cls, owner: Any, *, title: str, description: str = "", is_public: bool = False) -> ReadingList:
        """A new list. Raises ``TooManyLists``."""
        # Whoever starts two at once waits here for the first.
        Member.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if cls.objects.filter(owner=owner).count() >= MOST_LISTS:
            raise TooManyLists
        html = markdown.render(description)
        return cls.objects.create(
            owner=owner, title=title, description=description, description_html=html, is_public=is_public
        )

    def describe(self, *, title: str, description: str, is_public: bool) -> None:
        self.title, self.description, self.is_public = title, description, is_public
        self.description_html, self.changed_at = markdown.render(description), timezone.now()
        self.save(update_fields=["title", "description", "description_html", "is_public", "changed_at"])

    @transaction.atomic
    def add(self, study: Any, note: str = "") -> ListEntry:
        """Put the study at the end; one that is in the list stays where it is. Raises ``ListIsFull``."""
        self._hold()
        if entry := self.entries.filter(study=study).first():
            return entry
        if self.entries.count() >= MOST_ENTRIES:
            raise ListIsFull
        last = self.entries.aggregate(last=Max("position"))["last"] or 0
        self._touch()
        return self.entries.create(study=study, position=last + 1, note=note)

    @transaction.atomic
    def take_out(self, study: Any) -> None:
        self._hold()
        if self.entries.filter(study=study).delete()[0]:
            self._touch()

    @transaction.atomic
    def move(self, entry: ListEntry, place: int) -> None:
        """Let the entry stand at this place, counted from 1; the others keep their order among themselves."""
        self._hold()
        ids = list(self.entries.order_by("position").values_list("pk", flat=True))
        if entry.pk not in ids:
            return
        ids.remove(entry.pk)
        ids.insert(max(place, 1) - 1, entry.pk)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE studies_listentry e SET position = wanted.place"
                " FROM unnest(%s::bigint[]) WITH ORDINALITY wanted (id, place)"
                " WHERE e.id = wanted.id AND e.position <> wanted.place",
                [ids],
            )
        self._touch()

    def _hold(self) -> None:
        type(self).objects.select_for_update(no_key=True).get(pk=self.pk)

    def _touch(self) -> None:
        self.changed_at = timezone.now()
        type(self).objects.filter(pk=self.pk).update(changed_at=self.changed_at)

    @classmethod
    def replace(cls, kept: Any, gone: Any) -> None:
        """Let ``kept`` stand wherever ``gone`` stands in a list; where both do, at the place of ``kept``.

        Call it in a transaction.
        """
        lists = cls.objects.filter(entries__study=gone).order_by("pk")
        list(cls.objects.select_for_update(no_key=True).filter(pk__in=lists.values("pk")).order_by("pk"))
        stays = ListEntry.objects.filter(study=kept).values("reading_list")
        ListEntry.objects.filter(study=gone, reading_list__in=stays).delete()
        ListEntry.objects.filter(study=gone).update(study=kept)


class ListEntry(models.Model):
    """A study in a list, with what the list's owner says of it (plain text). ``position`` orders; it may have gaps."""

    reading_list = models.ForeignKey(ReadingList, models.CASCADE, related_name="entries", db_index=False)
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="list_entries")
    position = models.PositiveIntegerField()
    note = models.TextField(max_length=NOTE_LIMIT, blank=True, default="")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "list entries"
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["reading_list", "study"], name="in_a_list_once"),
            # Checked when a statement is done, so that one may renumber them all.
            models.UniqueConstraint(
                fields=["reading_list", "position"], name="one_entry_a_place", deferrable=Deferrable.IMMEDIATE
            ),
        )

    def __str__(self) -> str:
        return f"study {self.study_id} in list {self.reading_list_id}"

    def write_note(self, note: str) -> None:
        type(self).objects.filter(pk=self.pk).update(note=note)
        ReadingList.objects.filter(pk=self.reading_list_id).update(changed_at=timezone.now())
