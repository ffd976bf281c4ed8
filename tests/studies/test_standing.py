"""Retraction, concern and correction: every place that shows them changes, and is restored when they are taken back."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.recount import counters
from forum.models import Post
from notices import following
from notices.models import Notification
from studies import keeping
from studies.by_hand import give_standing_back, set_standing
from studies.importing.importing import import_records
from studies.importing.record import OPPOSITES, Reference, Relation, StudyRecord
from studies.merging import merge
from studies.models import Study, StudyChange, StudyRelation
from studies.related_works import related_works
from studies.similarity import similar_studies
from studies.standing import Standing, settle
from tests.builders import make_comment, make_librarian, make_member, make_post

pytestmark = pytest.mark.django_db

WORK = StudyRecord("The doubtful trial", doi="10.9999/work", pmid="101", keywords=("hair",))
NOTICE = StudyRecord("Notice about the doubtful trial", doi="10.9999/notice", pmid="102", published=None)
CITING = StudyRecord(
    "A review that leans on it", pmid="103", keywords=("hair",), references=(Reference(text="The trial", pmid="101"),)
)


def told(kind: str = "retracted_by", **facts) -> StudyRecord:
    return replace(WORK, relations=(Relation(kind, doi="10.9999/notice", date="2001-03-04", **facts),))


def take(*records: StudyRecord, kind: str = "pubmed") -> None:
    report = import_records(records, kind)
    assert not report.refused, report.refused


def study(pmid: str = "101") -> Study:
    return Study.objects.get(pmid=pmid)


def places(client) -> dict[str, bool]:
    """Whether each place that shows the doubtful trial, or what leans on it, marks it as retracted."""
    work, citing = study(), study("103")
    thread, leaning = work.discussion, Post.objects.get(title="What I read")

    def says(address: str, words: str) -> bool:
        answer = client.get(address)
        assert answer.status_code == 200, address
        return words in answer.getvalue().decode()

    mark, leans = ">Retracted</span>", "Cites 1 retracted work"
    return {
        "banner": says(work.get_absolute_url(), "This study has been retracted."),
        "badge": says(work.get_absolute_url(), mark),
        "library": says("/studies/?q=doubtful", mark),
        "facet": says("/studies/?retracted=1", "The doubtful trial"),
        "search": says("/search/?q=doubtful", mark),
        "tag": says("/tags/hair/?show=studies", mark),
        "thread": says(thread.get_absolute_url(), mark),
        "list of posts": says("/community/", mark),
        "list head": says(f"{work.get_absolute_url()}cited-by/", mark),
        "reference of another": says(citing.get_absolute_url(), mark),
        "references of another": says(f"{citing.get_absolute_url()}references/", mark),
        "retracted references of another": says(f"{citing.get_absolute_url()}references/", ">Retracted 1</a>"),
        "leaning study": says(citing.get_absolute_url(), leans),
        "leaning study in lists": says("/studies/?q=leans", leans),
        "left out of similar": work.pk not in {row.study.pk for row in similar_studies(citing).rows},
        "counter": citing.retracted_cites_count == 1,
        "card in a post": says(leaning.get_absolute_url(), mark),
        "post that leans": says(leaning.get_absolute_url(), "Mentions 1 retracted study"),
        **{
            format: says(f"{work.get_absolute_url()[:-1]}.{format}", "etracted")
            for format in ("bib", "ris", "csl.json")
        },
        "feed": says("/studies/feed.atom", "Retracted: The doubtful trial"),
        "list as RIS": says("/studies.ris?q=doubtful", "etracted"),
        "JSON-LD": says(work.get_absolute_url(), '"creativeWorkStatus": "Retracted"'),
    }


@pytest.fixture
def world(client):
    take(WORK, CITING)
    make_comment(study().open_discussion(make_member("opener_x")), author=make_member("talker_x"))
    make_post(title="What I read", body="doi:10.9999/work")
    return client


def sure(client, marked: bool) -> None:
    assert places(client) == dict.fromkeys(places(client), marked)
    assert not [f"{each.table}.{each.column}" for each in counters() if each.drifted()]


class TestEveryPlace:
    def test_changes_and_is_restored_when_the_source_says_so(self, world) -> None:
        sure(world, marked=False)
        take(told())
        sure(world, marked=True)
        take(WORK)
        sure(world, marked=False)

    def test_changes_and_is_restored_by_the_notice_that_arrives_and_goes(self, world) -> None:
        take(replace(NOTICE, relations=(Relation("retracts", pmid="101"),)))
        sure(world, marked=True)
        assert study().retraction_notice == "10.9999/notice"
        take(NOTICE)
        sure(world, marked=False)
        take(replace(NOTICE, relations=(Relation("retracts", doi="10.9999/work"),)))
        sure(world, marked=True)

    def test_changes_and_is_restored_by_hand(self, world) -> None:
        keeper = make_librarian()
        set_standing(study(), Standing("retracted", "", "2002"), actor=keeper, reason="The journal wrote to us.")
        sure(world, marked=True)
        take(replace(WORK, title="The doubtful trial, told again"), WORK)
        sure(world, marked=True)
        give_standing_back(study(), actor=keeper, reason="A mistake of ours.")
        sure(world, marked=False)
        assert list(study().changes.values_list("actor__username", "reason")) == [
            (keeper.username, "A mistake of ours."), (keeper.username, "The journal wrote to us."),
        ]  # fmt: skip

    def test_can_be_cleared_by_hand_against_the_source(self, world) -> None:
        take(told())
        set_standing(study(), Standing(), actor=make_librarian(), reason="Another paper of the same name.")
        take(replace(told(), issue="2"))
        sure(world, marked=False)
        give_standing_back(study(), actor=make_librarian(), reason="It was this one.")
        sure(world, marked=True)

    def test_follows_a_merge_of_words_of_several_sources_to_the_gravest(self, world) -> None:
        take(told("corrected_by"))
        assert study().retraction == "corrected"
        take(replace(WORK, retraction="retracted"), kind="openalex")
        sure(world, marked=True)
        take(WORK, kind="openalex")
        assert study().retraction == "corrected"
        take(told("concern_in"))
        assert (study().retraction, study().retraction_date) == ("concern", "2001-03-04")


class TestMerging:
    def test_keeps_standing_relations_and_every_discussion_true(self) -> None:
        take(WORK, CITING)
        take(StudyRecord("The same trial again", doi="10.9999/twin", keywords=("hair",)), kind="crossref")
        twin = Study.objects.get(doi="10.9999/twin")
        threads = [each.open_discussion(make_member()) for each in (study(), twin)]
        take(replace(NOTICE, relations=(Relation("retracts", doi="10.9999/twin"),)))
        merge(study(), twin, actor=make_librarian())
        assert study().retraction == "retracted" and study("103").retracted_cites_count == 1
        assert {Post.objects.get(pk=thread.pk).subject_note for thread in threads} == {"Retracted"}
        take(NOTICE)
        assert study().retraction == "" and study("103").retracted_cites_count == 0
        assert {Post.objects.get(pk=thread.pk).subject_note for thread in threads} == {""}
        assert not [counter.column for counter in counters() if counter.drifted()]


class TestBanner:
    def test_links_the_notice_in_the_library_with_a_readable_date(self, client) -> None:
        take(told(), NOTICE)
        page = client.get(study().get_absolute_url()).content.decode()
        assert f'<a href="{study("102").get_absolute_url()}">Notice about the doubtful trial</a>' in page
        assert '<time datetime="2001-03-04">4 March 2001</time>' in page

    def test_links_the_doi_else_pubmed_while_the_notice_is_not_there(self, client) -> None:
        take(told())
        assert 'href="https://doi.org/10.9999/notice"' in client.get(study().get_absolute_url()).content.decode()
        take(replace(WORK, relations=(Relation("retracted_by", pmid="102"),)))
        assert 'href="https://pubmed.ncbi.nlm.nih.gov/102/"' in client.get(study().get_absolute_url()).content.decode()

    def test_shows_the_words_of_a_librarian_who_typed_no_date(self, client) -> None:
        take(WORK)
        set_standing(study(), Standing("concern", "<b>", "soon"), actor=None, reason="")
        assert client.get(study().get_absolute_url()).status_code == 200

    def test_of_the_notice_itself_is_none(self) -> None:
        take(told(), replace(NOTICE, relations=(Relation("retracts", pmid="101"),)))
        assert study("102").retraction == ""


class TestSimilar:
    def test_takes_retracted_works_in_when_asked(self, world) -> None:
        take(told())
        address = f"{study('103').get_absolute_url()}similar/"
        assert "The doubtful trial" not in world.get(address).content.decode()
        assert "The doubtful trial" in world.get(f"{address}?retracted=1").content.decode()


class TestTelling:
    def test_tells_followers_savers_and_talkers_once_for_a_change(self, world) -> None:
        follower, saver, bystander = make_member(), make_member(), make_member()
        following.follow(follower, study())
        following.follow(saver, study())
        keeping.save(saver, study())
        take(told())
        take(replace(told(), issue="7"))
        notices = Notification.objects.filter(kind="standing")
        assert sorted(notices.values_list("member__username", flat=True)) == sorted(
            [follower.username, saver.username, "talker_x"]
        )
        assert "Retracted, notice 10.9999/notice of 4 March 2001." in notices.first().words
        take(WORK)
        assert notices.filter(member=saver).count() == 2
        assert not notices.filter(member=bystander).exists()

    def test_says_nothing_where_only_the_notice_became_known_better(self, world) -> None:
        take(replace(WORK, retraction="retracted"), kind="openalex")
        keeping.save(make_member(), study())
        take(told())
        assert study().retraction_notice == "10.9999/notice"
        assert not Notification.objects.filter(kind="standing", member__username__startswith="reader").exists()

    def test_writes_one_line_of_history_for_a_change_and_none_for_none(self) -> None:
        take(told())
        settle([study().pk])
        take(told())
        [change] = study().changes.all()
        assert (change.kind, change.before["retraction"], change.after["retraction"]) == ("standing", "", "retracted")


class TestRelations:
    @pytest.mark.parametrize("kind", ["retracted_by", "corrected_by", "preprint_of", "commented_by", "companion"])
    def test_point_at_each_other_whichever_came_first(self, kind: str) -> None:
        seen = set()
        for order in permutations([replace(WORK, relations=(Relation(kind, pmid="102"),)), NOTICE]):
            Study.objects.all().delete()
            for record in order:
                take(record)
            [there], [back] = related_works(study()), related_works(study("102"))
            assert there.study == study("102") and back.study == study()
            seen.add((str(there.kind), str(back.kind)))
        assert seen == {(kind, OPPOSITES[kind])}

    def test_stand_once_when_both_ends_and_several_sources_state_them(self) -> None:
        take(replace(WORK, relations=(Relation("corrected_by", pmid="102"),)))
        take(replace(WORK, relations=(Relation("corrected_by", doi="10.9999/notice"),)), kind="crossref")
        take(replace(NOTICE, relations=(Relation("corrects", pmid="101"),)))
        assert [work.study for work in related_works(study())] == [study("102")]
        assert study().relations.count() == 2

    def test_keep_what_names_the_other_work_until_it_arrives_and_after_it_has_gone(self, client) -> None:
        take(replace(WORK, relations=(Relation("preprint_of", doi="10.9999/later", text="J Later. 2020"),)))
        assert "J Later. 2020" in client.get(study().get_absolute_url()).content.decode()
        take(StudyRecord("The published version", doi="10.9999/later", pmid="104"))
        assert "The published version</a>" in client.get(study().get_absolute_url()).content.decode()
        study("104").delete()
        assert "J Later. 2020" in client.get(study().get_absolute_url()).content.decode()

    def test_never_join_a_study_to_itself(self) -> None:
        take(replace(WORK, relations=(Relation("updates", doi="10.9999/work"),)))
        assert StudyRelation.objects.get().other is None


KINDS = ("retracted_by", "retracts", "concern_in", "concern_about", "corrected_by", "corrects", "has_preprint")
PMIDS = ("201", "202", "203", "204")


@st.composite
def libraries(draw):
    records = []
    for pmid in PMIDS:
        relations = draw(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(PMIDS)), max_size=3))
        cited = draw(st.lists(st.sampled_from(PMIDS), max_size=3))
        records.append(
            StudyRecord(
                f"Study {pmid}", pmid=pmid, doi=f"10.9999/{pmid}", retraction=draw(st.sampled_from(("", "", "retracted"))),
                relations=tuple(Relation(kind, pmid=other) for kind, other in relations),
                references=tuple(Reference(text="A work", pmid=other) for other in cited),
            )
        )  # fmt: skip
    return records, draw(st.permutations(range(len(PMIDS)))), draw(st.permutations(range(len(PMIDS))))


def state() -> tuple:
    studies = Study.objects.order_by("pmid").values_list(
        "pmid", "retraction", "retraction_notice", "retraction_date", "retracted_cites_count"
    )
    relations = StudyRelation.objects.order_by("study__pmid", "position")
    return list(studies), list(relations.values_list("study__pmid", "kind", "pmid", "other__pmid"))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(libraries())
def test_any_order_of_imports_gives_the_same_standing(db, library) -> None:
    records, one, other = library
    found = []
    for order in (one, other):
        Study.objects.all().delete()
        for place in order:
            take(records[place])
        found.append(state())
        assert not [counter.column for counter in counters() if counter.drifted()]
    assert found[0] == found[1]


def test_the_recount_finds_a_counter_that_is_off() -> None:
    take(told(), CITING)
    Study.objects.filter(pmid="103").update(retracted_cites_count=7)
    call_command("recount", "--mend", verbosity=0)
    assert study("103").retracted_cites_count == 1


def test_history_is_written_by_a_job_in_nobodys_name() -> None:
    take(told())
    assert StudyChange.objects.get().actor is None
