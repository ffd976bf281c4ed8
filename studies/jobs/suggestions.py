"""Telling members that a study they asked for is in the library, however it came in."""

from __future__ import annotations

from django.db.models import Q
from procrastinate.contrib.django import app

from studies.models import Study, StudySuggestion

BATCH = 500


@app.periodic(cron="*/10 * * * *")
@app.task(name="studies.tell_of_arrivals")
def tell_of_arrivals(timestamp: int = 0) -> int:
    """Close the suggestions whose study is here now, and tell who asked; gives how many. May run twice."""
    open_now = StudySuggestion.objects.filter(status__in=("waiting", "accepted")).order_by("pk")
    arrived, last = 0, 0
    while batch := list(open_now.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        wanted = Q(pk__in=[])
        for kind in StudySuggestion.Kind.values:
            wanted |= Q(**{f"{kind}__in": [each.value for each in batch if each.kind == kind]})
        here = {
            (kind, value): study
            for study in Study.objects.filter(wanted)
            for kind in StudySuggestion.Kind.values
            if (value := getattr(study, kind))
        }
        for suggestion in batch:
            if study := here.get((suggestion.kind, suggestion.value)):
                suggestion.arrive(study)
                arrived += 1
    return arrived
