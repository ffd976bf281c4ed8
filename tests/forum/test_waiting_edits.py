"""An edit that waits: everybody goes on reading the earlier words, and nothing shows the new ones before a moderator has."""

from __future__ import annotations

import io
import zipfile
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import copying
from accounts.models import Member
from common.personal import Choice
from forum import personal, pictures, polls, waiting_edits
from forum.errors import Locked
from forum.history import revisions_of
from forum.models import CategoryModerator, Comment, Draft, Post, PostText, Removal, WaitingEdit
from moderation import acting, spam_check
from moderation.acting import CannotDo, NothingToDo
from moderation.models import Action, Checked, Held
from notices.models import Notification
from tests.builders import make_category, make_comment, make_member, make_moderator, make_picture, make_post
from tests.moderation.test_holding import all_counts_true, do, fresh, known, signed_in, told
from tests.moderation.test_spam_check import CLEAN, SPAM, Service, service, work

__all__ = ["service"]
pytestmark = pytest.mark.django_db

EARLIER, NEW = "These are the earlier words.", "These are heliotrope words, https://pills.example.com/"


@pytest.fixture(autouse=True)
def held(settings) -> None:
    settings.HOLD_DOMAINS_BELOW = 2


@pytest.fixture
def moderator() -> Member:
    return make_moderator()


def a_post(author: Member | None = None, **more: Any) -> Post:
    return make_post(author=author or known(1), title="A question", body=EARLIER, **more)


def edit(post: Post, body: str = NEW, **more: Any) -> WaitingEdit | None:
    now = fresh(post)
    given = {"category": now.category, "title": now.title, "tags": [tag.name for tag in now.tags.all()]}
    return now.edit(**given | {"own_gist": now.own_gist, "version": now.version} | more, body=body)


def words(thing: Any) -> str:
    return fresh(thing).text.body


def seen(client: Client, thing: Any) -> str:
    return client.get(thing.get_absolute_url(), follow=True).content.decode()


# ── While it waits ───────────────────────────────────────────────────────────────────────────────


def test_everybody_reads_the_earlier_words_and_the_author_the_new_ones_too(moderator: Member) -> None:
    post = a_post(tags=["acne"])
    make_comment(post, body="An answer")
    client, others = signed_in(post.author), [Client(), signed_in(make_member())]
    fields = {
        "title": "A heliotrope question",
        "body": NEW,
        "tags": "zinc",
        "version": 1,
        "category": post.category.slug,
    }
    assert client.post(reverse("forum:post_edit", args=[post.pk]), fields).status_code == 302
    now = fresh(post)
    assert now.is_shown and now.title == "A question" and words(post) == EARLIER and now.edited_at is None
    assert [tag.name for tag in now.tags.all()] == ["acne"] and not revisions_of("post", now).exists()
    mine = seen(client, post)
    assert (
        "Your edit waits for a moderator" in mine and "heliotrope" in mine and EARLIER in mine and "An answer" in mine
    )
    assert "An edit by its author waits for you" in seen(signed_in(moderator), post)
    for other in others:
        for page in (
            post.get_absolute_url(), "/community/?sort=new", "/search/?q=heliotrope", "/search/?q=question", "/",
            f"/posts/{post.pk}/history/", "/community/feed.atom", post.author.get_absolute_url(), "/tags/zinc/",
        ):  # fmt: skip
            shown = other.get(page, follow=True).content.decode()
            assert "heliotrope words" not in shown and "heliotrope question" not in shown, page
        assert "An answer" in seen(other, post)
    assert Held.objects.get().is_waiting and all_counts_true()


def test_only_its_author_takes_it_back_and_a_barred_one_too(moderator: Member) -> None:
    comment = make_comment(a_post(), author=known(1), body=EARLIER)
    address = reverse("forum:comment_edit_withdraw", args=[comment.pk])
    comment.edit(body=NEW, version=1)
    for who, status in ((Client(), 302), (signed_in(make_member()), 403), (signed_in(moderator), 403)):
        assert who.post(address).status_code == status and WaitingEdit.objects.exists()
    client = signed_in(comment.author)
    assert "Take it back" in seen(client, comment)
    for _ in range(2):
        assert client.post(address).status_code == 302
    assert not WaitingEdit.objects.exists() and Held.objects.get().state == "withdrawn" and words(comment) == EARLIER
    assert "waits for a moderator" not in seen(client, comment)


@pytest.mark.parametrize("state", ["is_locked", "is_hidden"])
def test_none_waits_where_none_could_be_made(state: str) -> None:
    post = a_post()
    verdict: Any = None  # nobody comes so far
    comment = make_comment(post, author=post.author)
    Post.objects.filter(pk=post.pk).update(**{state: True})
    for thing in (post, comment):
        with pytest.raises(Locked):
            waiting_edits.let_wait(thing, verdict, version=1, reason="", body=NEW)
    assert not WaitingEdit.objects.exists()


def test_keeps_only_what_it_would_change(moderator: Member) -> None:
    post = a_post(tags=["acne"], own_gist="A gist")
    waiting = edit(post)
    assert waiting and (waiting.category, waiting.tags, waiting.own_gist) == (None, None, None)
    do("retag", post, moderator, tags=["rosacea"])
    do("approve-edit", post, moderator)
    assert words(post) == NEW and [tag.name for tag in fresh(post).tags.all()] == ["rosacea"]


def test_its_author_goes_on_writing_where_they_were_and_older_tabs_are_told(moderator: Member) -> None:
    post = a_post()
    client, address = signed_in(post.author), reverse("forum:post_edit", args=[post.pk])
    fields = {"title": "A question", "body": NEW, "version": 1, "category": post.category.slug}
    client.post(address, fields)
    page = client.get(address).content.decode()
    assert "heliotrope" in page and 'name="version" value="2"' in page
    for body in ("From another tab", "From another tab, see https://other.example.com/"):
        late = client.post(address, fields | {"body": body})
        assert late.status_code == 409 and "heliotrope" in late.content.decode() and body in late.content.decode()
        assert WaitingEdit.objects.get().body == NEW
    client.post(address, fields | {"body": f"{NEW} again", "version": 2})
    assert WaitingEdit.objects.get().body == f"{NEW} again" and Held.objects.count() == 1
    # Without what made it wait it is made at once, and nothing waits any more.
    client.post(address, fields | {"body": "Better words", "version": 3})
    assert words(post) == "Better words" and not WaitingEdit.objects.exists()
    assert Held.objects.get().state == "withdrawn"


def test_nobody_is_told_and_nothing_is_called_before_it_is_let_through(moderator: Member) -> None:
    called, gone = make_member("called_one"), make_member("gone_one")
    post = a_post()
    comment = make_comment(post, author=known(1), body=f"{EARLIER} @gone_one")
    comment.edit(body=f"{NEW} @called_one", version=1)
    assert ("called_one", "mention") not in told() and ("gone_one", "mention") in told()
    do("approve-edit", comment, moderator, **{})
    assert ("called_one", "mention") in told() and ("gone_one", "mention") not in told()
    assert called.pk != gone.pk


# ── What moderators do ───────────────────────────────────────────────────────────────────────────


def test_let_through_it_is_an_edit_like_any_other_and_told_to_its_author(moderator: Member) -> None:
    shelf, post = make_category("other"), a_post(tags=["acne"], own_gist="Earlier gist")
    edit(post, title="Another title", category=shelf, tags=["zinc"], own_gist="New gist", reason="Clearer")
    action = do("approve-edit", post, moderator, "Fine")
    now = fresh(post)
    assert (now.title, words(post), now.category, now.own_gist) == ("Another title", NEW, shelf, "New gist")
    assert [tag.name for tag in now.tags.all()] == ["zinc"] and now.text.edit_reason == "Clearer" and now.edited_at
    assert [old.body for old in revisions_of("post", now)] == [EARLIER] and Held.objects.get().state == "approved"
    heard = Notification.objects.get(member=post.author_id, words__contains="let through your edit of")
    assert heard.url == now.get_absolute_url() and all_counts_true()
    with pytest.raises(NothingToDo):
        do("approve-edit", post, moderator)
    # Taken back, all of it waits again, and no history tells the words.
    acting.undo(action, moderator, "Not yet")
    now = fresh(post)
    assert (now.title, words(post), now.category, now.own_gist) == (
        "A question", EARLIER, post.category, "Earlier gist"
    )  # fmt: skip
    assert [tag.name for tag in now.tags.all()] == ["acne"] and not revisions_of("post", now).exists()
    assert Held.objects.get().is_waiting and now.edited_at is None and all_counts_true()
    assert "domain" in Held.objects.get().why
    do("approve-edit", post, moderator)
    now = fresh(post)
    assert (now.title, words(post), now.category, now.own_gist) == ("Another title", NEW, shelf, "New gist")


def test_rejected_the_earlier_words_stay_and_its_author_keeps_the_new_ones(moderator: Member) -> None:
    post = a_post()
    edit(post)
    action = do("reject-edit", post, moderator, "It sells something")
    client = signed_in(post.author)
    page = seen(client, post)
    assert "It sells something" in page and "heliotrope" in page and words(post) == EARLIER
    heard = Notification.objects.get(member=post.author_id, words__contains="has not let through your edit")
    assert "It sells something" in heard.words and heard.url == post.get_absolute_url()
    for who in (signed_in(moderator), Client()):
        assert "heliotrope" not in seen(who, post)
    assert "heliotrope" in client.get(reverse("forum:post_edit", args=[post.pk])).content.decode()
    copy = io.BytesIO()
    copying.write(post.author, copy)
    with zipfile.ZipFile(copy) as files:
        assert "heliotrope" in files.read("post-edits.json").decode()
        assert "It sells something" in files.read("waited.json").decode()
    acting.undo(action, moderator, "It does not")
    assert Held.objects.get().is_waiting and "waits for a moderator" in seen(client, post)
    do("reject-edit", post, moderator)
    client.post(reverse("forum:post_edit_withdraw", args=[post.pk]))
    assert "heliotrope" not in seen(client, post) and Held.objects.get().state == "rejected"


def test_the_desk_shows_what_is_read_what_would_be_and_what_differs(moderator: Member) -> None:
    post = a_post()
    edit(post)
    desk, held = signed_in(moderator), Held.objects.get()
    address = reverse("admin:moderation_held_change", args=[held.pk])
    listed = desk.get(reverse("admin:moderation_held_changelist")).content.decode()
    assert "heliotrope" in listed
    page = desk.get(address).content.decode()
    assert "Edit of a post" in page and "<ins>" in page and EARLIER in page and 'name="seen" value="2"' in page
    # Its author sends another while the moderator reads: that is not let through unseen.
    edit(post, f"{NEW} and worse")
    act = reverse("admin:moderation_held_act", args=[held.pk, "approve"])
    answer = desk.post(act, {"seen": 2}, follow=True)
    assert "have changed since" in answer.content.decode() and words(post) == EARLIER
    desk.post(act, {"seen": 3})
    assert words(post) == f"{NEW} and worse"


def test_a_category_moderator_decides_on_their_shelf_without_the_desk() -> None:
    post = a_post()
    edit(post)
    here, elsewhere = make_member(), make_member()
    CategoryModerator.objects.create(member=here, category=post.category)
    CategoryModerator.objects.create(member=elsewhere, category=make_category())
    moderate = reverse("moderation:moderate", args=["post", post.pk])
    act = reverse("moderation:act", args=["post", post.pk, "approve-edit"])
    assert signed_in(elsewhere).get(moderate).status_code == 403 and "heliotrope" not in seen(
        signed_in(elsewhere), post
    )
    assert signed_in(elsewhere).post(act, {"reason": "Mine", "approve-edit-seen": 2}).status_code == 403
    page = signed_in(here).get(moderate).content.decode()
    assert "<ins>" in page and 'name="approve-edit-seen"' in page
    assert signed_in(here).post(act, {"reason": "Fine", "approve-edit-seen": 1}).status_code == 422
    assert signed_in(here).post(act, {"reason": "Fine", "approve-edit-seen": 2}).status_code == 302
    assert words(post) == NEW


def test_reworded_meanwhile_it_is_a_conflict_that_is_shown(moderator: Member) -> None:
    post = a_post()
    edit(post)
    reworded = do("edit", post, moderator, title="A question", body="A moderator's words")
    with pytest.raises(CannotDo, match="changed since"):
        do("approve-edit", post, moderator)
    page = signed_in(moderator).get(reverse("admin:moderation_held_change", args=[Held.objects.get().pk]))
    assert "has changed since its author sent this" in page.content.decode()
    assert "A moderator&#x27;s words" in (
        signed_in(post.author).get(reverse("forum:post_edit", args=[post.pk])).content.decode()
    )
    acting.undo(reworded, moderator, "No need")
    assert words(post) == EARLIER
    do("approve-edit", post, moderator, seen=fresh(post).version)
    assert words(post) == NEW and revisions_of("post", post).count() == 3


def test_hidden_locked_moved_merged_and_deleted_meanwhile(moderator: Member) -> None:
    shelf, post, target = make_category("other"), a_post(), a_post()
    edit(post)
    for deed, back in (("hide", "unhide"), ("lock", "unlock")):
        do(deed, post, moderator)
        with pytest.raises(CannotDo, match="hidden or locked"):
            do("approve-edit", post, moderator)
        do(back, post, moderator)
    do("move", post, moderator, category=shelf)
    merged = do("merge", post, moderator, into=target)
    with pytest.raises(CannotDo, match="hidden or locked"):
        do("approve-edit", post, moderator)
    assert not any("heliotrope" in comment.text.body for comment in Comment.objects.all())
    acting.undo(merged, moderator, "Apart again")
    do("approve-edit", post, moderator)
    assert words(post) == NEW and fresh(post).category == shelf
    edit(target, "See https://other.example.com/")
    fresh(target).delete_by_author()
    assert not WaitingEdit.objects.filter(post=target).exists()
    assert Held.objects.get(object_id=target.pk).state == "withdrawn"
    with pytest.raises(NothingToDo):
        do("approve-edit", target, moderator)


def test_a_poll_waits_with_the_words(moderator: Member) -> None:
    post = a_post()
    client, address = signed_in(post.author), reverse("forum:post_edit", args=[post.pk])
    fields = {"title": "A question", "body": NEW, "version": 1, "category": post.category.slug}
    client.post(address, fields | {"poll_options": "Heliotrope\nNo", "poll_results": "always"})
    assert not hasattr(fresh(post), "poll") and "Heliotrope" not in seen(Client(), post)
    assert "Heliotrope" in client.get(address).content.decode()
    do("approve-edit", post, moderator)
    terms = polls.terms_of(fresh(post).poll)
    assert terms and terms.options == ("Heliotrope", "No")


def test_what_waits_keeps_its_pictures_and_goes_with_its_author(moderator: Member) -> None:
    post = a_post()
    picture = make_picture(post.author, alt="Mine")
    edit(post, f"{NEW}\n\n{picture.markdown()}")
    pictures.sweep(now=timezone.now() + timezone.timedelta(days=60))
    picture.refresh_from_db()
    assert picture.removed_at is None
    personal.let_go_of_posts(post.author, Choice.KEEP)
    assert not WaitingEdit.objects.exists() and not Held.objects.filter(state="waiting").exists()


def test_without_a_name_nobody_learns_who_waits(moderator: Member) -> None:
    writer = known(1, "quietly_one")
    post = a_post(writer, masked=True, category=make_category())
    edit(post)
    held = Held.objects.get()
    assert held.author is None
    page = signed_in(moderator).get(reverse("admin:moderation_held_change", args=[held.pk])).content.decode()
    assert "quietly_one" not in page and "heliotrope" in page
    do("approve-edit", post, moderator)
    assert Notification.objects.filter(member=writer, words__contains="your edit of").exists() and words(post) == NEW


def test_a_draft_of_what_was_sent_is_not_kept_again() -> None:
    post = a_post()
    client = signed_in(post.author)
    fields = {"title": "A question", "body": NEW, "version": 1, "category": post.category.slug}
    client.post(reverse("forum:post_edit", args=[post.pk]), fields)
    client.post(reverse("forum:draft_keep", args=["post_edit", post.pk]), fields)
    assert not Draft.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_let_it_through_once() -> None:
    comment = make_comment(a_post(), author=known(1), body=EARLIER)
    comment.edit(body=NEW, version=1)
    done, start = [], Barrier(2)

    def press(who: Member) -> None:
        try:
            start.wait()
            done.append(waiting_edits.approve(Comment.objects.get(pk=comment.pk), who, "Fine", seen=2))
        finally:
            connection.close()

    threads = [Thread(target=press, args=[make_moderator()]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(filter(None, done))) == 1 and Action.objects.filter(action="approve-edit").count() == 1
    assert words(comment) == NEW and revisions_of("comment", comment).count() == 1


# ── The check for spam ───────────────────────────────────────────────────────────────────────────


def test_an_edit_taken_for_spam_goes_back_to_the_earlier_words(service: Service, settings, moderator: Member) -> None:
    settings.HOLD_DOMAINS_BELOW = 0
    post, called = a_post(own_gist="Earlier gist"), make_member("called_one")
    service.answer = CLEAN
    work()
    edit(post, f"{NEW} @called_one", own_gist="Heliotrope gist", reason="Because")
    assert "heliotrope" in words(post) and ("called_one", "mention") in told()
    service.answer = SPAM
    work()
    now = fresh(post)
    assert now.is_shown and words(post) == EARLIER and now.own_gist == now.gist == "Earlier gist"
    assert not revisions_of("post", now).exists() and ("called_one", "mention") not in told()
    assert Held.objects.get().why == ["check"] and "heliotrope" in seen(signed_in(post.author), post)
    for page in (now.get_absolute_url(), f"/posts/{post.pk}/history/", "/community/?sort=new", "/search/?q=words"):
        assert "eliotrope" not in Client().get(page, follow=True).content.decode(), page
    do("approve-edit", post, moderator)
    now = fresh(post)
    assert now.own_gist == "Heliotrope gist" and now.text.edit_reason == "Because" and called.pk
    assert Checked.objects.filter(told_as="ham").count() == 1 and [old.body for old in revisions_of("post", now)] == [
        EARLIER
    ]
    spam_check.check_due()
    assert fresh(post).is_shown and "heliotrope" in words(post)


@pytest.mark.parametrize(
    ("gists", "waiting"),
    [
        (["Mine", "Mine"], None), (["Mine", "Spam two"], "Spam two"), (["Spam one", "Spam one"], "Spam one"),
        (["Spam one", "Spam two"], "Spam two"), (["Spam one", ""], ""),
    ],
)  # fmt: skip
def test_the_authors_own_gist_goes_back_with_the_words(service: Service, settings, gists, waiting) -> None:
    settings.HOLD_DOMAINS_BELOW = 0
    service.answer = CLEAN
    post = a_post(own_gist="Mine")
    work()
    for number, gist in enumerate(gists):
        edit(post, f"Spam words {number}", own_gist=gist)
    service.answer = SPAM
    work()
    now = fresh(post)
    assert (words(post), now.own_gist, now.gist) == (EARLIER, "Mine", "Mine")
    assert WaitingEdit.objects.get().own_gist == waiting and PostText.objects.get().gists_before is None


def test_a_gist_alone_that_is_taken_for_spam_goes_back_to_the_one_before(service: Service, settings) -> None:
    settings.HOLD_DOMAINS_BELOW = 0
    service.answer = CLEAN
    post = a_post(own_gist="Mine")
    work()
    edit(post, EARLIER, own_gist="Spam gist")
    service.answer = SPAM
    work()
    assert (words(post), fresh(post).own_gist, WaitingEdit.objects.get().own_gist) == (EARLIER, "Mine", "Spam gist")


@pytest.mark.parametrize("gist", ["Spam gist", "Mine, again"])
def test_a_gist_that_nobody_doubts_is_the_one_to_go_back_to(service: Service, settings, gist: str) -> None:
    settings.HOLD_DOMAINS_BELOW = 0
    service.answer = CLEAN
    post = a_post(own_gist="Mine")
    edit(post, "Other words", own_gist="Mine, again")
    edit(post, "Spam", own_gist=gist)
    innocent = Checked.objects.filter(digest=spam_check.digest_of("A question\nMine, again\nOther words"))
    assert innocent.update(due_at=None, state="clean") == 1
    service.answer = SPAM
    work()
    assert (words(post), fresh(post).own_gist) == ("Other words", "Mine, again")
    settings.SPAM_CHECK_KEY = ""
    edit(post, "Shown", own_gist="Of nobody's concern")
    assert PostText.objects.get().gists_before is None


def test_an_edit_that_waits_already_waits_for_the_check_too(service: Service) -> None:
    service.answer = SPAM
    comment = make_comment(a_post(author=known(2)), author=known(2), body=EARLIER)
    comment.author.trust.level = 1
    comment.author.trust.save()
    fresh(comment).edit(body=NEW, version=1)
    work()
    assert Held.objects.get().why == ["domain", "check"] and words(comment) == EARLIER


def test_one_spam_after_another_goes_back_to_the_last_words_that_nobody_doubts(service: Service, settings) -> None:
    settings.HOLD_DOMAINS_BELOW = 0
    service.answer = CLEAN
    post = a_post()
    work()
    edit(post, "Spam one")
    edit(post, "Spam two")
    service.answer = SPAM
    work()
    assert words(post) == EARLIER and WaitingEdit.objects.get().body == "Spam two"
    assert [old.body for old in revisions_of("post", post).order_by("pk")] == [EARLIER, "Spam one"]
    # First words have nothing to go back to: they wait with their post.
    first = a_post()
    work()
    assert fresh(first).is_waiting and not WaitingEdit.objects.filter(post=first).exists()


def test_spam_shown_while_another_edit_waits_leaves_that_one_waiting(service: Service, settings) -> None:
    settings.HOLD_DOMAINS_BELOW = 0
    service.answer = CLEAN
    post = a_post()
    work()
    edit(post, "Spam shown")
    settings.HOLD_DOMAINS_BELOW = 2
    edit(post)
    service.answer = SPAM
    Checked.objects.exclude(digest=spam_check.digest_of("A question\nSpam shown")).update(due_at=None, state="clean")
    work()
    assert words(post) == EARLIER and WaitingEdit.objects.get().body == NEW
    assert Removal.objects.get().thing_id == post.pk and "Spam shown" not in (
        Client().get(f"/posts/{post.pk}/history/").content.decode()
    )
    assert waiting_edits.approve(fresh(post), make_moderator(), "Fine") and words(post) == NEW
