"""Telling followers of new studies: set by set, each study once.

The job takes new studies out of ``NewStudy``, notes which of them came under something followed (``Arrival``), and
lets one notification for each follow and day gather them. All of a round is one transaction: a job that is killed, or
that runs twice, tells nothing twice.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import DatabaseError, connection, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from common import wording
from common.models import Tag
from common.wording import ngettext_noop
from notices.kinds import Line
from notices.models import Follow, Notification
from notices.muting import muted_by
from notices.telling import News, tell_followers
from studies import searches
from studies.models import Arrival, Author, Journal, SavedSearch, Study

logger = logging.getLogger(__name__)

KIND = "new_studies"
ROUND = 2000  # studies of one transaction
MOST_OF_A_SEARCH = 200  # arrivals kept of one round for one search; all are counted
KEPT = timedelta(days=60)

TAKE = """
    DELETE FROM studies_newstudy WHERE study_id IN (
        SELECT study_id FROM studies_newstudy ORDER BY study_id LIMIT %s FOR UPDATE SKIP LOCKED
    ) RETURNING study_id
"""

# What a study comes under, by the name of the followable: (thing_id, study_id) of the new studies %(ids)s.
UNDER: dict[str, tuple[type[models.Model], str]] = {
    "tag": (Tag, "SELECT tag_id, content_object_id FROM studies_studytag WHERE content_object_id = ANY(%(ids)s)"),
    "journal": (Journal, "SELECT journal_id, id FROM studies_study WHERE id = ANY(%(ids)s) AND journal_id IS NOT NULL"),
    "author": (Author, "SELECT DISTINCT author_id, study_id FROM studies_authorship WHERE study_id = ANY(%(ids)s)"),
}

NOTE = """
    WITH made AS (
        INSERT INTO studies_arrival (content_type_id, object_id, study_id, arrived_at)
        SELECT %(content_type)s, news.thing_id, news.study_id, now()
        FROM ({under}) news (thing_id, study_id)
        WHERE EXISTS (
            SELECT FROM notices_follow f
            WHERE f.content_type_id = %(content_type)s AND f.object_id = news.thing_id AND f.level = %(everything)s
        )
        ON CONFLICT DO NOTHING
        RETURNING object_id, study_id
    )
    SELECT object_id, array_agg(study_id ORDER BY study_id DESC) FROM made GROUP BY object_id
"""
# Which of these studies carry a tag that anybody mutes.
MUTED_TAGS = """
    SELECT t.content_object_id, t.tag_id FROM studies_studytag t
    WHERE t.content_object_id = ANY(%s) AND EXISTS (
        SELECT FROM notices_mute m WHERE m.kind = 'tag' AND m.object_id = t.tag_id)
"""
Gathered = list[tuple[int, list[int]]]  # a thing that is followed, and the new studies under it, the newest first


@transaction.atomic
def tell_of_new_studies(most: int = ROUND) -> int:
    """One round: tell of up to ``most`` new studies; gives how many it took."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        cursor.execute(TAKE, [most])
        ids = [pk for (pk,) in cursor.fetchall()]
    if ids:
        for name, (model, under) in UNDER.items():
            _tell(name, model, _note(model, under, ids))
        _tell("search", SavedSearch, _found_by_searches(ids))
    return len(ids)


def _note(model: type[models.Model], under: str, ids: list[int]) -> Gathered:
    """Write the arrivals under followed things of ``model``."""
    values: dict[str, Any] = {
        "content_type": ContentType.objects.get_for_model(model).pk,
        "ids": ids,
        "everything": Follow.Level.EVERYTHING,
    }
    with connection.cursor() as cursor:
        cursor.execute(NOTE.format(under=under), values)
        return cursor.fetchall()


def _found_by_searches(ids: list[int]) -> Gathered:
    """As ``_note``, for saved searches: each query is asked once, of the new studies only."""
    content_type = ContentType.objects.get_for_model(SavedSearch)
    followed = Follow.objects.filter(content_type=content_type, level=Follow.Level.EVERYTHING).values("object_id")
    asked = SavedSearch.objects.filter(pk__in=followed).values("place", "query").annotate(searches=ArrayAgg("pk"))
    found: Gathered = []
    for place, query, search_ids in asked.values_list("place", "query", "searches").order_by("query").iterator():
        matches = _matches(place, query, ids)
        if not matches:
            continue
        Arrival.objects.bulk_create(
            [
                Arrival(content_type=content_type, object_id=search, study_id=study)
                for search in search_ids
                for study in matches[:MOST_OF_A_SEARCH]
            ],
            ignore_conflicts=True,
        )
        found += [(search, matches) for search in search_ids]
    return found


def _matches(place: str, query: str, ids: list[int]) -> list[int]:
    """Those of the studies ``ids`` that a saved query finds, newest first."""
    try:
        with transaction.atomic():
            new = searches.matching(place, query, Study.objects.filter(pk__in=ids))
            return [] if new is None else list(new.order_by("-pk").values_list("pk", flat=True))
    except DatabaseError:
        # One search that can't be answered must not keep everybody else's news back.
        logger.exception("a saved search could not be asked")
        return []


ARRIVED = gettext_noop("A new study under %(name)s: %(title)s")
ARRIVED_ONE, ARRIVED_MANY = "new study under %(name)s", "new studies under %(name)s"
wording.know(ARRIVED)
wording.know_counted(ngettext_noop("%(count)s new study under %(name)s", "%(count)s new studies under %(name)s"))


def _tell(name: str, model: type[models.Model], gathered: Gathered) -> None:
    things = model._default_manager.in_bulk([thing for thing, _ in gathered])
    alone = [new[0] for _, new in gathered if len(new) == 1]
    titles = dict(Study.objects.filter(pk__in=alone).values_list("pk", "title"))
    muted: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(MUTED_TAGS, [list({pk for _, new in gathered for pk in new})])
        for study, tag in cursor.fetchall():
            muted[study].append(tag)
    day = timezone.localdate().isoformat()
    news = [
        News(
            thing_id=pk,
            key=f"{KIND}:{name}:{pk}:{day}",
            one=ARRIVED % {"name": things[pk], "title": titles.get(new[0], "")},
            single=ARRIVED_ONE % {"name": things[pk]},
            many=ARRIVED_MANY % {"name": things[pk]},
            url=reverse("studies:arrivals_under", args=[name, pk]),
            count=len(new),
            carried=[(study, "tag", tag) for study in new if study in muted for tag in muted[study]],
        )
        for pk, new in gathered
        if pk in things
    ]
    tell_followers(model, news, kind=KIND)


# Each thing's newest arrivals after a moment, read backwards from its index.
LATEST = """
    SELECT wanted.number, news.study_id
    FROM unnest(%(types)s::int[], %(things)s::bigint[]) WITH ORDINALITY wanted (content_type_id, thing_id, number)
    CROSS JOIN LATERAL (
        SELECT a.study_id FROM studies_arrival a
        WHERE a.content_type_id = wanted.content_type_id AND a.object_id = wanted.thing_id AND a.arrived_at > %(since)s
            AND NOT EXISTS (SELECT FROM studies_studytag t
                            WHERE t.content_object_id = a.study_id AND t.tag_id = ANY(%(muted)s))
        ORDER BY a.study_id DESC LIMIT %(most)s
    ) news
    ORDER BY wanted.number, news.study_id DESC
"""
LINES = 5  # studies named under one notification of a digest


def lines(notifications: Sequence[Notification], since: datetime) -> dict[int, list[Line]]:
    """The newest studies that each notification has gathered since, for digests: two queries for any number."""
    models_of: dict[str, type[models.Model]] = {
        **{name: model for name, (model, _) in UNDER.items()},
        "search": SavedSearch,
    }
    if not notifications:
        return {}
    gathered, reader = [], notifications[0].member  # all of them are of one member
    for told in notifications:
        _, name, thing, *_ = told.key.split(":")
        if told.count > 1 and name in models_of:
            gathered.append((told.pk, ContentType.objects.get_for_model(models_of[name]).pk, int(thing)))
    with connection.cursor() as cursor:
        types, things = [each[1] for each in gathered], [each[2] for each in gathered]
        values: dict[str, Any] = {"types": types, "things": things, "since": since, "most": LINES}
        cursor.execute(LATEST, values | {"muted": sorted(muted_by(reader).tags)})
        rows = cursor.fetchall()
    studies = Study.objects.only("title").in_bulk({study for _, study in rows})
    found: dict[int, list[Line]] = {}
    for number, study in rows:
        if study in studies:
            line = Line(studies[study].title, studies[study].get_absolute_url())
            found.setdefault(gathered[number - 1][0], []).append(line)
    return found


def forget_old() -> int:
    """Delete arrivals older than ``KEPT``, and searches that nobody follows any more; gives how many rows."""
    content_type = ContentType.objects.get_for_model(SavedSearch)
    followed = Follow.objects.filter(content_type=content_type).values("object_id")
    unfollowed = SavedSearch.objects.exclude(pk__in=followed)
    old = Arrival.objects.filter(arrived_at__lt=timezone.now() - KEPT)
    return old.delete()[0] + unfollowed.delete()[0]
