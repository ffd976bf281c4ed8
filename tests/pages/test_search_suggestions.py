"""Suggestions of the search box: values of operators, and what begins as the words do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.limits import TooMany
from notices import muting
from pages.searching import operators, watching
from pages.searching.suggesting import suggest
from tests.builders import make_category, make_member, make_post, make_study

pytestmark = pytest.mark.django_db
GUEST = AnonymousUser()


def labels(typed: str, user=GUEST) -> list[str]:
    return [each.label for each in suggest(typed, user)]


class TestSuggestions:
    def test_of_an_empty_box_are_the_operators(self):
        assert labels("  ") == [f"{name}:" for name in operators.OPERATORS]

    def test_are_what_begins_as_the_last_word(self):
        make_post(tags=["minoxidil"], category=make_category("Minerals"))
        make_member("minnie_m")
        make_member("minnie_gone", is_active=False)
        make_study("A trial of minoxidil foam")
        make_study("Another trial", tldr="With minoxidil in its words, not in its title")
        assert labels("topical min") == ["minoxidil", "Minerals", "minnie_m"]
        assert labels("trial min") == ["A trial of minoxidil foam", "minoxidil", "Minerals", "minnie_m"]
        assert labels("zzz") == []

    def test_leave_out_tags_that_nothing_carries(self):
        make_post(tags=["minoxidil"]).delete_by_author()
        assert labels("minox") == labels("tag:minox") == []

    def test_take_an_apostrophe_for_a_letter(self):
        make_study("Hair in Crohn's disease")
        assert labels("crohn's dis") == ["Hair in Crohn's disease"]

    def test_of_an_operator_are_its_values(self):
        make_post(tags=["hair loss", "hair"], category=make_category("Treatment"))
        make_member("hairy_harry")
        assert [each.fill for each in suggest("foam -tag:hai", GUEST)] == ["-tag:hair", '-tag:"hair loss"']
        assert [each.fill for each in suggest('tag:"hair l', GUEST)] == ['tag:"hair loss"']
        assert labels("author:hai") == ["author:hairy_harry"]
        assert labels("category:t") == ["category:Treatment"]
        assert labels("type:c") == ["type:comment"]
        assert labels("year:20") == []

    def test_hold_ones_own_searches_and_nobody_elses(self):
        member = make_member()
        watching.save(member, operators.read("finasteride dose"))
        assert labels("finasteride", member) == ["finasteride dose"]
        assert labels("finasteride", make_member()) == labels("finasteride") == []

    def test_leave_out_whom_one_mutes(self):
        member, other = make_member(), make_member("minnie_m")
        muting.mute(member, "member", other.pk)
        assert labels("minnie", member) == []
        assert labels("author:minnie", member) == []

    def test_cost_a_few_queries_whatever_there_is(self):
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                suggest("trial minox", GUEST)
            return len(queries)

        before = cost()
        for number in range(12):
            make_study(f"Trial of minoxidil {number}")
            make_post(tags=[f"minoxidil {number}"])
        assert cost() <= before + 1 <= 7

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(alphabet=st.sampled_from("ab1 -:\"'tag:*!&|()\\%_é脱") | st.characters(), max_size=40))
    def test_are_given_for_any_text(self, typed):
        suggest(typed, GUEST)


class TestTheAddress:
    def test_gives_options_with_all_text_escaped(self, client: Client):
        make_study("<b>Bold</b> trials")
        page = client.get("/search/suggestions/?q=bold").text
        assert "&lt;b&gt;Bold" in page
        assert 'role="option"' in page
        assert "Set-Cookie" not in client.get("/search/suggestions/").headers

    def test_says_nothing_to_who_asks_too_often(self, client: Client, monkeypatch):
        def refuse(*args):
            raise TooMany("Too often.", 60)

        monkeypatch.setattr("pages.views.search.count_reading", refuse)
        assert client.get("/search/suggestions/?q=x").status_code == 204
