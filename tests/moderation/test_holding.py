"""First words and links to new sites wait for a moderator: written, kept, untold, and then as if written at that moment."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import copying
from accounts.models import Member
from common.models import Tag
from common.recount import counters
from forum import holding, visits
from forum.models import CategoryModerator, Comment, Post, Visit
from moderation import acting
from moderation.acting import NothingToDo
from moderation.holding import domains_in
from moderation.models import Action, Held, Trust
from notices.following import follow
from notices.models import Notification
from studies.models import Mention
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post, make_study, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def held(settings) -> None:
    settings.HOLD_FIRST, settings.HOLD_DOMAINS_BELOW = 2, 2


@pytest.fixture
def moderator() -> Member:
    return make_moderator()


def known(level: int = 1, name: str = "") -> Member:
    member = make_member(name)
    Trust.objects.create(member=member, level=level)
    return member


def do(verb: str, thing, moderator, reason: str = "Because", **values) -> Action:
    kind = acting.moderable_of(thing)
    chosen = kind.verb(verb)
    return acting.act(chosen, kind.rows().get(pk=thing.pk), moderator, reason, **values)


def fresh(thing):
    return type(thing).objects.get(pk=thing.pk)


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.filter(is_withdrawn=False, count__gt=0).exclude(key__startswith="action:")
    return sorted(rows.values_list("member__username", "kind"))


def send_post(client: Client, shelf, **more):
    fields = {"category": shelf.slug, "title": "My first question", "body": "How long?", "tags": "acne"} | more
    return client.post(reverse("forum:post_new"), fields)


def all_counts_true() -> bool:
    return not any(counter.drifted() for counter in counters())


def test_a_first_post_is_kept_and_seen_by_its_author_and_moderators_alone(moderator: Member) -> None:
    shelf, newcomer = make_category("skin"), make_member("newcomer")
    client = signed_in(newcomer)
    answer = send_post(client, shelf)
    post = Post.objects.get()
    assert answer.status_code == 302 and post.is_waiting and post.is_hidden
    assert "waits for a moderator" in client.get(post.get_absolute_url()).content.decode()
    assert "How long?" in signed_in(moderator).get(post.get_absolute_url()).content.decode()
    for other in (Client(), signed_in(make_member())):
        assert other.get(post.get_absolute_url()).status_code == 404
        for page in (
            "/community/?sort=new",
            shelf.get_absolute_url(),
            "/search/?q=question",
            newcomer.get_absolute_url(),
        ):
            assert "My first question" not in other.get(page).content.decode()
    assert Tag.objects.get(name="acne").use_count == 0 and all_counts_true()


def test_it_tells_nobody_until_it_is_let_through_and_then_each_once(moderator: Member) -> None:
    shelf, newcomer = make_category("skin"), make_member("newcomer")
    follower, called = make_member("follower"), make_member("called")
    follow(follower, newcomer)
    study = make_study("Trial", doi="10.1000/known")
    post = make_post(author=newcomer, category=shelf, body="@called see doi:10.1000/known", tags=["acne"])
    study.refresh_from_db()
    assert told() == [] and study.mention_count == 0 and not Mention.objects.filter(in_sight=True).exists()
    old = timezone.now() - timedelta(days=3)
    Post.objects.filter(pk=post.pk).update(posted_at=old)
    action = do("approve", post, moderator)
    now, study = fresh(post), type(study).objects.get(pk=study.pk)
    assert now.is_shown and not now.is_waiting and now.posted_at > old + timedelta(days=2)
    assert ("called", "mention") in told() and ("follower", "new_posts") in told() and study.mention_count == 1
    before = told()
    assert Notification.objects.filter(member=newcomer, words__contains="let through").count() == 1
    assert Tag.objects.get(name="acne").use_count == 1 and all_counts_true()
    acting.undo(action, moderator, "Not yet")
    back = fresh(post)
    assert back.is_waiting and back.is_hidden and back.posted_at == old and all_counts_true()
    assert ("called", "mention") not in told() and Held.objects.get().is_waiting
    do("approve", post, moderator)
    assert told() == before and Held.objects.get().state == "approved"
    assert {called.pk, follower.pk} <= set(Notification.objects.values_list("member", flat=True))


def test_a_waiting_comment_counts_nowhere_and_moves_nothing(moderator: Member) -> None:
    asker, newcomer = make_member("asker"), make_member("newcomer")
    post = make_post(author=asker, posted_at=timezone.now() - timedelta(days=9))
    active = fresh(post).last_active_at
    client = signed_in(newcomer)
    client.post(reverse("forum:comment_new", args=[post.pk]), {"body": "A year, for me."})
    comment = Comment.objects.get()
    assert comment.is_waiting and fresh(post).comment_count == 0 and fresh(post).last_active_at == active and not told()
    assert "A year, for me." in client.get(post.get_absolute_url()).content.decode()
    assert "A year" not in signed_in(asker).get(post.get_absolute_url()).content.decode()
    assert "A year" not in Client().get(reverse("forum:post_feed", args=[post.pk, post.slug])).content.decode()
    do("approve", comment, moderator)
    assert fresh(post).comment_count == 1 and fresh(post).last_active_at > active
    assert told() == [("asker", "reply")] and all_counts_true()
    assert "A year" in Client().get(post.get_absolute_url()).content.decode()


def test_a_comment_let_through_is_new_to_who_looked_while_it_waited(moderator: Member) -> None:
    reader, newcomer = make_member("reader_one"), make_member("newcomer")
    asker = known(name="asker")
    post = make_post(author=asker)
    follow(reader, post)
    waiting = make_comment(post, author=newcomer, body="A year, for me.")
    later = make_comment(post, author=asker, body="Anybody?")
    client, marker = signed_in(reader), signed_in(other := make_member())
    for each in (client, marker):
        each.get(post.get_absolute_url())
    Visit.objects.update(visited_at=timezone.now() - timedelta(hours=1))
    action = do("approve", waiting, moderator)
    assert [visits.news_of(each, post).first for each in (reader, other)] == [waiting.pk] * 2
    assert visits.news_of(newcomer, post) is None
    page = client.get(post.get_absolute_url()).content.decode()
    assert f'comment--new" id="comment-{waiting.pk}"' in page and f'comment--new" id="comment-{later.pk}"' not in page
    visits.mark_all(other, "all")
    assert visits.news_of(other, post).count == 0
    assert visits.news_of(reader, post).count == 0  # they have just looked
    newest = make_comment(post, author=asker)
    news = visits.news_of(reader, post)
    assert (news.count, news.first) == (1, newest.pk)
    told_once = Notification.objects.filter(member=reader, gathered__contains=[waiting.pk])
    acting.undo(action, moderator, "Not yet")
    do("approve", waiting, moderator)
    assert told_once.count() == 1 and told_once.get().gathered.count(waiting.pk) == 1
    assert visits.news_of(reader, post).count == 2


def test_the_comment_in_place_says_that_it_waits() -> None:
    post = make_post(posted_at=timezone.now())
    client = signed_in(make_member())
    piece = client.post(
        reverse("forum:comment_new", args=[post.pk]), {"body": "Me too."}, headers={"HX-Request": "true"}
    )
    assert "waits for a moderator" in piece.content.decode() and "0 comments" in piece.content.decode()


def test_what_is_rejected_stays_out_of_sight_with_its_reason_and_can_be_taken_back(moderator: Member) -> None:
    newcomer = make_member("newcomer")
    post = make_post(author=newcomer)
    action = do("reject", post, moderator, "This sells something")
    assert fresh(post).is_hidden and not fresh(post).is_waiting and Held.objects.get().answer == "This sells something"
    heard = Notification.objects.get(member=newcomer)
    assert "This sells something" in heard.words and heard.url == post.get_absolute_url()
    page = signed_in(newcomer).get(post.get_absolute_url()).content.decode()
    assert "did not let this through" in page and "This sells something" in page and fresh(post).text.body in page
    for other in (Client(), signed_in(make_member())):
        assert other.get(post.get_absolute_url()).status_code == 404
    acting.undo(action, moderator, "It does not")
    assert fresh(post).is_waiting and Held.objects.get().is_waiting
    do("reject", post, moderator)
    # However it comes into sight at last, it tells then.
    do("unhide", post, moderator)
    assert fresh(post).is_shown and not fresh(post).is_rejected and Held.objects.get().told_at


def test_its_author_has_what_was_rejected_in_its_place_and_in_their_data(moderator: Member) -> None:
    newcomer, thread = make_member("newcomer"), make_post(posted_at=timezone.now())
    comment = make_comment(thread, author=newcomer, body="My rejected words")
    post = make_post(author=newcomer, masked=True, category=make_category(), body="Unnamed words")
    for thing in (comment, post):
        do("reject", thing, moderator, "Not for here")
    client = signed_in(newcomer)
    page = client.get(comment.get_absolute_url(), follow=True).content.decode()
    assert "My rejected words" in page and "The reason: Not for here" in page
    for other in (Client(), signed_in(make_member())):
        assert "rejected words" not in other.get(thread.get_absolute_url()).content.decode()
    copy = io.BytesIO()
    copying.write(newcomer, copy)
    with zipfile.ZipFile(copy) as files:
        said = {name: files.read(name).decode() for name in files.namelist()}
    assert "My rejected words" in said["comments.json"] and "Not for here" in said["waited.json"]
    assert "Unnamed words" in said["posts-without-your-name.json"]
    assert "Not for here" in said["waited-without-your-name.json"]
    assert client.post(reverse("forum:comment_delete", args=[comment.pk])).status_code == 302
    assert not fresh(comment).is_rejected and all_counts_true()


def test_a_waiting_thing_that_is_shown_by_another_verb_waits_no_more(moderator: Member) -> None:
    comment = make_comment(make_post(posted_at=timezone.now()))
    comment.unhide(moderator, "Fine")
    assert fresh(comment).is_shown and not fresh(comment).is_waiting and Held.objects.get().state == "approved"
    with pytest.raises(NothingToDo):
        do("approve", comment, moderator)
    assert all_counts_true()


def test_so_many_wait_until_so_many_were_let_through(moderator: Member) -> None:
    newcomer, shelf = make_member(), make_category()
    posts = [make_post(author=newcomer, category=shelf) for _ in range(3)]
    assert all(post.is_waiting for post in posts)
    do("approve", posts[0], moderator)
    assert make_comment(make_post(posted_at=timezone.now()), author=newcomer).is_waiting
    do("approve", posts[1], moderator)
    assert not make_post(author=newcomer, category=shelf).is_waiting
    assert make_post(author=make_member(), category=shelf, masked=True).is_waiting


@pytest.mark.parametrize(("level", "waits"), [(0, True), (1, False), (4, False)])
def test_trust_passes(level: int, waits: bool) -> None:
    assert make_post(author=known(level)).is_waiting is waits
    assert not make_post(author=make_moderator()).is_waiting


def test_under_a_pseudonym_nobody_learns_who_waits(moderator: Member) -> None:
    newcomer = make_member("quietly")
    post = make_post(author=newcomer, category=make_category(), masked=True)
    assert post.is_waiting and Held.objects.get().author is None
    page = (
        signed_in(moderator).get(reverse("admin:moderation_held_change", args=[Held.objects.get().pk])).content.decode()
    )
    assert "quietly" not in page and "posted without a name" in page
    assert "waits for a moderator" in signed_in(newcomer).get(post.get_absolute_url()).content.decode()


def test_links_to_sites_that_are_new_here_wait(moderator: Member) -> None:
    regular = known(1)
    make_post(author=known(2), body="See https://www.known.example.org/page")
    assert not make_post(author=regular, body="Also https://known.example.org/other").is_waiting
    assert not make_post(
        author=regular, body="https://doi.org/10.1000/1 and https://pubmed.ncbi.nlm.nih.gov/1/"
    ).is_waiting
    first = make_post(author=regular, body="[Buy](https://pills.example.com/now)")
    assert first.is_waiting and Held.objects.get().said == "pills.example.com"
    # What waits itself makes no site known.
    assert make_post(author=regular, body="https://pills.example.com/").is_waiting
    do("approve", first, moderator)
    assert not make_post(author=regular, body="https://pills.example.com/x").is_waiting
    for hostile in (
        "https://a'b.example/",
        "http://:80/",
        "https://xn--e1afmkfd.example/ https://пример.example/",
        "http://[::1]/",
    ):
        make_post(author=regular, body=hostile)


def test_its_author_can_delete_it_and_it_leaves_the_queue() -> None:
    newcomer = make_member()
    post, comment = make_post(author=newcomer), make_comment(make_post(posted_at=timezone.now()), author=newcomer)
    client = signed_in(newcomer)
    assert client.post(reverse("forum:post_delete", args=[post.pk])).status_code == 302
    assert client.post(reverse("forum:comment_delete", args=[comment.pk])).status_code == 302
    assert not Held.objects.filter(state="waiting").exists() and not Post.objects.filter(is_waiting=True).exists()
    assert all_counts_true()


def test_sent_twice_it_waits_once() -> None:
    newcomer, shelf = make_member(), make_category("skin")
    client, token = signed_in(newcomer), "0d9f9f0e-6f0d-4a5b-9d0e-1f2e3d4c5b6a"
    for _ in range(2):
        send_post(client, shelf, token=token)
    assert Post.objects.count() == 1 and Held.objects.count() == 1


# ── The desk ─────────────────────────────────────────────────────────────────────────────────────


def test_the_queue_is_worked_through_from_the_desk(moderator: Member) -> None:
    first, second = make_post(title="One of two", author=make_member("firstone")), make_post(title="Two of two")
    desk = signed_in(moderator)
    assert "Waiting posts and comments" in desk.get("/admin/").content.decode()
    listed = desk.get(reverse("admin:moderation_held_changelist")).content.decode()
    assert "One of two" in listed and "First words" in listed and "firstone" in listed
    one, two = Held.objects.order_by("pk")
    page = desk.get(reverse("admin:moderation_held_change", args=[one.pk])).content.decode()
    assert "One of two" in page and 'accesskey="g"' in page
    answer = desk.post(reverse("admin:moderation_held_act", args=[one.pk, "approve"]))
    assert answer.url == reverse("admin:moderation_held_change", args=[two.pk]) and fresh(first).is_shown
    desk.post(reverse("admin:moderation_held_act", args=[two.pk, "reject"]))
    assert fresh(second).is_waiting  # a rejection has a reason
    desk.post(reverse("admin:moderation_held_act", args=[two.pk, "reject"]), {"reason": "Spam"})
    assert not fresh(second).is_waiting and fresh(second).is_hidden
    assert desk.get(reverse("admin:moderation_held_act", args=[two.pk, "reject"])).status_code == 405


def test_many_are_decided_at_once_and_taken_back_at_once(moderator: Member) -> None:
    make_post(), make_comment(make_post(posted_at=timezone.now()))
    desk, address = signed_in(moderator), reverse("admin:moderation_held_changelist")
    chosen = {"action": "approve", "_selected_action": list(Held.objects.values_list("pk", flat=True))}
    desk.post(address, chosen)
    assert Held.objects.filter(state="approved").count() == 2
    batch = Action.objects.values_list("batch", flat=True).distinct().get()
    actions = {"action": "undo", "_selected_action": list(Action.objects.values_list("pk", flat=True)), "reason": "Oh"}
    desk.post(f"{reverse('admin:moderation_action_changelist')}?batch={batch}", actions)
    assert Held.objects.filter(state="waiting").count() == 2
    assert "Reason" in desk.post(address, chosen | {"action": "reject"}).content.decode()
    desk.post(address, chosen | {"action": "reject", "apply": "1", "reason": "Spam"})
    assert Held.objects.filter(state="rejected").count() == 2


def test_the_list_costs_the_same_for_one_and_for_many(moderator: Member, django_assert_max_num_queries) -> None:
    desk, address = signed_in(moderator), reverse("admin:moderation_held_changelist")
    thread = make_post(posted_at=timezone.now())
    costs = []
    for _ in range(2):
        for _ in range(6):
            make_post(), make_comment(thread)
        with django_assert_max_num_queries(90) as asked:
            desk.get(address)
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_nobody_else_decides(moderator: Member) -> None:
    post = make_post(author=make_member("newcomer"))
    pk = Held.objects.get().pk
    for who in (Client(), signed_in(post.author), signed_in(make_member())):
        assert who.post(reverse("admin:moderation_held_act", args=[pk, "approve"])).status_code in (302, 403)
        assert who.get(reverse("admin:moderation_held_changelist")).status_code == 302
        assert who.post(
            reverse("moderation:act", args=["post", post.pk, "approve"]), {"reason": "Mine"}
        ).status_code in (302, 403)
    elsewhere = make_member()
    CategoryModerator.objects.create(category=make_category(), member=elsewhere)
    assert signed_in(fresh_member(elsewhere)).post(reverse("moderation:act", args=["post", post.pk, "approve"]), {"reason": "x"}).status_code == 403  # fmt: skip
    assert fresh(post).is_waiting
    here = make_member()
    CategoryModerator.objects.create(category=post.category, member=here)
    signed_in(fresh_member(here)).post(reverse("moderation:act", args=["post", post.pk, "approve"]), {"reason": "x"})
    assert fresh(post).is_shown


def fresh_member(member: Member) -> Member:
    return Member.objects.get(pk=member.pk)


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_let_it_through_once(moderator: Member) -> None:
    asker, other = make_member("asker"), make_moderator()
    comment = make_comment(make_post(author=asker, posted_at=timezone.now()))
    barrier, done = Barrier(2), []

    def approve(who: Member) -> None:
        try:
            barrier.wait()
            done.append(holding.approve(Comment.objects.get(pk=comment.pk), who, "Fine"))
        finally:
            connection.close()

    threads = [Thread(target=approve, args=[who]) for who in (moderator, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(action is not None for action in done) == 1 and Action.objects.filter(action="approve").count() == 1
    assert told() == [("asker", "reply")] and fresh(comment.post).comment_count == 1
    assert Notification.objects.filter(member=comment.author, kind="moderated").count() == 1


def test_domains_are_read_as_browsers_do() -> None:
    html = '<a href="https://WWW.Example.org/a">x</a><a href="http://u@b.example:8080?q">y</a><a href="https://doi.org/1" class="work">z</a>'
    assert domains_in(html) == ["example.org", "b.example:8080"]
