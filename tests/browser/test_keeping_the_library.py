"""A librarian's evening: a file with progress, a merge, a summary with a number of its own, and a list to take home."""

from __future__ import annotations

import re

import pytest
import rispy
from playwright.sync_api import expect

from studies.jobs.imports import run_import
from studies.models import ImportRun, Study, StudyChange, Summary
from tests.builders import make_librarian, numbers

pytestmark = pytest.mark.browser

ABSTRACT = "We treated 144 people with zinc ointment for 12 weeks; 45% of them improved."


def a_file(number: int) -> dict:
    """A preprint and the study that was published of it, of one title and one author and with a DOI each."""

    def article(pmid: int, year: int, doi: str, more: str) -> str:
        return (
            f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><Journal><JournalIssue><PubDate><Year>{year}</Year>"
            "</PubDate></JournalIssue><Title>Journal of Evenings</Title></Journal>"
            f"<ArticleTitle>Zinc ointment for the evening number {number} in adults with acne</ArticleTitle>"
            f'<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID><Abstract><AbstractText>{ABSTRACT}</AbstractText></Abstract>'
            "<AuthorList><Author><LastName>van der Meer</LastName><ForeName>Åse</ForeName></Author></AuthorList>"
            f"{more}</Article></MedlineCitation></PubmedArticle>"
        )

    preprint = "<PublicationTypeList><PublicationType>Preprint</PublicationType></PublicationTypeList>"
    start = 60_000_000 + number * 10
    text = (
        f"<PubmedArticleSet>{article(start, 2023, f'10.1101/evening.{number}', preprint)}"
        f"{article(start + 1, 2024, f'10.1000/evening.{number}', '')}</PubmedArticleSet>"
    )
    return {"name": "evening.xml", "mimeType": "text/xml", "buffer": text.encode()}


def test_a_librarian_imports_merges_summarises_and_exports(open_browser) -> None:
    librarian, number = open_browser(member=make_librarian()), next(numbers)
    page, title = librarian.page, f"evening number {number}"

    librarian.visit("/librarians/import/")
    page.get_by_label("File", exact=True).set_input_files(a_file(number))
    librarian.press("Read the file")
    expect(page.get_by_role("progressbar")).to_be_visible()
    run_import(run_id=ImportRun.objects.latest("pk").pk)
    librarian.press("Import")
    expect(page.get_by_role("progressbar")).to_be_visible()
    run_import(run_id=ImportRun.objects.latest("pk").pk)
    expect(page.locator("#run")).to_contain_text("Done.")

    # A preprint is never joined to what was published of it without a person having looked.
    preprint, published = Study.objects.filter(title__contains=title).order_by("published_year")
    librarian.visit("/librarians/merges/")
    librarian.follow(re.compile(f"{title} "))
    librarian.sees("a preprint")
    page.get_by_label("Why").fill("The same work, now printed")
    librarian.press(f"Merge, keep study {published.pk}")
    librarian.visit(preprint.get_absolute_url())
    librarian.is_at(published.get_absolute_url())
    assert StudyChange.objects.filter(study=published, kind="merged").exists()

    librarian.follow("Write the summary")
    page.get_by_label("TL;DR").fill("Zinc ointment helped 54% of 144 people.")
    page.get_by_label("Summary", exact=True).fill("After 12 weeks.")
    librarian.press("Save")
    stopped = page.get_by_role("group", name="Not in the abstract")
    expect(stopped).to_contain_text("54%")
    assert not Summary.objects.filter(study=published).exists()
    stopped.get_by_role("checkbox").check()
    librarian.press("Save")
    librarian.sees("Zinc ointment helped 54% of 144 people.")

    librarian.visit(f"/studies/?q=evening+{number}+zinc")
    with page.expect_download() as download:
        librarian.follow("RIS")
    (entry,) = rispy.loads(download.value.path().read_text(encoding="utf-8-sig"))
    assert entry["doi"] == f"10.1000/evening.{number}"
    assert entry["authors"] == ["van der Meer, Åse"]
