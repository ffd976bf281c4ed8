"""Mentions: what posts and comments name, and the studies they lead to, whatever is written, changed, hidden or imported."""

from __future__ import annotations

import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from common import recount
from forum.models import Post
from studies import mentions
from studies.importing.importing import import_records
from studies.importing.record import StudyRecord
from studies.models import Mention, MentionedWork, Study
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post, make_study


def mentioned(thing) -> list[str]:
    """What a post or comment mentions, in order."""
    where = {"post": thing, "comment": None} if isinstance(thing, Post) else {"comment": thing}
    return [
        str(mention.work) for mention in Mention.objects.filter(**where).order_by("position").select_related("work")
    ]


def edit(post, body):
    post.refresh_from_db()
    post.edit(category=post.category, title=post.title, body=body, version=post.version)


def proved() -> None:
    """The tables equal a full recomputation from the words, and the counters their rows."""
    assert list(mentions.differences(from_source=True)) == []
    for counter in recount.counters():
        if counter.column in ("mention_count", "post_count"):
            assert counter.drifted() == 0, counter


@pytest.mark.django_db
class TestAMention:
    def test_is_kept_for_each_work_that_a_post_names_once_and_in_order(self):
        post = make_post(body="PMID: 12, then 10.1234/abc, PMC999 and NCT01234567; PMID 12 again.")
        assert mentioned(post) == ["PMID 12", "doi:10.1234/abc", "PMC999", "NCT01234567"]

    def test_is_kept_for_comments_too(self):
        comment = make_comment(body="[this one](https://pubmed.ncbi.nlm.nih.gov/12/) and https://doi.org/10.1234/abc")
        assert mentioned(comment) == ["PMID 12", "doi:10.1234/abc"]
        assert mentioned(comment.post) == []

    def test_counts_in_quotes_but_not_in_code_nor_where_it_is_struck_out(self):
        post = make_post(
            body="> 10.1234/quoted\n\n`10.1234/code` ~~10.1234/struck~~\n\n    10.1234/block\n\n```\nPMID: 12\n```"
        )
        assert mentioned(post) == ["doi:10.1234/quoted"]

    def test_follows_an_edit(self):
        post = make_post(body="10.1234/a and 10.1234/b")
        edit(post, "10.1234/c before 10.1234/b")
        assert mentioned(post) == ["doi:10.1234/c", "doi:10.1234/b"]
        assert not MentionedWork.objects.filter(value="10.1234/a").exists()
        comment = make_comment(post, body="PMID: 12")
        comment.edit(body="Never mind.", version=comment.version)
        assert mentioned(comment) == []
        proved()

    def test_leads_to_the_study_by_any_of_its_identifiers(self):
        study = make_study(doi="10.1234/abc", pmid="12", pmcid="PMC999", registration="NCT01234567")
        for body in ("10.1234/ABC", "PMID 12", "PMC999", "NCT01234567"):
            make_post(body=body)
        assert set(MentionedWork.objects.values_list("study", flat=True)) == {study.pk}
        study.refresh_from_db()
        assert study.mention_count == 4

    def test_of_a_trial_that_several_studies_report_leads_to_the_first(self):
        first = make_study(registration="NCT01234567")
        make_study(registration="NCT01234567")
        make_post(body="NCT01234567")
        assert MentionedWork.objects.get().study == first

    def test_counts_a_post_once_however_often_it_and_its_comments_name_the_study(self):
        study = make_study(doi="10.1234/abc", pmid="12")
        post = make_post(body="10.1234/abc, PMID 12")
        make_comment(post, body="PMID 12")
        study.refresh_from_db()
        assert study.mention_count == 1
        proved()

    def test_of_a_study_that_is_not_here_is_wanted_until_it_arrives(self):
        post = make_post(body="doi:10.1234/abc")
        work = MentionedWork.objects.get()
        assert (work.study, work.post_count) == (None, 1)
        import_records([StudyRecord(title="It arrives", doi="10.1234/abc")], "crossref")
        study = Study.objects.get()
        work.refresh_from_db()
        assert (work.study, study.mention_count) == (study, 1)
        assert mentioned(post) == ["doi:10.1234/abc"]
        proved()

    def test_leads_to_a_study_that_gains_the_identifier(self):
        make_post(body="PMID: 12")
        import_records([StudyRecord(title="It is here", doi="10.1234/abc")], "crossref")
        assert MentionedWork.objects.get().study is None
        import_records([StudyRecord(title="It is here", doi="10.1234/abc", pmid="12")], "pubmed")
        assert MentionedWork.objects.get().study == Study.objects.get()
        proved()

    def test_goes_back_to_being_wanted_when_the_study_is_deleted(self):
        study = make_study(doi="10.1234/abc")
        make_post(body="10.1234/abc")
        study.delete()
        work = MentionedWork.objects.get()
        assert (work.study, work.post_count) == (None, 1)
        proved()

    def test_leads_to_the_study_that_another_was_merged_into(self):
        kept, gone = make_study(doi="10.1234/kept"), make_study(doi="10.1234/gone")
        make_post(body="10.1234/gone")
        make_post(body="10.1234/kept, 10.1234/gone")
        merging = pytest.importorskip("studies.merging")
        merging.merge(kept, gone, actor=None, reason="One work")
        kept.refresh_from_db()
        assert set(MentionedWork.objects.values_list("study", flat=True)) == {kept.pk}
        assert kept.mention_count == 2
        proved()

    def test_is_out_of_sight_with_its_words(self):
        study, moderator = make_study(doi="10.1234/abc"), make_moderator()
        post = make_post(body="Look below.")
        comment = make_comment(post, body="10.1234/abc")
        count = lambda: Study.objects.get(pk=study.pk).mention_count  # noqa: E731
        assert count() == 1
        comment.hide(moderator, "Rude.")
        assert count() == 0
        comment.unhide(moderator, "Not rude.")
        assert count() == 1
        post.hide(moderator, "Rude.")
        assert count() == 0
        post.unhide(moderator, "Not rude.")
        assert count() == 1
        comment.delete_by_author()
        assert count() == 0
        edit(post, "10.1234/abc")
        assert count() == 1
        post.delete_by_author()
        assert count() == 0
        proved()

    def test_stops_at_two_hundred_in_one_text(self):
        post = make_post(body="\n".join(f"10.1234/n{number}" for number in range(300)))
        assert Mention.objects.filter(post=post).count() == 200

    def test_is_undone_with_the_words_that_were_not_kept(self):
        with transaction.atomic():
            make_post(body="10.1234/abc")
            transaction.set_rollback(True)
        assert not MentionedWork.objects.exists()

    def test_costs_nothing_where_no_work_is_named(self):
        post, member = make_post(), make_member()
        with CaptureQueriesContext(connection) as queries:
            make_comment(post, author=member, body="No study in sight, 10.5/2 and 2020.")
        assert not [query for query in queries.captured_queries if "mention" in query["sql"]]


@pytest.mark.django_db
class TestCheckMentions:
    def test_finds_and_mends_whatever_differs(self):
        study = make_study(doi="10.1234/abc")
        post = make_post(body="10.1234/abc, PMID 12")
        other = make_post(body="Nothing.")
        call_command("check_mentions", "--render")
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM studies_mention WHERE position = 1")
            cursor.execute("UPDATE studies_mention SET in_sight = false")
            cursor.execute("UPDATE studies_mentionedwork SET study_id = NULL")
            cursor.execute(
                "INSERT INTO studies_mention (post_id, work_id, position, in_sight)"
                " SELECT %s, id, 1, true FROM studies_mentionedwork LIMIT 1",
                [other.pk],
            )
        with pytest.raises(CommandError, match="differ"):
            call_command("check_mentions")
        call_command("check_mentions", "--mend")
        assert mentioned(post) == ["doi:10.1234/abc", "PMID 12"]
        assert mentioned(other) == []
        study.refresh_from_db()
        assert study.mention_count == 1
        proved()


@pytest.mark.django_db(transaction=True)
class TestWrittenAtTheSameMoment:
    def test_a_post_and_the_import_of_its_study_find_each_other(self):
        """Neither sees the other while both are open; whichever is committed last looks again."""
        author, shelf = make_member(), make_category()
        arrived, written = threading.Event(), threading.Event()

        def arrive():
            try:
                with transaction.atomic():
                    import_records([StudyRecord(title="It arrives", doi="10.1234/abc")], "crossref")
                    arrived.set()
                    written.wait(60)
            finally:
                connection.close()

        importing = threading.Thread(target=arrive)
        importing.start()
        arrived.wait(60)
        make_post(author=author, category=shelf, body="10.1234/abc")
        assert MentionedWork.objects.get().study is None
        written.set()
        importing.join(60)
        assert MentionedWork.objects.get().study == Study.objects.get()
        proved()

    def test_they_do_so_whichever_is_committed_last(self):
        author, shelf = make_member(), make_category()

        def arrive():
            import_records([StudyRecord(title="It arrives", doi="10.1234/abc")], "crossref")
            connection.close()

        with transaction.atomic():
            make_post(author=author, category=shelf, body="10.1234/abc")
            importing = threading.Thread(target=arrive)
            importing.start()
            importing.join(60)
        assert MentionedWork.objects.get().study == Study.objects.get()
        proved()


BODIES = st.lists(
    st.sampled_from(
        [
            "10.1234/a",
            "https://doi.org/10.1234/b",
            "PMID: 12",
            "PMC999",
            "NCT01234567",
            "> 10.1234/a",
            "`10.1234/b`",
            "Words.",
        ]
    ),
    min_size=1,
    max_size=4,
).map("\n\n".join)
RECORDS = st.sampled_from(
    [
        {"doi": "10.1234/a", "title": "A study of something named a"},
        {"doi": "10.1234/a", "pmid": "12", "title": "A study of something named a"},
        {"doi": "10.1234/b", "title": "Quite another work about b", "registration": "NCT01234567"},
        {"pmcid": "PMC999", "title": "The third of the three works"},
        {"doi": "10.1234/b", "pmcid": "PMC999", "title": "Quite another work about b"},
    ]
)


class Community(RuleBasedStateMachine):
    """Members write, change and delete, moderators hide, studies come and go: the tables equal the texts throughout."""

    def __init__(self):
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.members = [make_member() for _ in range(3)]
        self.moderator, self.shelf = make_moderator(), make_category()
        self.posts, self.comments = [], []

    @rule(body=BODIES, who=st.integers(0, 2))
    def writes(self, body, who):
        self.posts.append(make_post(author=self.members[who], category=self.shelf, body=body))

    @rule(body=BODIES, who=st.integers(0, 2), which=st.integers(0, 50))
    def answers(self, body, who, which):
        post = self._one_of(self.posts, which)
        if post and post.is_shown:
            self.comments.append(make_comment(post, author=self.members[who], body=body))

    @rule(body=BODIES, which=st.integers(0, 50))
    def edits(self, body, which):
        thing = self._one_of([*self.posts, *self.comments], which)
        if thing and thing.is_shown and isinstance(thing, Post):
            edit(thing, body)
        elif thing and thing.is_shown and thing.post.is_shown:
            thing.edit(body=body, version=thing.version)

    @rule(which=st.integers(0, 50))
    def deletes(self, which):
        if thing := self._one_of([*self.posts, *self.comments], which):
            thing.delete_by_author()

    @rule(which=st.integers(0, 50), verb=st.sampled_from(["hide", "unhide"]))
    def moderates(self, which, verb):
        if thing := self._one_of([*self.posts, *self.comments], which):
            getattr(thing, verb)(self.moderator, "Because.")

    @rule(record=RECORDS)
    def imports(self, record):
        import_records([StudyRecord(**record)], "pubmed" if "pmid" in record else "crossref")

    @rule(which=st.integers(0, 50))
    def removes_a_study(self, which):
        if study := self._one_of(list(Study.objects.order_by("pk")), which):
            study.delete()

    @invariant()
    def agrees_with_a_full_recomputation(self):
        proved()

    def teardown(self):
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    def _one_of(self, things, which):
        if not things:
            return None
        thing = things[which % len(things)]
        thing.refresh_from_db()
        if not isinstance(thing, Post | Study):
            thing.post.refresh_from_db()
        return thing


@pytest.mark.django_db
def test_mentions_equal_a_full_recomputation_after_any_changes():
    run_state_machine_as_test(
        Community,
        settings=settings(
            max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
