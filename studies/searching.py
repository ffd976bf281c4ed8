"""What search reads of a study: its title, names, tags and our words about it, kept beside the abstract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from common.text import plain_text
from studies.models import Authorship, Study, StudyTag, StudyText, Summary

NAMES_LIMIT = 50_000  # characters of names that are searched: PostgreSQL refuses a search vector of more than 1 MB


def store_texts(texts: list[StudyText], fields: list[str]) -> None:
    """Write these fields of the texts, whether their rows are there yet or not."""
    if texts:
        StudyText.objects.bulk_create(texts, update_conflicts=True, unique_fields=["study"], update_fields=fields)


def refresh_text(study: Study) -> None:
    """Let search see what is now said about the study: its title, names, tags, TL;DR and summary."""
    store_texts(searched_texts([study]), ["title", "names", "tag_words", "plain"])


def searched_texts(studies: Iterable[Study]) -> list[StudyText]:
    """The searched texts of studies, from what the tables hold now."""
    rows = {study.pk: study for study in studies}
    names: dict[int, list[str]] = defaultdict(list)
    for authorship in Authorship.objects.filter(study__in=rows).select_related("author").order_by("study", "position"):
        names[authorship.study_id].append(authorship.author.name)
    words: dict[int, list[str]] = defaultdict(list)
    for pk, name in (
        StudyTag.objects.filter(content_object__in=rows)
        .order_by("tag__name")
        .values_list("content_object_id", "tag__name")
    ):
        words[pk].append(name)
    summaries = {summary.pk: summary for summary in Summary.objects.filter(study__in=rows)}
    texts = []
    for pk, study in rows.items():
        summary = summaries.get(pk)
        plain = f"{summary.tldr}\n\n{plain_text(summary.body_html)}".strip() if summary else ""
        texts.append(searched_text(study, names[pk], words[pk], plain=plain))
    return texts


def searched_text(study: Study, authors: list[str], tags: list[str], **more: str) -> StudyText:
    """The searched texts of one study whose authors and tags, in order, are known already."""
    facts = [study.doi, study.pmid, study.pmcid, study.registration]
    journal = [study.journal.title, study.journal.abbreviation] if study.journal else []
    said = " ".join(filter(None, [*journal, *facts, *authors]))
    return StudyText(study_id=study.pk, title=study.title, names=said[:NAMES_LIMIT], tag_words=", ".join(tags), **more)
