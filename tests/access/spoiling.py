"""Hostile words in every text of every table: what members, librarians and files bring in.

The fields are read from the models, so that a new one is spoiled without being named. What a field holds that nobody
can choose freely (keys, addresses of ours, checked identifiers) is named in ``OURS``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction

from accounts.models import Member
from common import markdown
from forum.models import CommentText, PostText
from studies.importing.abstracts import html_of
from studies.models import ReadingList, StudyText, Summary
from tests.access.live import MARK
from tests.shared import shared_file

ROOMS = ("accounts", "common", "forum", "moderation", "notices", "studies")
OURS = {
    "accounts.Member": "password username name_key email avatar withheld_avatar time_zone",
    "accounts.DataCopy": "file",
    "accounts.Leaving": "after",
    "accounts.GoneName": "hash",
    "common.Pace": "host",
    "common.Tag": "slug",
    "forum.Category": "slug",
    "forum.Picture": "name digest",
    "forum.Post": "pseudonym subject_url subject_note",  # drawn from a list; an address and a word of ours
    "forum.PostNews": "place",
    "forum.Comment": "pseudonym ancestors",
    "forum.Mask": "name",
    "forum.ReadMark": "kind",
    "forum.Sweep": "avatar",
    "moderation.Action": "action role",
    "moderation.Allowance": "key",
    "moderation.AuditEntry": "event target_type target_id request_id network",
    "moderation.Award": "badge",
    "moderation.Case": "kind",
    "moderation.Held": "kind",
    "moderation.ReputationEntry": "kind",
    "moderation.Trace": "hash",
    "notices.Audience": "kind places",
    "notices.Device": "endpoint p256dh auth session_key",
    "notices.FeedKey": "token",
    "notices.Letter": "parts",
    "notices.MailAllowance": "recent",
    "notices.Mute": "kind",
    "notices.Notification": "kind key url place gathered withheld",
    "notices.Preference": "kind",
    "studies.Author": "key orcid",
    "studies.Citation": "doi pmid pmcid",
    "studies.Correction": "field",
    "studies.ImportRun": "file identifiers",
    "studies.Journal": "title_key slug issns nlm_id",
    "studies.MentionedWork": "kind value",
    "studies.MergedStudy": "digests",
    "studies.OtherIdentifier": "name value",
    "studies.SavedSearch": "query",
    "studies.StandingRound": "source",
    "studies.Study": "doi pmid pmcid registration retraction_notice retraction_date kept_fields study_type",
    "studies.StudyFacts": "registrations",
    "studies.StudyRelation": "source doi pmid pmcid date",
    "studies.StudySource": "digest",
    "studies.StudySuggestion": "value",
    "studies.TitleKey": "title start author",
}
OF_JSON = {"forum.Draft": ["fields"], "studies.StudyChange": ["before", "after"]}
LOUD = f"javascript:alert(1)//'\"></title></textarea></script></style>--><{MARK} {MARK}=1 onx=1>]]>"
BRIEF = f"'\"><{MARK} {MARK}>"


def payloads() -> list[str]:
    """The hostile texts that are kept beside the checkout."""
    found = []
    for name, key in (("dompurify_expect", "payload"), ("naughty_strings", "s")):
        with shared_file(f"vectors/{name}.jsonl").open(encoding="utf-8") as lines:
            found += [json.loads(line)[key].replace("\0", "") for line in lines]
    return [text.encode("utf-8", "ignore").decode() for text in found if text.strip()]


class Words:
    """Hostile texts in turn, each as long as a field takes, so that all of them come to stand somewhere."""

    def __init__(self) -> None:
        self.texts = cycle(payloads())

    def of(self, length: int) -> str:
        text = LOUD if length >= 2 * len(LOUD) else BRIEF
        for _ in range(400):
            more = f"{text} {next(self.texts)}"
            if len(more) > length:
                break
            text = more
        return text[:length]


def prose(model: type[models.Model]) -> Iterator[models.Field]:
    """The fields of a model whose words somebody chooses."""
    ours = OURS.get(model._meta.label, "").split()
    for field in model._meta.concrete_fields:
        of_text = getattr(field, "base_field", field)
        chosen = isinstance(of_text, models.CharField | models.TextField) and not (field.choices or of_text.choices)
        kept = field.primary_key or field.generated or field.name in ours or field.name.endswith("_html")
        if chosen and not kept and not field.name.startswith("pgh_"):
            yield field


@transaction.atomic
def spoil() -> int:
    """Give every text in the database hostile words, past all triggers; gives how many."""
    words, count = Words(), 0
    spoiled = [each for each in apps.get_models() if each._meta.app_label in ROOMS and not each._meta.proxy]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in spoiled:
            cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER USER')
        for model in spoiled:
            for thing in model._base_manager.all():
                values = {field.name: _value(field, words, thing.pk) for field in prose(model)}
                for name in OF_JSON.get(model._meta.label, ()):
                    values[name] = _inside(getattr(thing, name), words)
                if values:
                    model._base_manager.filter(pk=thing.pk).update(**values)
                count += len(values)
        render()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in spoiled:
            cursor.execute(f'ALTER TABLE "{model._meta.db_table}" ENABLE TRIGGER USER')
    return count


def render() -> None:
    """What the site makes of the words when they are saved."""
    for model in (PostText, CommentText, ReadingList, Summary, Member):
        for thing in model._base_manager.all():
            thing.save()
    for text in StudyText.objects.all():
        StudyText.objects.filter(pk=text.pk).update(abstract_html=html_of(text.abstract, f"s{text.pk}"))
    assert markdown.RENDERER_VERSION


def _value(field: models.Field, words: Words, pk: Any) -> Any:
    if isinstance(field, ArrayField):
        return [words.of(200)]
    if isinstance(field, models.URLField):  # forms and imports take nothing else
        return f"https://e.example/{words.of(200)}"
    length = min(field.max_length or 4000, 40_000)
    return f"{words.of(length - 12)} {pk}" if field.unique else words.of(length)


def _inside(value: Any, words: Words) -> Any:
    if isinstance(value, dict):
        return {name: _inside(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [_inside(each, words) for each in value]
    return words.of(1000) if isinstance(value, str) else value
