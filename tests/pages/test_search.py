import json
import re

import pytest

from common.models import Tag
from tests.builders import make_member, make_moderator, make_post, make_study
from tests.shared import shared_file

pytestmark = pytest.mark.django_db


def section(page: str, name: str) -> str:
    """The part of the page under a heading; empty where there is no such list."""
    found = re.search(rf'<section aria-labelledby="r-{name}">(.*?)</section>', page, re.DOTALL)
    return found[1] if found else ""


def search(client, typed: str) -> str:
    answer = client.get("/search/", {"q": typed})
    assert answer.status_code == 200, typed
    return answer.text


class TestLists:
    def test_are_one_for_each_kind(self, client):
        make_study("Minoxidil in a trial")
        make_post(title="Minoxidil and me", tags=["minoxidil"])
        make_member("minoxidil_max")
        page = search(client, "minoxidil")
        assert "Minoxidil in a trial" in section(page, "studies")
        assert "Minoxidil and me" in section(page, "posts")
        assert "minoxidil_max" in section(page, "members")
        assert "/tags/minoxidil/" in section(page, "tags")

    def test_are_left_out_where_nothing_is_found(self, client):
        make_post(title="Minoxidil and me")
        page = search(client, "minoxidil")
        assert section(page, "posts")
        assert not section(page, "studies") + section(page, "members")
        assert "Nothing found" in search(client, "zzzzz")

    def test_let_any_word_be_missing(self, client):
        make_study("Minoxidil in a trial")
        make_post(title="Minoxidil and me")
        page = search(client, "minoxidil nowhere neither")
        assert section(page, "studies")
        assert section(page, "posts")

    def test_leave_out_members_who_are_gone(self, client):
        make_member("leaving_soon", is_active=False)
        assert not section(search(client, "leaving"), "members")

    def test_leave_out_tags_that_nothing_carries(self, client):
        Tag.objects.create(name="unused word", slug="unused-word")
        for words in ("unused", "unused word"):
            assert not section(search(client, words), "tags")

    def test_put_the_very_tag_before_those_that_contain_it(self, client):
        make_post(tags=["scalp acne"])
        make_post(tags=["scalp acne", "acne"])
        tags = section(search(client, "acne"), "tags")
        assert tags.index("/tags/acne/") < tags.index("/tags/scalp-acne/")


class TestIdentifiers:
    @pytest.mark.parametrize(
        "typed",
        [
            "10.1001/jama.2020.1", "https://doi.org/10.1001/JAMA.2020.1", "doi:10.1001/jama.2020.1", "21383913",
            "PMID: 21383913", "PMC1234567", "NCT01234567",
        ],
    )  # fmt: skip
    def test_put_the_study_first(self, client, typed):
        make_study(f"Says {typed} in its title", tldr=typed)
        make_study(
            "The one", doi="10.1001/jama.2020.1", pmid="21383913", pmcid="PMC1234567", registration="NCT01234567"
        )
        studies = section(search(client, typed), "studies")
        assert re.findall(r'study-item__title"><a [^>]+>([^<]+)<', studies)[0] == "The one"

    def test_show_the_study_once(self, client):
        make_study("About 21383913", pmid="21383913")
        assert section(search(client, "21383913"), "studies").count("study-item__title") == 1

    def test_tell_that_no_study_here_has_it(self, client):
        assert "no study here has this DOI" in search(client, "10.1001/none")


class TestSight:
    @pytest.mark.parametrize("state", ["hidden", "deleted"])
    @pytest.mark.parametrize("member", [False, True])
    def test_leaves_out_what_is_hidden_or_deleted(self, client, state, member):
        post = make_post(title="Minoxidil words", tags=["minoxidil"])
        post.hide(make_moderator(), "Rude.") if state == "hidden" else post.delete_by_author()
        if member:
            client.force_login(make_member())
        assert "Minoxidil words" not in search(client, "minoxidil")

    def test_shows_moderators_what_is_hidden(self, client):
        make_post(title="Minoxidil words").hide(make_moderator(), "Rude.")
        client.force_login(make_moderator())
        assert "Minoxidil words" in section(search(client, "minoxidil"), "posts")


class TestOddQuestions:
    @pytest.mark.parametrize(
        "typed",
        [
            "", " ", "&", "|", "!", ":*", "( )", "'", "\\", "a & b", "a | !b", "a:*", "(a", "'a", "a\\", "<->", "a <2> b", "%", "_",
            "' OR 1=1 --", "'; SELECT pg_sleep(9) --", "{{ 7*7 }}", "${7*7}", "<script>alert(1)</script>", "\u202eabc", "\ufeff",
            "a\u0301" * 200, "🙂" * 300, "x" * 5000, "word " * 1000, "AND OR NOT", "the of and", '"', '"a b', "-a", "a-b-c-d", "''''",
            "\\x00", "%00", "a\tb\nc", "0" * 300, "10.", "10.1234/", "doi:", "PMID:", "NCT", "9" * 300,
        ],
    )  # fmt: skip
    def test_are_answered_and_shown_as_text(self, client, typed):
        make_post(title="Here")
        page = search(client, typed)
        assert "<script>alert" not in page
        assert "49" not in re.findall(r"<h1>(.*?)</h1>", page)[0]

    def test_with_bytes_that_are_no_text_are_refused_with_a_sentence(self, client):
        for query in ("a%00b", "%ff", "%ed%a0%80"):
            answer = client.get(f"/search/?q={query}")
            assert answer.status_code == 400
            assert "not text" in answer.text

    def test_that_are_too_long_say_so(self, client):
        assert "Only the first 300 characters" in search(client, "word " * 100)

    def test_from_everybodys_list_of_naughty_strings_are_answered(self, client):
        lines = shared_file("vectors/naughty_strings.jsonl").read_text(encoding="utf-8").strip().split("\n")
        for line in lines[::12]:
            typed = json.loads(line)["s"]
            answer = client.get("/search/", {"q": typed})
            assert answer.status_code < 500, typed
            assert answer.status_code == 200 or "\0" in typed
