"""“#tag” in a text: a link where there is such a tag, and otherwise what Markdown makes of it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.hashtags import MOST
from common.markdown import gist, render
from common.models import Tag
from common.tags import get_or_create

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def vocabulary():
    get_or_create(["minoxidil", "side effects", "5-alpha reductase", "2022", "größe"])
    Tag.objects.create(name="rogaine", slug="rogaine", synonym_of=Tag.objects.get(name="minoxidil"))


def linked(source: str) -> str:
    return render(source, tags=True)


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("On #minoxidil, since May.", "/tags/minoxidil/"),
        ("#Minoxidil", "/tags/minoxidil/"),
        ("(#side-effects)", "/tags/side-effects/"),
        ("#5-alpha-reductase helps", "/tags/5-alpha-reductase/"),
        ("#größe", "/tags/gr%C3%B6sse/"),
        ("#rogaine.", "/tags/minoxidil/"),
        ("> about #minoxidil", "/tags/minoxidil/"),
        ("| a |\n| - |\n| #minoxidil |", "/tags/minoxidil/"),
        ("**#minoxidil**", "/tags/minoxidil/"),
    ],
)
def test_leads_to_the_tag(source, address):
    assert f'<a href="{address}" class="hashtag"' in linked(source)
    assert "hashtag" not in render(source)


@pytest.mark.parametrize(
    "source",
    [
        "#unknown", "# minoxidil", "`#minoxidil`", "    #minoxidil", "```\n#minoxidil\n```", "C#minoxidil", "##minoxidil",
        "https://a.example/#minoxidil", "www.a.example/#minoxidil", "a.example/page#minoxidil", "[#minoxidil](https://a.example)",
        "~~#minoxidil~~", "\\#minoxidil", "&#35;minoxidil", "#2022", "#minoxidil@home", "#minoxidil.org", "&#minoxidil",
        "[a]: https://a.example/#minoxidil\n\n[a]", "#minoxidils", "[x](/posts/1/#minoxidil)",
    ],
)  # fmt: skip
def test_is_left_alone_in_code_links_addresses_headings_and_other_words(source):
    assert linked(source) == render(source)
    assert "hashtag" not in linked(source)


def test_in_a_heading_leaves_the_heading_one():
    assert linked("## About #minoxidil ##").startswith('<h4>About <a href="/tags/minoxidil/" class="hashtag"')


def test_escaped_stays_as_typed_in_the_page_and_in_the_gist():
    assert linked("Write \\#minoxidil to name a tag.") == "<p>Write #minoxidil to name a tag.</p>\n"
    assert gist("Write \\#minoxidil to name a tag.") == "Write #minoxidil to name a tag."


def test_costs_one_query_and_names_a_bounded_number_of_tags():
    get_or_create([f"tag{number}x" for number in range(MOST + 5)])
    source = " ".join(f"#tag{number}x" for number in range(MOST + 5))
    with CaptureQueriesContext(connection) as queries:
        html = linked(source + " #tag0x")
    assert len(queries) == 1
    assert html.count("hashtag") == MOST + 1
    with CaptureQueriesContext(connection) as queries:
        linked("# No tag here")
    assert len(queries) == 0
