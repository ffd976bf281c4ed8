import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from common import recount
from common.models import Tag
from common.recount import Counter
from forum import polls, reactions
from forum.models import Comment, Post, ReactionKind
from moderation.reporting import report
from studies.models import Study, StudySuggestion
from tests.builders import cite, make_comment, make_member, make_moderator, make_post, make_study

CORRUPT = {
    "forum_post.score": "UPDATE forum_post SET score = score + 3",
    "forum_comment.score": "UPDATE forum_comment SET score = score + 3",
    "forum_post.comment_count": "UPDATE forum_post SET comment_count = comment_count + 2",
    "common_tag.use_count": "UPDATE common_tag SET use_count = use_count + 1",
    "studies_study.reference_count": "UPDATE studies_study SET reference_count = reference_count + 1",
    "studies_study.cites_count": "UPDATE studies_study SET cites_count = 7",
    "studies_study.retracted_cites_count": "UPDATE studies_study SET retracted_cites_count = 3",
    "studies_study.mention_count": "UPDATE studies_study SET mention_count = 5",
    "studies_mentionedwork.post_count": "UPDATE studies_mentionedwork SET post_count = 0",
    "studies_studysuggestion.ask_count": "UPDATE studies_studysuggestion SET ask_count = ask_count + 4",
    "forum_post.is_answered": "UPDATE forum_post SET is_answered = NOT is_answered",
    "forum_poll.voter_count": "UPDATE forum_poll SET voter_count = voter_count + 1",
    "forum_polloption.vote_count": "UPDATE forum_polloption SET vote_count = vote_count + 1",
    "accounts_member.moderates_categories": "UPDATE accounts_member SET moderates_categories = NOT moderates_categories",
    "accounts_member.sanctioned_until": "UPDATE accounts_member SET sanctioned_until = now()",
    "forum_reactioncount.count": "UPDATE forum_reactioncount SET count = count + 1",
    "forum_tagteller.posts": "DELETE FROM forum_tagteller",
    "forum_tagsum.members": "UPDATE forum_tagsum SET members = members + 1",
    "moderation_reputation.points": "UPDATE moderation_reputation SET points = points + 1",
    "moderation_reputation.public_points": "UPDATE moderation_reputation SET public_points = public_points - 1",
    "moderation_reputationentry.count": "UPDATE moderation_reputationentry SET day = day - 1",
    "moderation_case.report_count": "UPDATE moderation_case SET report_count = report_count + 2",
    "studies_study.cited_by_count": "UPDATE studies_study SET cited_by_count = 9",
}


def run(*arguments) -> str:
    out = StringIO()
    call_command("recount", *arguments, stdout=out)
    return out.getvalue()


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def lying(counter: str) -> Iterator[None]:
    """Within it this counter is wrong; afterwards all is as it was."""
    with transaction.atomic():
        sql(CORRUPT[counter])
        yield
        transaction.set_rollback(True)


@pytest.fixture
def community(db):
    """A little of everything that is counted, shown and not shown."""
    post, moderator = make_post(tags=["acne"]), make_moderator()
    top = make_comment(post)
    reply = make_comment(post, parent=top)
    make_comment(post).delete_by_author()
    make_comment(post).hide(moderator, "Rude.")
    for thing in (post, top, reply):
        thing.upvote(make_member())
    make_post(tags=["acne", "lupus"]).hide(moderator, "Rude.")
    make_post(tags=["acne"]).delete_by_author()
    cited = make_study(tags=["acne"])
    cite(make_study(), cited)
    make_post(body=f"doi:{cited.doi}")
    StudySuggestion.ask("doi", "10.1000/asked", make_member())
    polls.set_terms(post, polls.Terms(("Foam", "Lotion")))
    polls.vote(post.poll, make_member(), [post.poll.options.first().pk])
    report(post, "post", make_member(), "spam")
    reactions.react(post, ReactionKind.objects.create(name="Helped me"), make_member())


@pytest.mark.usefixtures("community")
class TestRecount:
    def test_finds_nothing_where_nothing_drifted(self):
        assert "counters agree with their rows" in run()

    def test_knows_every_stored_counter(self):
        assert {f"{counter.table}.{counter.column}" for counter in recount.counters()} == set(CORRUPT)

    def test_finds_each_counter_that_lies_and_fails(self):
        for counter in CORRUPT:
            with lying(counter):
                with pytest.raises(CommandError, match="Run again with --mend") as failed:
                    run()
                assert failed.value.returncode == 1, counter

    def test_mends_it_and_only_it(self):
        before = {model: list(model.objects.order_by("pk").values()) for model in (Post, Comment, Study, Tag)}
        for counter in CORRUPT:
            with lying(counter):
                said = run("--mend")
                assert f"{counter}: " in said
                assert "All mended." in said
                assert said.count("\n") == 2
                for model, rows in before.items():
                    assert list(model.objects.order_by("pk").values()) == rows, counter
                assert "counters agree" in run()

    def test_takes_longer_than_a_page_may(self):
        slow = Counter("forum_post", "score", "SELECT t.score FROM pg_sleep(0.1)")
        with transaction.atomic():
            sql("SET LOCAL statement_timeout = 50")
            assert slow.drifted() == 0
        with transaction.atomic():
            sql("SET LOCAL statement_timeout = 50")
            assert slow.mend() == 0
        with transaction.atomic():
            sql("SET LOCAL statement_timeout = 50")
            with pytest.raises(OperationalError), transaction.atomic():
                sql("SELECT pg_sleep(0.1)")


@pytest.mark.django_db(transaction=True)
def test_mends_while_a_member_is_voting():
    post, member = make_post(), make_member()
    Post.objects.update(score=5)
    (counter,) = (
        counter for counter in recount.counters() if (counter.table, counter.column) == ("forum_post", "score")
    )
    mended = threading.Thread(target=lambda: (counter.mend(), connection.close()))
    with transaction.atomic():
        post.upvote(member)
        mended.start()
        mended.join(0.3)
        assert mended.is_alive()
    mended.join()
    assert Post.objects.get().score == 1
    assert counter.drifted() == 0
