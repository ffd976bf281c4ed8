"""Asking for studies by their identifiers: what is here already is told at once, the rest is fetched by a job."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from studies.fetching.pasted import MOST, Pasted, read_pasted
from studies.importing.record import cut
from studies.models import ImportLine, ImportRun, OtherIdentifier, Study


class NothingAsked(ValueError):
    """The text holds no identifier, or more than are fetched at once; the text says so as a sentence."""


def request(
    identifiers: str | Iterable[str], *, member, reason: str = "", refresh: bool = False, token: uuid.UUID | None = None
) -> ImportRun:
    """Fetch the works that these identifiers name, in a job. Gives the run, whose page shows what becomes of it.

    ``identifiers`` is any text, or several. Those that the library has are told in the run and are not fetched, unless
    ``refresh``. Raises ``NothingAsked``. The same ``token`` sent twice is one run.
    """
    pasted = read_pasted(identifiers)
    if not pasted and not pasted.unread:
        raise NothingAsked("There is no DOI, PMID or PMCID in it.")
    if not len(pasted):
        what, why = pasted.unread[0]
        raise NothingAsked(f"There is no DOI, PMID or PMCID in it. “{what}” {why}")
    if len(pasted) > MOST:
        raise NothingAsked(
            f"These are {len(pasted):,} identifiers, and {MOST:,} are fetched at once. Send them in parts."
        )
    here = studies_of(pasted)
    wanted = {
        kind: [value for value in values if refresh or (kind, value) not in here]
        for kind, values in pasted.wanted.items()
    }
    count = sum(map(len, wanted.values()))
    with transaction.atomic():
        run, made = ImportRun.objects.get_or_create(
            token=token or uuid.uuid4(),
            defaults={
                "kind": ImportRun.Kind.IDENTIFIERS,
                "asked_by": member,
                "reason": reason[:500],
                "title": f"{len(pasted):,} identifier{'s' * (len(pasted) != 1)}",
                "identifiers": wanted,
                "total": count,
            },
        )
        if not made:
            return run
        ImportLine.objects.bulk_create(_told_at_once(run, pasted, here))
        if count:
            run.defer()
        else:
            run.state, run.finished_at = ImportRun.State.DONE, timezone.now()
            run.save(update_fields=["state", "finished_at"])
    return run


def studies_of(pasted: Pasted) -> dict[tuple[str, str], int]:
    """The studies of the library that these identifiers name, by (kind, identifier)."""
    wanted, others = Q(pk__in=[]), Q(pk__in=[])
    for kind, values in pasted.wanted.items():
        wanted |= Q(**{f"{kind}__in": values})
        others |= Q(name=kind, value__in=values)
    named = {(kind, value) for kind, values in pasted.wanted.items() for value in values}
    led_to = OtherIdentifier.objects.filter(others).values_list("name", "value", "study_id")
    return {(kind, value): pk for kind, value, pk in led_to} | {
        (kind, value): pk
        for pk, *values in Study.objects.filter(wanted).values_list("pk", *pasted.wanted)
        for kind, value in zip(pasted.wanted, values, strict=True)
        if (kind, value) in named
    }


def _told_at_once(run: ImportRun, pasted: Pasted, here: dict[tuple[str, str], int]) -> list[ImportLine]:
    titles = dict(Study.objects.filter(pk__in=here.values()).values_list("pk", "title"))
    lines = [
        ImportLine(run=run, kind=ImportLine.Kind.HERE, place=value, words=cut(titles[pk], 1000), study_id=pk)
        for (_, value), pk in here.items()
    ]
    lines += [
        ImportLine(run=run, kind=ImportLine.Kind.UNREAD, place=cut(what, 300), words=why) for what, why in pasted.unread
    ]
    return lines
