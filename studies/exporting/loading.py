"""Studies read for export, a chunk at a time: as many queries for a chunk however many studies it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import Prefetch

from studies.exporting import csl
from studies.models import Authorship, Study

CHUNK = 100
UNREAD = tuple(f"text__{name}" for name in ("abstract", "title", "names", "tag_words", "plain", "search_vector"))


def at_hand() -> tuple[Prefetch, Prefetch]:
    """Authors in order and tags, as a study that ``item_of`` takes has them at hand."""
    authorships = Authorship.objects.select_related("author").order_by("position")
    return Prefetch("authorships", authorships, to_attr="authorships_in_order"), Prefetch(
        "tags", to_attr="tags_at_hand"
    )


def whole(ids: Sequence[int]) -> list[Study]:
    """These studies in this order, with all that an export says of them: three queries. Ids that are gone are passed
    over."""
    studies = (
        Study.objects.filter(pk__in=ids).select_related("journal", "text").defer(*UNREAD).prefetch_related(*at_hand())
    )
    found = {study.pk: study for study in studies}
    return [found[pk] for pk in ids if pk in found]


def item_of(study: Study) -> dict[str, Any]:
    """The CSL-JSON item of a study that ``whole`` gave."""
    return csl.item(study, study.authorships_in_order, keywords_of(study))  # type: ignore[attr-defined]


def keywords_of(study: Study) -> list[str]:
    """The tags of a study that ``whole`` gave."""
    return sorted(tag.name for tag in study.tags_at_hand)  # type: ignore[attr-defined]


def items(ids: Iterable[int], chunk: int = CHUNK) -> Iterator[dict[str, Any]]:
    """The CSL-JSON items of these studies, in order, in bounded memory."""
    for some in batches(ids, chunk):
        yield from map(item_of, whole(some))


def batches(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    stream = iter(ids)
    while batch := list(islice(stream, size)):
        yield batch
