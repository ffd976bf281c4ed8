"""A librarian brings a file in: reads what would become of it, says yes, and sees it through to the report."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from studies.jobs.imports import run_import
from studies.models import ImportRun, Study
from tests.builders import make_librarian, numbers

pytestmark = pytest.mark.browser


def a_file(number: int) -> dict:
    """Two records that nobody has, and one that is none."""
    articles = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{50_000_000 + number * 10 + each}</PMID><Article><ArticleTitle>{title}</ArticleTitle>"
        "</Article></MedlineCitation></PubmedArticle>\n"
        for each, title in enumerate((f"First of file {number}", f"Second of file {number}", ""))
    )
    text = f"<PubmedArticleSet>\n{articles}</PubmedArticleSet>"
    return {"name": f"file-{number}.xml", "mimeType": "text/xml", "buffer": text.encode()}


def test_a_librarian_imports_a_file(open_browser, javascript: bool) -> None:
    librarian, number = open_browser(javascript=javascript, member=make_librarian()), next(numbers)
    librarian.visit("/librarians/")
    librarian.follow("Imports")
    librarian.follow("Bring studies in")
    librarian.page.get_by_label("File", exact=True).set_input_files(a_file(number))
    librarian.press("Read the file")
    librarian.is_at(re.compile(r"/librarians/imports/\d+/$"))
    expect(librarian.page.get_by_role("progressbar")).to_be_visible()

    def worked() -> None:
        """The job worker does its part; without JavaScript the page is asked for again."""
        run_import(run_id=ImportRun.objects.latest("pk").pk)
        if not javascript:
            librarian.follow("Refresh")

    worked()
    librarian.sees("nothing of it is stored yet")
    librarian.sees("it has no title")
    assert not Study.objects.filter(title__contains=f"of file {number}").exists()
    librarian.press("Import")
    librarian.sees("The records are being stored")
    worked()
    expect(librarian.page.locator("#run")).to_contain_text("Done.")
    expect(librarian.page.get_by_role("progressbar")).to_have_count(0)
    librarian.follow(re.compile("^New"))
    librarian.follow(f"First of file {number}")
    expect(librarian.page.get_by_role("heading", level=1)).to_have_text(f"First of file {number}")
