"""Many at once: real threads with connections of their own, transactions that commit, and then the counters recounted."""

from __future__ import annotations

import contextlib
import random
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models.member import MODERATORS
from common.models import Tag
from common.tags import set_tags
from forum import polls, solving
from forum.errors import Locked, StaleEdit
from forum.models import Comment, Poll, Post, PostTag, PostText, Solution
from notices.following import follow
from notices.models import Notification
from studies.arrivals import tell_of_new_studies
from studies.models import ReadingList, SavedStudy, Study, StudyTag
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post, make_study, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 12


def at_once(jobs: Iterable[Callable[[], object]], workers: int = AT_ONCE) -> list:
    """Run all jobs, so many of them at the same moment; gives what each gave, in order. Raises what any raised."""
    jobs = list(jobs)
    together = Barrier(min(workers, len(jobs)))

    def run(number: int, job: Callable[[], object]) -> object:
        try:
            if number < together.parties:
                together.wait(60)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return [future.result() for future in [pool.submit(run, *numbered) for numbered in enumerate(jobs)]]


@pytest.fixture(autouse=True)
def _keeps_its_promises(django_db_setup, transactional_db):
    """After each of these tests no transaction has been given up as a deadlock, and no counter lies."""
    # Emptying the tables took the group with it that a migration had made.
    Group.objects.get_or_create(name=MODERATORS)
    before = deadlocks()
    yield
    assert deadlocks() == before
    call_command("recount", stdout=StringIO())


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_clear_snapshot(), deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return cursor.fetchone()[1]


def test_forty_presses_of_discuss_make_one_thread():
    study = make_study("Pressed by many", tags=["acne", "lupus"], tldr="It helps.")
    clients = [signed_in(make_member()) for _ in range(40)]
    answers = at_once((lambda client=client: client.post(f"{study.get_absolute_url()}discuss/")) for client in clients)
    thread = Post.objects.get()
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, thread.get_absolute_url())}
    assert Study.objects.get().discussion == thread
    assert set(Tag.objects.values_list("use_count", flat=True)) == {2}


@pytest.mark.parametrize("kind", ["posts", "comments"])
def test_two_hundred_presses_by_forty_members_leave_the_score_at_the_votes(kind):
    thing = make_post() if kind == "posts" else make_comment()
    clients = [signed_in(make_member()) for _ in range(40)]
    words = random.Random(7)
    presses = [(client, words.choice(["upvote", "upvote", "withdraw"])) for client in clients for _ in range(4)]
    words.shuffle(presses)
    presses += [(client, "upvote") for client in clients[:20]] + [(client, "withdraw") for client in clients[20:]]
    answers = at_once(
        (lambda client=client, verb=verb: client.post(f"/{kind}/{thing.pk}/{verb}/")) for client, verb in presses
    )
    assert {answer.status_code for answer in answers} == {302}
    thing.refresh_from_db()
    assert thing.score == thing.votes.count()
    assert len(answers) == 200


def test_votes_in_a_poll_by_forty_members_who_change_their_minds_equal_the_ballots():
    post = make_post()
    polls.set_terms(post, polls.Terms(("Yes", "No", "Perhaps"), is_multiple=True))
    options = list(post.poll.options.values_list("pk", flat=True))
    words, clients = random.Random(3), [signed_in(make_member()) for _ in range(20)]
    sent = [(client, words.sample(options, words.randint(1, 3))) for client in clients for _ in range(3)]
    sent += [(client, chosen) for client, chosen in sent[:20]]
    words.shuffle(sent)
    answers = at_once(
        (lambda client=client, chosen=chosen: client.post(f"/posts/{post.pk}/poll/vote/", {"option": chosen}))
        for client, chosen in sent
    )
    assert {answer.status_code for answer in answers} == {302}
    poll = Poll.objects.get()
    assert poll.voter_count == poll.ballots.count() == 20


def test_one_answer_stands_when_an_author_and_moderators_mark_several_at_once_and_one_is_hidden():
    post, moderator = make_post(), make_moderator()
    comments = [make_comment(post) for _ in range(6)]
    jobs = [lambda comment=comment: solving.mark(comment, post.author) for comment in comments * 3]
    jobs += [lambda comment=comment: solving.withdraw(comment, post.author) for comment in comments]
    jobs += [lambda: Comment.objects.get(pk=comments[0].pk).hide(moderator, "Rude")]

    def run(job: Callable[[], object]) -> None:
        with contextlib.suppress(Locked):
            job()

    at_once((lambda job=job: run(job)) for job in jobs)
    assert Solution.objects.count() <= 1
    post.refresh_from_db()
    assert post.is_answered == Solution.objects.filter(comment__is_hidden=False).exists()


def test_on_off_on_by_twenty_members_leaves_twenty():
    post = make_post()
    clients = [signed_in(make_member()) for _ in range(20)]

    def press(client: Client) -> None:
        for verb in ("upvote", "upvote", "withdraw", "withdraw", "upvote", "upvote"):
            assert client.post(f"/posts/{post.pk}/{verb}/").status_code == 302

    at_once((lambda client=client: press(client)) for client in clients)
    post.refresh_from_db()
    assert post.score == post.votes.count() == 20


def test_the_same_vote_from_twelve_windows_counts_once():
    post, member = make_post(), make_member()
    at_once((lambda: Post.objects.get(pk=post.pk).upvote(member)) for _ in range(AT_ONCE))
    post.refresh_from_db()
    assert post.score == 1
    at_once((lambda: Post.objects.get(pk=post.pk).withdraw(member)) for _ in range(AT_ONCE))
    post.refresh_from_db()
    assert post.score == 0


def test_twelve_sendings_of_one_post_are_one_post():
    member, shelf = make_member(), make_category()
    form = {
        "title": "Once",
        "body": "Only once.",
        "category": shelf.slug,
        "tags": "acne, lupus",
        "token": str(uuid.uuid4()),
    }
    clients = [signed_in(member) for _ in range(AT_ONCE)]
    answers = at_once((lambda client=client: client.post("/community/new/", form)) for client in clients)
    post = Post.objects.get()
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, post.get_absolute_url())}
    assert PostText.objects.count() == 1
    assert set(Tag.objects.values_list("use_count", flat=True)) == {1}


def test_twelve_sendings_of_one_comment_are_one_comment():
    member, post = make_member(), make_post()
    form = {"body": "Only once.", "token": str(uuid.uuid4())}
    clients = [signed_in(member) for _ in range(AT_ONCE)]
    answers = at_once((lambda client=client: client.post(f"/posts/{post.pk}/comment/", form)) for client in clients)
    assert len({answer["Location"] for answer in answers}) == 1
    assert Comment.objects.count() == Post.objects.get().comment_count == 1


def test_twelve_members_who_add_and_delete_comments_leave_the_count_right():
    post = make_post()
    clients = [signed_in(make_member()) for _ in range(12)]

    def write_and_delete(client: Client) -> None:
        for number in range(4):
            answer = client.post(f"/posts/{post.pk}/comment/", {"body": f"Number {number}", "token": str(uuid.uuid4())})
            assert answer.status_code == 302
            if number % 2:
                twice = [client.post(f"{answer['Location']}delete/").status_code for _ in range(2)]
                assert twice == [302, 404]

    at_once((lambda client=client: write_and_delete(client)) for client in clients)
    shown = post.comments.filter(deleted_at__isnull=True).count()
    assert Post.objects.get().comment_count == shown == 24
    assert post.comments.count() == 48


def test_one_comment_deleted_hidden_and_shown_again_at_once_is_counted_right():
    post, moderator = make_post(), make_member(is_staff=True)
    for _ in range(4):
        comment = make_comment(post)
        held = [Comment.objects.get(pk=comment.pk) for _ in range(8)]
        verbs = [lambda held=held: held[0].delete_by_author(), lambda held=held: held[1].delete_by_author()]
        verbs += [lambda held=held, at=at: held[at].hide(moderator, "Rude.") for at in (2, 3, 4)]
        verbs += [lambda held=held, at=at: held[at].unhide(moderator, "Not rude.") for at in (5, 6, 7)]
        at_once(verbs)
    shown = post.comments.filter(deleted_at__isnull=True, is_hidden=False).count()
    assert Post.objects.get().comment_count == shown


def test_of_edits_at_once_one_wins_and_the_others_are_told():
    post = make_post(title="As it was", body="As it was", tags=["acne"])
    clients = [signed_in(post.author) for _ in range(8)]

    def save(number: int) -> tuple[int, str]:
        form = {"title": f"Title {number}", "body": f"Text {number}.", "category": post.category.slug, "version": 1}
        answer = clients[number].post(f"/posts/{post.pk}/edit/", form | {"tags": f"acne, tag {number}"})
        return answer.status_code, answer.text

    answers = at_once((lambda number=number: save(number)) for number in range(8))
    assert sorted(status for status, _ in answers) == [302] + [409] * 7
    (winner,) = (number for number, (status, _) in enumerate(answers) if status == 302)
    saved = Post.objects.get()
    assert (saved.title, saved.text.title, saved.text.body, saved.version) == (f"Title {winner}",) * 2 + (
        f"Text {winner}.",
        2,
    )
    assert sorted(tag.name for tag in saved.tags.all()) == ["acne", f"tag {winner}"]
    for number, (status, page) in enumerate(answers):
        if status == 409:
            assert f"Text {number}." in page
            assert f"Text {winner}." in page


def test_of_edits_of_a_comment_at_once_one_wins():
    comment = make_comment()
    clients = [signed_in(comment.author) for _ in range(8)]
    answers = at_once(
        (
            lambda number=number: clients[number].post(
                f"/comments/{comment.pk}/edit/", {"body": f"Text {number}", "version": 1}
            )
        )
        for number in range(8)
    )
    assert sorted(answer.status_code for answer in answers) == [302] + [409] * 7
    assert Comment.objects.get().version == 2


def test_many_who_first_use_the_same_new_tags_in_any_order_share_them():
    names = [f"new word {number}" for number in range(6)]
    posts = [make_post() for _ in range(AT_ONCE)]
    orders = [random.Random(number).sample(names, 6) for number in range(AT_ONCE)]
    at_once(
        (lambda post=post, order=order: set_tags(post, PostTag, order))
        for post, order in zip(posts, orders, strict=True)
    )
    assert dict(Tag.objects.values_list("name", "use_count")) == dict.fromkeys(names, AT_ONCE)


def test_the_same_thing_tagged_by_many_at_once_carries_one_set():
    study = make_study()
    sets = [["acne", "lupus"], ["acne"], ["lupus", "hair"], []] * 3
    at_once((lambda names=names: set_tags(Study.objects.get(pk=study.pk), StudyTag, names)) for names in sets)
    carried = sorted(tag.name for tag in study.tags.all())
    assert carried in [sorted(names) for names in sets]


def test_everything_on_two_posts_at_once_ends_without_a_deadlock():
    """Votes, comments, edits, tags, hiding and locking cross each other on two posts and their comments."""
    posts = [make_post(tags=["acne", "lupus"]) for _ in range(2)]
    comments = [make_comment(post) for post in posts for _ in range(2)]
    members = [make_member() for _ in range(10)]
    moderator = make_member(is_staff=True)

    def act(seed: int) -> None:
        chance, member = random.Random(seed), members[seed % len(members)]
        for _ in range(10):
            post = Post.objects.get(pk=chance.choice(posts).pk)
            comment = Comment.objects.select_related("post").get(pk=chance.choice(comments).pk)
            chance.choice(
                [
                    lambda post=post: post.upvote(member),
                    lambda post=post: post.withdraw(member),
                    lambda comment=comment: comment.upvote(member),
                    lambda comment=comment: comment.withdraw(member),
                    lambda post=post, comment=comment: quietly(comment.post.add_comment, member, "Answer", parent=comment),
                    lambda post=post: quietly(
                        post.edit, category=post.category, title="x", body="x", version=post.version,
                        tags=chance.sample(["acne", "lupus", "hair", "skin"], 2),
                    ),
                    lambda comment=comment: quietly(comment.edit, body="x", version=comment.version),
                    lambda comment=comment: comment.hide(moderator, "Rude."),
                    lambda comment=comment: comment.unhide(moderator, "Not rude."),
                    lambda post=post: post.lock(moderator, "Settled."),
                    lambda post=post: post.unlock(moderator, "Open."),
                ]
            )()  # fmt: skip

    at_once((lambda seed=seed: act(seed)) for seed in range(10))
    for post in posts:
        post.refresh_from_db()
        assert post.comment_count == post.comments.filter(is_hidden=False, deleted_at__isnull=True).count()
        assert post.score == post.votes.count()


def quietly(verb: Callable, *arguments, **named) -> None:
    """Call a verb that others may have made impossible meanwhile."""
    with contextlib.suppress(Locked, StaleEdit):
        verb(*arguments, **named)


def test_a_reading_list_keeps_a_true_order_while_many_tabs_move_add_and_take_out():
    owner = make_member()
    list_ = ReadingList.start(owner, title="To read")
    entries = [list_.add(make_study()) for _ in range(8)]
    late = [make_study() for _ in range(4)]
    client = signed_in(owner)
    presses = [
        *(f"/lists/{list_.pk}/entries/{entry.pk}/move/" for entry in entries[2:] * 3),
        *(f"/lists/{list_.pk}/take-out/{entry.study_id}/" for entry in entries[:2] * 2),
        *(f"/lists/{list_.pk}/add/{study.pk}/" for study in late * 2),
    ]
    random.Random(3).shuffle(presses)
    answers = at_once(
        lambda at=at, press=press: client.post(press, {"to": str(1 + len(press) * at % 8)})
        for at, press in enumerate(presses)
    )
    assert {answer.status_code for answer in answers} <= {302, 404}  # an entry may be gone by now
    kept = list(list_.entries.order_by("position"))
    assert {entry.study_id for entry in kept} == {entry.study_id for entry in entries[2:]} | {
        study.pk for study in late
    }
    assert len({entry.position for entry in kept}) == len(kept) == 10


def test_saving_at_once_saves_once_and_starts_no_list_too_many(monkeypatch):
    member, study = make_member(), make_study()
    client = signed_in(member)
    monkeypatch.setattr("studies.models.reading_list.MOST_LISTS", 3)
    at_once(lambda: client.post(f"/saved/{study.pk}/save/") for _ in range(12))
    assert SavedStudy.objects.count() == 1
    answers = at_once(lambda: client.post("/lists/new/", {"title": "One of many"}) for _ in range(12))
    assert sorted(answer.status_code for answer in answers) == [302] * 3 + [422] * 9


def test_new_studies_are_told_of_once_however_many_workers_tell():
    reader = make_member()
    tag = make_study(tags=["minoxidil"]).tags.get()
    tell_of_new_studies()
    follow(reader, tag)
    for _ in range(30):
        make_study(tags=["minoxidil"])
    at_once(lambda: tell_of_new_studies(most=5) for _ in range(12))
    assert Notification.objects.get().words == "30 new studies under minoxidil"
