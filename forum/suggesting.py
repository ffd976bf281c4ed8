"""While a member types "@" or "#": who and what that may become."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q

from accounts.models import Member
from accounts.names import skeleton
from common.hashtags import NAMED
from common.models import Tag
from common.tags import normalise

MOST = 8
TYPED_LIMIT = 80  # characters that are looked at
BY_USE, BY_NAME = 1_000, 200  # tags looked through: the most used ones, and the next in the order of names

# A name's skeleton reads two letters as one: "bor" is a beginning of "born", whose skeleton is "bom".
ONE_OF_TWO = {"r": "m", "v": "w"}


def members(typed: str, besides: Collection[int] = ()) -> list[str]:
    """Names of members that begin so, whatever the case, the separators and the look-alikes: from one index.

    ``besides`` are the ids of members not to name.
    """
    key = skeleton(typed[:TYPED_LIMIT])
    if not key:
        return []
    begins = Q(name_key__startswith=key)
    if joined := ONE_OF_TWO.get(key[-1]):
        begins |= Q(name_key__startswith=key[:-1] + joined)
    others = Member.objects.findable().filter(begins).exclude(pk__in=besides)
    found = others.order_by("name_key").values_list("username", flat=True)
    return sorted(found[:MOST], key=lambda name: not name.lower().startswith(typed.lower()))


def tags(typed: str) -> list[str]:
    """Tags that begin so, the most used first, as they are written after "#": two reads of bounded numbers of rows.

    A tag that nothing in sight carries is not named: its words are those of what was hidden or taken back.
    """
    name = normalise(typed[:TYPED_LIMIT].replace("-", " "))
    if not name:
        return []
    begins: Any = Q(name__startswith=name) | Q(slug__startswith=name.replace(" ", "-"))
    used = Tag.objects.filter(pk__in=Tag.objects.order_by("-use_count", "name").values("pk")[:BY_USE])
    found = list(used.filter(begins, synonym_of=None, use_count__gt=0).order_by("-use_count", "name")[:MOST])
    if len(found) < MOST:
        next_ones = Tag.objects.filter(name__startswith=name, synonym_of=None).order_by("name")[:BY_NAME]
        known = {tag.pk for tag in found}
        others = sorted(
            (tag for tag in next_ones if tag.use_count and tag.pk not in known),
            key=lambda tag: (-tag.use_count, tag.name),
        )
        found += others
    # Only what the renderer will know again: "2022" is a tag, and "#2022" a number.
    return [tag.slug for tag in found if NAMED.fullmatch(f"#{tag.slug}")][:MOST]
