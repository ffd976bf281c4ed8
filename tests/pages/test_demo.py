import os
import re
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Member
from common import recount
from forum.models import Comment, Post
from pages.demo import loading
from studies import identifiers
from studies.dates import PartialDate
from studies.models import Citation, Study, Summary
from tests.databases import DEMO, create, demo, drop, used

STUDIES = list(loading.study_files())


def comments_of(facts: dict) -> list[dict]:
    """Every comment under a post or comment of the demo files."""
    below = facts.get("comments", facts.get("replies", []))
    return [each for comment in below for each in (comment, *comments_of(comment))]


@pytest.fixture
def loaded(django_test_environment, django_db_blocker):
    """A copy of the demo that the browser tests are given as well."""
    copy = f"{DEMO}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_read"
    with django_db_blocker.unblock():
        create(copy, template=demo())
        with used(copy):
            yield
        drop(copy)


class TestDemoStudies:
    def test_are_at_least_sixty(self):
        assert len(STUDIES) >= 60

    @pytest.mark.parametrize("facts", STUDIES, ids=lambda facts: facts["pmid"] or facts["doi"])
    def test_have_well_formed_facts(self, facts):
        assert facts["pmid"] or facts["doi"]
        assert not facts["pmid"] or identifiers.parse_pmid(facts["pmid"]) == facts["pmid"]
        assert not facts["doi"] or identifiers.parse_doi(facts["doi"]) == facts["doi"]
        assert not facts["pmcid"] or identifiers.parse_pmcid(facts["pmcid"]) == facts["pmcid"]
        assert not facts["registration"] or identifiers.parse_registration(facts["registration"])
        assert PartialDate.parse(facts["published"]).year <= 2026
        assert facts["title"]
        assert facts["journal"]["title"]
        assert facts["authors"]
        assert 3 <= len(facts["tags"]) <= 8
        assert facts["looked_up_at"]
        for cited in facts["cites"]:
            assert not cited["doi"] or identifiers.parse_doi(cited["doi"]) == cited["doi"].lower()
            assert not cited["pmid"] or identifiers.parse_pmid(cited["pmid"]) == cited["pmid"]

    @pytest.mark.parametrize("name", ["pmid", "doi", "pmcid", "title"])
    def test_share_no_identifier(self, name):
        counted = Counter(facts[name] for facts in STUDIES if facts[name])
        assert not [value for value, times in counted.items() if times > 1]

    @pytest.mark.parametrize("facts", STUDIES, ids=lambda facts: facts["pmid"] or facts["doi"])
    def test_have_a_tldr_and_a_summary_of_their_own(self, facts):
        assert 30 < len(facts["tldr"]) <= 600
        assert len(facts["summary"].split("\n\n")) >= 2
        # A figure of the TL;DR is one the summary stands by.
        figures = set(re.findall(r"\d+(?:[.,]\d+)*", facts["tldr"])) - {facts["published"][:4]}
        missing = [figure for figure in figures if figure not in facts["summary"] and figure not in facts["title"]]
        assert len(missing) <= 2, missing

    def test_hold_the_study_this_library_began_with(self):
        (facts,) = [facts for facts in STUDIES if facts["pmid"] == "21383913"]
        assert facts["doi"] == "10.2147/btt.s9806"
        assert facts["published"] == "2011-02-14"
        assert (facts["volume"], facts["pages"].replace("–", "-")) == ("5", "21-31")
        assert facts["sample_size"] == 144
        assert [author["family"] for author in facts["authors"]] == ["Sticherling"]


class TestDemoCommunity:
    def test_is_a_community(self):
        posts = list(loading.post_files())
        comments = [comment for post in posts for comment in comments_of(post)]
        assert len(posts) >= 120
        assert len(comments) >= 400
        assert any(post.get("locked") for post in posts)
        assert any(comment["deleted"] and comment["replies"] for comment in comments)

    def test_says_nothing_twice(self):
        posts = list(loading.post_files())
        said = Counter(each["body"] for post in posts for each in comments_of(post) if len(each["body"]) > 60)
        assert not [body for body, times in said.items() if times > 1]

    @pytest.mark.slow
    def test_loads_whole_with_every_counter_right(self, loaded):
        assert Member.objects.count() >= 30
        assert Study.objects.count() == len(STUDIES) == Summary.objects.count()
        assert Post.objects.count() >= 120
        assert Comment.objects.count() >= 400
        assert [counter for counter in recount.counters() if counter.drifted()] == []
        assert Citation.objects.filter(cited__isnull=False).count() >= 8
        assert Study.objects.filter(retraction="retracted").exists()
        assert Post.objects.filter(is_locked=True).exists()
        assert Comment.objects.filter(deleted_at__isnull=False, replies__isnull=False).exists()
        assert {name for _, name in loading.SIGN_INS} <= set(Member.objects.values_list("username", flat=True))

    @pytest.mark.django_db
    def test_is_left_as_it_is_where_somebody_lives_already(self, capsys):
        Member.objects.create_user("first", "first@example.org")
        call_command("load_demo")
        assert Member.objects.count() == 1
        assert "left as it is" in capsys.readouterr().out


@pytest.mark.django_db
class TestDemoAccounts:
    @pytest.mark.parametrize("mode", ["production", "development"])
    def test_cannot_be_made_outside_the_demo(self, settings, mode):
        settings.MODE = mode
        with pytest.raises(loading.NotADemo):
            loading.load()
        with pytest.raises(CommandError):
            call_command("load_demo")
        assert not Member.objects.exists()

    def test_cannot_sign_in_outside_the_demo(self, client, settings):
        member = Member.objects.create_user("maren_k", "maren_k@demo.invalid", loading.PASSWORD)
        client.force_login(member)
        assert client.get("/settings/").status_code == 200
        settings.MODE = "production"
        assert client.get("/settings/").status_code == 302
        assert not client.login(username="maren_k", password=loading.PASSWORD)
