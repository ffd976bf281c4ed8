import itertools
import re
import uuid

import pytest
from django.utils import timezone

from forum.errors import Locked, StaleEdit
from forum.models import Comment, CommentText, Post
from forum.models.comment import DEEPEST
from forum.threads import REPLIES_EACH
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db

CommentRevision = CommentText._meta.apps.get_model("forum", "CommentRevision")
HTMX = {"HX-Request": "true"}


def typed(body: str = "What I typed", **fields) -> dict:
    return {"body": body, "token": str(uuid.uuid4())} | fields


class TestAnswering:
    def test_adds_a_comment_and_leads_to_it_in_its_place(self, client):
        post, member = make_post(), make_member()
        client.force_login(member)
        answer = client.post(f"/posts/{post.pk}/comment/", typed("Well **put**."), follow=True)
        comment = Comment.objects.get()
        assert (comment.author, comment.post, comment.parent, comment.ancestors) == (member, post, None, [])
        assert answer.redirect_chain[-1][0] == f"{post.get_absolute_url()}?at={comment.pk}#comment-{comment.pk}"
        assert "Well <strong>put</strong>." in answer.text
        assert f'id="comment-{comment.pk}"' in answer.text

    def test_answers_htmx_with_the_comment_and_a_fresh_form(self, client):
        post = make_post()
        client.force_login(make_member())
        form = typed("Well put.")
        answer = client.post(f"/posts/{post.pk}/comment/", form, headers=HTMX)
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert "Well put." in answer.text
        assert ">1 comment<" in answer.text
        assert form["token"] not in answer.text
        assert re.search(r'name="token" value="[0-9a-f-]{36}"', answer.text)

    def test_replies_on_a_page_of_its_own_without_javascript(self, client):
        comment = make_comment(body="What do you take?")
        client.force_login(make_member())
        page = client.get(f"/comments/{comment.pk}/reply/").text
        assert "<html" in page
        assert "What do you take?" in page
        client.post(f"/comments/{comment.pk}/reply/", typed("Five milligrams."))
        reply = Comment.objects.latest("pk")
        assert (reply.parent, reply.root, reply.ancestors) == (comment, comment, [comment.pk])

    def test_replies_inside_the_thread_with_htmx(self, client):
        comment = make_comment()
        client.force_login(make_member())
        form = client.get(f"/comments/{comment.pk}/reply/", headers=HTMX).text
        assert "<html" not in form
        assert f'id="reply{comment.pk}_body"' in form
        answer = client.post(f"/comments/{comment.pk}/reply/", typed("Five milligrams."), headers=HTMX)
        assert "Five milligrams." in answer.text
        assert ">2 comments<" in answer.text
        assert "<html" not in answer.text

    @pytest.mark.parametrize("headers", [{}, HTMX])
    @pytest.mark.parametrize("to_comment", [False, True])
    @pytest.mark.parametrize(
        ("body", "said"),
        [("", "Write something first."), (" \n\t ", "Write something first."), ("x" * 10_001, "at most 10000")],
    )
    def test_asks_again_with_everything_typed_still_there(self, client, headers, to_comment, body, said):
        parent = make_comment()
        client.force_login(make_member())
        address = f"/comments/{parent.pk}/reply/" if to_comment else f"/posts/{parent.post_id}/comment/"
        form = typed(body)
        answer = client.post(address, form, headers=headers)
        assert answer.status_code == 422
        assert said in answer.text
        assert body.strip() in answer.text
        assert form["token"] in answer.text
        assert ("<html" in answer.text) is not bool(headers)
        assert Comment.objects.count() == 1

    def test_is_one_comment_for_one_form(self, client):
        post = make_post()
        client.force_login(make_member())
        form = typed()
        assert (
            client.post(f"/posts/{post.pk}/comment/", form)["Location"]
            == client.post(f"/posts/{post.pk}/comment/", form)["Location"]
        )
        assert Comment.objects.count() == Post.objects.get().comment_count == 1

    def test_says_what_to_do_with_a_damaged_token(self, client):
        post = make_post()
        client.force_login(make_member())
        answer = client.post(f"/posts/{post.pk}/comment/", typed(token="damaged"))
        assert answer.status_code == 422
        assert "Copy your text" in answer.text
        assert "What I typed" in answer.text

    def test_ignores_fields_that_no_form_has(self, client):
        post, other, member = make_post(), make_member(), make_member()
        elsewhere = make_comment()
        client.force_login(member)
        extra = {"author": other.pk, "score": 9, "is_hidden": "on", "posted_at": "2001-01-01", "parent": elsewhere.pk,
                 "post": elsewhere.post_id, "root": elsewhere.pk, "version": 7, "wilson": 1}  # fmt: skip
        client.post(f"/posts/{post.pk}/comment/", typed(**extra))
        comment = Comment.objects.latest("pk")
        assert (comment.author, comment.post, comment.parent, comment.root) == (member, post, None, None)
        assert (comment.score, comment.is_hidden, comment.version) == (0, False, 1)
        assert comment.posted_at.year > 2001

    def test_moves_the_post_up_in_active(self):
        post = make_post(posted_at=timezone.now() - timezone.timedelta(days=9))
        comment = make_comment(post)
        assert Post.objects.get(pk=post.pk).last_active_at == comment.posted_at

    def test_asks_a_guest_to_sign_in_and_changes_nothing(self, client):
        comment = make_comment()
        for address in (f"/posts/{comment.post_id}/comment/", f"/comments/{comment.pk}/reply/"):
            answer = client.post(address, typed())
            assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={address}")
        assert Comment.objects.count() == 1

    @pytest.mark.parametrize("state", ["is_locked", "is_hidden", "deleted_at"])
    def test_is_refused_by_the_verb_where_nobody_may_answer(self, state):
        post = make_post()
        Post.objects.filter(pk=post.pk).update(**{state: timezone.now() if state == "deleted_at" else True})
        with pytest.raises(Locked):
            post.add_comment(make_member(), "x")
        assert Post.objects.get(pk=post.pk).comment_count == 0

    @pytest.mark.parametrize("headers", [{}, HTMX])
    def test_is_over_when_the_thread_is_locked_and_loses_no_word(self, client, headers):
        comment = make_comment()
        comment.post.lock(make_moderator(), "Settled.")
        client.force_login(make_member())
        assert 'form class="comment-form"' not in client.get(comment.post.get_absolute_url()).text
        assert client.get(f"/comments/{comment.pk}/reply/").status_code == 403
        for address in (f"/posts/{comment.post_id}/comment/", f"/comments/{comment.pk}/reply/"):
            answer = client.post(address, typed(), headers=headers)
            assert answer.status_code == 409
            assert "locked in the meantime" in answer.text
            assert "What I typed" in answer.text
        assert Comment.objects.count() == 1

    def test_finds_no_way_to_what_is_hidden_or_gone(self, client):
        hidden, deleted = make_comment(), make_comment()
        hidden.hide(make_moderator(), "Rude.")
        deleted.delete_by_author()
        client.force_login(make_member())
        for pk in (hidden.pk, deleted.pk, 0, 999_999_999):
            for action in ("reply", "edit", "delete", "upvote", "withdraw"):
                assert client.post(f"/comments/{pk}/{action}/", typed()).status_code == 404, action


class TestDepth:
    def test_hangs_what_goes_too_deep_beside_what_it_answers_and_still_draws_the_page(self, client):
        comment = make_comment()
        post = comment.post
        for _ in range(DEEPEST + 3):
            comment = post.add_comment(post.author, "Deeper.", parent=comment)
        assert comment.depth == DEEPEST
        assert max(len(each.ancestors) for each in post.comments.all()) == DEEPEST
        top = post.comments.get(parent=None)
        for address, shown in ((post.get_absolute_url(), REPLIES_EACH), (f"{post.get_absolute_url()}?at={top.pk}", 43)):
            answer = client.get(address)
            assert answer.status_code == 200
            assert answer.text.count("Deeper.") == shown
        assert client.get(comment.get_absolute_url(), follow=True).status_code == 200


class TestEditing:
    def test_changes_the_words_and_keeps_the_old_ones(self, client):
        comment = make_comment(body="As it was")
        client.force_login(comment.author)
        assert "As it was" in client.get(f"/comments/{comment.pk}/edit/").text
        assert client.post(f"/comments/{comment.pk}/edit/", {"body": "As it is", "version": 1}).status_code == 302
        comment.refresh_from_db()
        assert (comment.text.body, comment.text.body_html, comment.version) == ("As it is", "<p>As it is</p>\n", 2)
        assert comment.edited_at
        assert [revision.body for revision in CommentRevision.objects.all()] == ["As it was"]

    def test_keeps_what_a_statement_over_many_rows_replaced(self):
        make_comment(body="One")
        make_comment(body="Two")
        CommentText.objects.update(body="Overwritten")
        assert sorted(CommentRevision.objects.values_list("body", flat=True)) == ["One", "Two"]

    def test_tells_a_stale_edit_with_both_texts(self, client):
        comment = make_comment(body="As it was")
        comment.edit(body="What was saved meanwhile", version=1)
        client.force_login(comment.author)
        answer = client.post(f"/comments/{comment.pk}/edit/", {"body": "What I typed", "version": 1})
        assert answer.status_code == 409
        assert "What I typed" in answer.text
        assert "What was saved meanwhile" in answer.text
        assert CommentText.objects.get().body == "What was saved meanwhile"
        assert 'name="version" value="2"' in answer.text

    @pytest.mark.parametrize(
        "form", [{}, {"body": "", "version": 1}, {"body": "What I typed"}, {"body": "What I typed", "version": "x"}]
    )
    def test_asks_again_for_what_is_missing(self, client, form):
        comment = make_comment(body="As it was")
        client.force_login(comment.author)
        answer = client.post(f"/comments/{comment.pk}/edit/", form)
        assert answer.status_code == 422
        assert form.get("body", "") in answer.text
        assert "error" in answer.text
        assert CommentText.objects.get().body == "As it was"

    @pytest.mark.parametrize("who", [make_member, make_moderator])
    @pytest.mark.parametrize("action", ["edit", "delete"])
    def test_is_like_deleting_for_the_author_only(self, client, who, action):
        comment = make_comment(body="As it was")
        client.force_login(who())
        for answer in (
            client.get(f"/comments/{comment.pk}/{action}/"),
            client.post(f"/comments/{comment.pk}/{action}/", {"body": "x", "version": 1}),
        ):
            assert answer.status_code == 403
        comment.refresh_from_db()
        assert (comment.text.body, comment.is_deleted) == ("As it was", False)

    def test_is_over_when_the_thread_is_locked_and_loses_no_word(self, client):
        comment = make_comment(body="As it was")
        comment.post.lock(make_moderator(), "Settled.")
        client.force_login(comment.author)
        assert client.get(f"/comments/{comment.pk}/edit/").status_code == 403
        answer = client.post(f"/comments/{comment.pk}/edit/", {"body": "What I typed", "version": 1})
        assert answer.status_code == 409
        assert "What I typed" in answer.text
        assert CommentText.objects.get().body == "As it was"

    def test_goes_stale_once(self):
        comment = make_comment()
        comment.edit(body="x", version=1)
        with pytest.raises(StaleEdit):
            comment.edit(body="y", version=1)


class TestDeleting:
    def test_asks_first_and_leaves_a_tombstone_where_replies_hang(self, client):
        comment = make_comment(body="Telling everything")
        comment.post.add_comment(make_member(), "An answer that stays", parent=comment)
        client.force_login(comment.author)
        assert "Delete your comment?" in client.get(f"/comments/{comment.pk}/delete/").text
        page = client.post(f"/comments/{comment.pk}/delete/", follow=True).text
        assert "Deleted by its author." in page
        assert "An answer that stays" in page
        name = comment.author.username
        for reader in (make_member(), make_moderator()):
            client.force_login(reader)
            page = client.get(comment.post.get_absolute_url()).text
            assert "Telling everything" not in page
            assert name not in page

    def test_leaves_nothing_where_no_reply_hangs(self, client):
        comment = make_comment(body="Telling everything")
        comment.delete_by_author()
        page = client.get(comment.post.get_absolute_url()).text
        assert "Deleted by its author." not in page
        assert "No comments yet." in page

    def test_is_possible_under_a_deleted_post_too(self, client):
        comment = make_comment()
        comment.post.delete_by_author()
        client.force_login(comment.author)
        page = client.get(comment.post.get_absolute_url(), follow=True).text
        assert f"/comments/{comment.pk}/delete/" in page
        assert f"/comments/{comment.pk}/edit/" not in page
        client.force_login(make_member())
        assert "/upvote/" not in client.get(comment.post.get_absolute_url(), follow=True).text
        assert client.post(f"/comments/{comment.pk}/upvote/").status_code == 404
        client.force_login(comment.author)
        client.post(f"/comments/{comment.pk}/delete/")
        assert Comment.objects.get().is_deleted
        assert client.get(f"/posts/{comment.post_id}/").status_code == 404


class TestHiding:
    def test_shows_the_words_to_moderators_only(self, client):
        comment = make_comment(body="Rude words")
        comment.hide(make_moderator(), "Rude.")
        address = comment.post.get_absolute_url()
        assert "Rude words" not in client.get(address).text
        client.force_login(comment.author)
        assert "Rude words" not in client.get(address).text
        client.force_login(make_moderator())
        assert "Rude words" in client.get(address).text
        assert "Rude words" in client.get(comment.get_absolute_url(), follow=True).text

    def test_leaves_a_tombstone_where_replies_hang(self, client):
        comment = make_comment(body="Rude words")
        make_comment(comment.post, body="An answer that stays", parent=comment)
        comment.hide(make_moderator(), "Rude.")
        page = client.get(comment.post.get_absolute_url()).text
        assert "Hidden by a moderator." in page
        assert "An answer that stays" in page
        assert "Rude words" not in page
        assert comment.author.username not in page


class TestAddress:
    def test_goes_to_the_comment_in_its_place(self, client):
        top = make_comment(body="At the top")
        middle = make_comment(top.post, body="In the middle", parent=top)
        low = make_comment(top.post, body="Further down", parent=middle)
        make_comment(top.post, body="Beside it", parent=top)
        make_comment(top.post, body="Elsewhere")
        answer = client.get(middle.get_absolute_url(), follow=True)
        for words in ("At the top", "In the middle", "Further down"):
            assert words in answer.text
        for words in ("Beside it", "Elsewhere"):
            assert words not in answer.text
        assert "Show the whole thread" in answer.text
        assert f'comment comment--here" id="comment-{middle.pk}"' in answer.text
        assert low.pk > middle.pk

    def test_leads_to_the_post_where_the_comment_is_gone(self, client):
        gone, hidden = make_comment(body="Gone words"), make_comment(body="Hidden words")
        gone.delete_by_author()
        hidden.hide(make_moderator(), "Rude.")
        for comment in (gone, hidden):
            answer = client.get(comment.get_absolute_url())
            assert answer["Location"] == comment.post.get_absolute_url()
            page = client.get(f"{comment.post.get_absolute_url()}?at={comment.pk}").text
            assert "is gone" in page
            assert "words" not in page

    def test_is_404_under_what_nobody_may_read(self, client):
        comment = make_comment()
        comment.post.hide(make_moderator(), "Rude.")
        assert client.get(comment.get_absolute_url()).status_code == 404
        assert client.get("/comments/999999999/").status_code == 404

    def test_does_not_show_a_comment_in_another_post(self, client):
        comment, other = make_comment(), make_post()
        assert client.get(f"{other.get_absolute_url()}?at={comment.pk}").status_code == 404

    def test_leads_into_the_thread_of_a_deleted_post(self, client):
        comment = make_comment(body="Still here")
        comment.post.delete_by_author()
        assert "Still here" in client.get(comment.get_absolute_url(), follow=True).text


STEPS = ("delete", "delete again", "hide", "hide again", "unhide")


class TestCount:
    @pytest.mark.parametrize("order", list(itertools.permutations(STEPS, 3)), ids=", ".join)
    def test_equals_what_is_shown_in_every_order(self, order):
        post, moderator = make_post(), make_moderator()
        comment, _ = make_comment(post), make_comment(post)
        for step in order:
            verb = step.split()[0]
            # Each acts on a copy of its own, loaded before: what two people hold who act at once.
            held = Comment.objects.get(pk=comment.pk)
            held.delete_by_author() if verb == "delete" else getattr(held, verb)(moderator, "Reason")
            shown = sum(each.is_shown for each in post.comments.all())
            assert Post.objects.get(pk=post.pk).comment_count == shown, step

    def test_equals_what_is_shown_for_copies_that_are_stale(self):
        post, moderator = make_post(), make_moderator()
        comment = make_comment(post)
        first, second = (Comment.objects.get(pk=comment.pk) for _ in range(2))
        first.delete_by_author()
        second.hide(moderator, "Rude.")
        second.unhide(moderator, "It was not.")
        first.delete_by_author()
        assert Post.objects.get(pk=post.pk).comment_count == 0
        assert Comment.objects.get(pk=comment.pk).is_deleted

    def test_and_the_moment_stay_at_the_first_delete(self):
        comment = make_comment()
        again = Comment.objects.get(pk=comment.pk)
        comment.delete_by_author()
        again.delete_by_author()
        assert Comment.objects.get().deleted_at == comment.deleted_at
        assert Post.objects.get().comment_count == 0

    def test_stays_when_a_hidden_comment_is_answered_by_nobody(self):
        post = make_post()
        make_comment(post).hide(make_moderator(), "Rude.")
        make_comment(post)
        assert Post.objects.get(pk=post.pk).comment_count == 1


@pytest.mark.django_db
class TestWordsSentFromAnOldForm:
    def test_are_not_lost_when_they_are_new(self):
        post, author, token = make_post(), make_member(), uuid.uuid4()
        first = post.add_comment(author, "First thought.", token=token)
        again = post.add_comment(author, "First thought.", token=token)
        other = post.add_comment(author, "Second thought.", token=token)
        assert first == again
        assert other != first
        assert other.text.body == "Second thought."
        assert post.comment_count == 2

    def test_make_a_post_of_their_own(self):
        author, token, category = make_member(), uuid.uuid4(), make_category()
        bodies = ("One.", "One.", "Two.")
        posts = [Post.write(author=author, category=category, title="T", body=body, token=token) for body in bodies]
        assert posts[0] == posts[1] != posts[2]
