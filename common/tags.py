"""Putting tags on things: one spelling for a tag, one place that writes the rows and the counts."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F
from django.utils.text import slugify
from taggit.models import ItemBase

from common.bulk import copy_rows
from common.models import Tag

NAME_LIMIT = 100
SLUG_LIMIT = 80  # leaves room for the number that tells two slugs apart
RESERVED_SLUGS = frozenset({"new", "feed", "all"})


@lru_cache(8192)
def normalise(name: str) -> str:
    """A tag's one spelling: NFKC, lower case, inner white space collapsed, no comma, at most 100 characters.

    Returns an empty string where nothing of the name is left.
    """
    text = unicodedata.normalize("NFKC", name).replace(",", " ").replace("\0", "")
    text = "".join(
        character
        for character in text
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs"} or character == "\t"
    )
    return unicodedata.normalize("NFC", " ".join(text.casefold().split()))[:NAME_LIMIT].strip()


def parse(text: str) -> list[str]:
    """The tag names in a member's comma-separated line, normalised, in order, each once."""
    return list(dict.fromkeys(filter(None, map(normalise, text.split(",")))))


def slug_for(name: str) -> str:
    """The address part of a tag name: unicode letters kept; never empty, never a word our addresses use."""
    slug = slugify(name, allow_unicode=True)
    if not slug:
        slug = "-".join(f"{ord(character):x}" for character in name)
    slug = slug[:SLUG_LIMIT].strip("-_")
    return f"{slug}-tag" if slug in RESERVED_SLUGS else slug


def get_or_create(names: Iterable[str]) -> list[Tag]:
    """The tags of these names, made where they are missing; a synonym gives the tag it stands for.

    Takes names in any spelling; gives each tag once, sorted by id. Safe when many do it at once.
    """
    wanted = list(dict.fromkeys(filter(None, map(normalise, names))))
    found = {tag.name: tag for tag in Tag.objects.filter(name__in=wanted).select_related("synonym_of")}
    if missing := sorted(set(wanted) - set(found)):
        found |= _create_many(missing)
        for name in sorted(set(missing) - set(found)):
            found[name] = _create(name)  # its slug was taken
    tags = {tag.synonym_of or tag for tag in found.values()}
    return sorted(tags, key=lambda tag: tag.pk)


def _create_many(names: list[str]) -> dict[str, Tag]:
    """The tags of those names whose slugs are free, made by one statement."""
    Tag.objects.bulk_create([Tag(name=name, slug=slug_for(name)) for name in names], ignore_conflicts=True)
    return {tag.name: tag for tag in Tag.objects.filter(name__in=names).select_related("synonym_of")}


def _create(name: str) -> Tag:
    slug, number = slug_for(name), 1
    while True:
        Tag.objects.bulk_create(
            [Tag(name=name, slug=slug if number == 1 else f"{slug}-{number}")], ignore_conflicts=True
        )
        tag = Tag.objects.select_related("synonym_of").filter(name=name).first()
        if tag:
            return tag
        number += 1


@transaction.atomic
def set_tags(thing: models.Model, through: type[models.Model], names: Iterable[str]) -> list[Tag]:
    """Let ``thing`` carry exactly these tags, and keep each tag's ``use_count`` right.

    ``through`` is the table between (a subclass of ``TaggedItem``). Gives the tags.
    """
    tags = get_or_create(names)
    # Whoever else sets tags of the same thing waits here, and then sees these.
    type(thing)._default_manager.select_for_update(no_key=True).get(pk=thing.pk)
    rows = through._default_manager.filter(content_object=thing)
    before = set(rows.values_list("tag_id", flat=True))
    after = {tag.pk for tag in tags}
    _lock(before ^ after)
    if gone := before - after:
        rows.filter(tag_id__in=gone).delete()
        Tag.objects.filter(pk__in=gone).update(use_count=F("use_count") - 1)
    if new := sorted(after - before):
        through._default_manager.bulk_create([through(content_object=thing, tag_id=pk) for pk in new])
        Tag.objects.filter(pk__in=new).update(use_count=F("use_count") + 1)
    return tags


@transaction.atomic
def set_tags_of_many(
    through: type[models.Model], before: Mapping[int, set[int]], after: Mapping[int, set[int]]
) -> None:
    """Let many things carry other tags, by four statements, and keep each tag's ``use_count`` right.

    ``before`` and ``after`` give the tag ids of each thing by its id. The caller has locked the things.
    """
    gone = [(thing, tag) for thing, tags in after.items() for tag in before.get(thing, set()) - tags]
    new = [(thing, tag) for thing, tags in after.items() for tag in tags - before.get(thing, set())]
    steps = Counter(tag for _, tag in new)
    steps.subtract(tag for _, tag in gone)
    _lock({tag for _, tag in (*gone, *new)})
    if gone:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {through._meta.db_table} t USING unnest(%s::bigint[], %s::bigint[]) gone (thing, tag)"  # noqa: S608
                " WHERE t.content_object_id = gone.thing AND t.tag_id = gone.tag",
                [[thing for thing, _ in gone], [tag for _, tag in gone]],
            )
    if new:
        copy_rows(through, ("content_object", "tag"), sorted(new))
    moved = {tag: step for tag, step in steps.items() if step}
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE common_tag t SET use_count = t.use_count + moved.step"
                " FROM unnest(%s::bigint[], %s::int[]) moved (id, step) WHERE t.id = moved.id",
                [list(moved), list(moved.values())],
            )


def count_in_sight(thing: Any, step: int) -> None:
    """Move the ``use_count`` of the thing's tags: +1 when it comes back into sight, -1 when it goes out of it.

    Call it in the transaction that changes the thing, after the change.
    """
    carried = set(thing.tag_items.values_list("tag_id", flat=True))
    _lock(carried)
    Tag.objects.filter(pk__in=carried).update(use_count=F("use_count") + step)


def _lock(ids: Iterable[int]) -> None:
    # In one order, so that no two writers wait for each other.
    list(Tag.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))


class TaggedItem(ItemBase):
    """What the tables between things and tags share. Subclasses add ``content_object``, a foreign key.

    The index (tag, newest thing first) bounds the candidates of "related" lists per tag.
    """

    tag: Any = models.ForeignKey(Tag, models.CASCADE, related_name="%(app_label)s_%(class)s_items")

    class Meta:
        abstract = True


def rarity(tags: Iterable[Tag]) -> dict[int, float]:
    """How much sharing each tag says: its inverse document frequency, by tag id.

    ``ln(1 + N / (1 + n))`` with n the things that carry the tag and N those that carry the commonest tag of
    the vocabulary (Spärck Jones 1972). Costs one index probe.
    """
    most = Tag.objects.order_by("-use_count").values_list("use_count", flat=True).first() or 1
    return {tag.pk: math.log(1 + most / (1 + tag.use_count)) for tag in tags}
