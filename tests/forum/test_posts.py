import html
import json
import math
import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from common.text import clean_line, clean_text
from forum.errors import Locked, StaleEdit
from forum.models import Post, PostText
from forum.models.post import RESERVED_SLUGS
from forum.urls import urlpatterns
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post
from tests.shared import shared_file

pytestmark = pytest.mark.django_db

PostRevision = PostText._meta.apps.get_model("forum", "PostRevision")
HTMX = {"HX-Request": "true"}


def form_for(post: Post | None = None, **typed) -> dict:
    """What a browser sends: the composer's fields as they would stand in it."""
    fields = {"title": "Six months of it", "body": "It **helped**.", "tags": "minoxidil, women", "own_gist": ""}
    if post:
        fields |= {"version": post.version, "category": post.category.slug}
    else:
        fields |= {"token": str(uuid.uuid4()), "category": typed.pop("category", None) or make_category().slug}
    return fields | typed


class TestWriting:
    def test_makes_a_post_and_leads_to_it(self, client):
        member, shelf = make_member(), make_category("Treatment")
        client.force_login(member)
        answer = client.post("/community/new/", form_for(category=shelf.slug))
        post = Post.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, post.get_absolute_url())
        assert (post.title, post.author, post.category, post.gist) == ("Six months of it", member, shelf, "It helped.")
        assert sorted(tag.name for tag in post.tags.all()) == ["minoxidil", "women"]
        page = client.get(post.get_absolute_url()).text
        assert "<strong>helped</strong>" in page

    def test_gives_every_form_a_token_of_its_own(self, client):
        client.force_login(make_member())
        tokens = {re.search(r'name="token" value="([^"]+)"', client.get("/community/new/").text)[1] for _ in range(2)}
        assert len(tokens) == 2

    def test_makes_one_post_of_the_same_form_sent_twice(self, client):
        client.force_login(make_member())
        form = form_for()
        first, again = (client.post("/community/new/", form)["Location"] for _ in range(2))
        assert first == again
        assert Post.objects.count() == 1

    def test_counts_a_tag_once_however_often_it_is_typed(self, client):
        client.force_login(make_member())
        answer = client.post("/community/new/", form_for(tags="a,b,c,d,e,f,g,h,H, h ,Ｈ,,"))
        assert answer.status_code == 302
        assert Post.objects.get().tags.count() == 8

    def test_lets_two_members_send_the_same_token(self, client):
        form = form_for()
        for _ in range(2):
            client.force_login(make_member())
            client.post("/community/new/", form)
        assert Post.objects.count() == 2

    def test_opens_on_the_category_it_was_pressed_in(self, client):
        shelf = make_category()
        client.force_login(make_member())
        assert f'value="{shelf.slug}" selected' in client.get(f"/community/new/?category={shelf.slug}").text

    @pytest.mark.parametrize(
        ("field", "typed", "said"),
        [
            ("title", "", "This field is required."),
            ("title", " \t​ ", "This field is required."),
            ("title", "x" * 201, "at most 200 characters"),
            ("body", "", "This field is required."),
            ("body", " \n \n", "This field is required."),
            ("body", "x" * 40_001, "at most 40000 characters"),
            ("category", "none-such", "Select a valid choice"),
            ("category", "", "This field is required."),
            ("tags", "a,b,c,d,e,f,g,h,i", "Up to 8 tags"),
            ("tags", "x" * 1001, "at most 1000 characters"),
            ("own_gist", "x" * 401, "at most 400 characters"),
            ("token", "not-a-token", "Copy your text"),
        ],
    )
    def test_asks_again_with_everything_typed_still_there(self, client, field, typed, said):
        client.force_login(make_member())
        form = form_for(title="Kept <title>", body="Kept <words>", tags="kept tag", own_gist="Kept gist") | {
            field: typed
        }
        answer = client.post("/community/new/", form)
        assert answer.status_code == 422
        assert not Post.objects.exists()
        page = html.unescape(answer.text)
        assert said in page
        for name in ("title", "body", "tags", "own_gist"):
            assert form[name] in page, name
        if field != "category":
            assert f'value="{form["category"]}" selected' in answer.text
        if field != "token":
            assert f'value="{form["token"]}"' in answer.text

    @pytest.mark.parametrize("typed", ["x" * 41_000, "x" * 1_000_000])
    def test_refuses_a_text_of_any_length_with_a_sentence(self, client, typed):
        client.force_login(make_member())
        assert client.post("/community/new/", form_for(body=typed)).status_code == 422

    @pytest.mark.parametrize("field", ["title", "body", "tags", "own_gist", "category", "token"])
    def test_refuses_bytes_that_are_no_text(self, client, field):
        client.force_login(make_member())
        answer = client.post("/community/new/", form_for() | {field: "a\0b"})
        assert answer.status_code == 400
        assert "not text" in answer.text
        assert not Post.objects.exists()

    def test_takes_overrides_and_invisible_letters_out_of_a_title_and_keeps_the_text_as_typed(self, client):
        client.force_login(make_member())
        body = "Line one\r\n\ttwo ‮ three é"
        client.post("/community/new/", form_for(title="Safe‮gpj.exe​ title﻿", body=body))
        post = Post.objects.get()
        assert post.title == "Safegpj.exe title"
        assert post.text.body == "Line one\n\ttwo ‮ three é"

    def test_ignores_fields_that_no_form_has(self, client):
        member, other = make_member(), make_member()
        client.force_login(member)
        moment = timezone.now()
        extra = {
            "author": other.pk, "author_id": other.pk, "score": 99, "is_pinned": "on", "is_locked": "on", "is_hidden": "on",
            "posted_at": "2001-01-01", "comment_count": 7, "version": 9, "hotness": 1e9, "subject_url": "/studies/1/x/",
            "gist": "planted", "id": 4711, "deleted_at": "2001-01-01", "last_active_at": "2001-01-01", "is_staff": "on",
        }  # fmt: skip
        client.post("/community/new/", form_for() | extra)
        post = Post.objects.get()
        assert (post.author, post.score, post.comment_count, post.version) == (member, 0, 0, 1)
        assert not (post.is_pinned or post.is_locked or post.is_hidden or post.deleted_at or post.subject_url)
        assert post.gist != "planted"
        assert post.pk != 4711
        assert post.posted_at >= moment
        assert post.last_active_at >= moment
        member.refresh_from_db()
        assert not member.is_staff

    def test_asks_a_guest_to_sign_in_and_to_come_back(self, client):
        for answer in (client.get("/community/new/"), client.post("/community/new/", form_for())):
            assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/community/new/")
        assert not Post.objects.exists()

    @pytest.mark.parametrize(
        "evil", ["//evil.example/x", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
    )
    def test_leads_nobody_off_the_site_after_signing_in(self, client, evil):
        make_member("returning", password="correct horse battery")
        answer = client.post(
            f"/accounts/login/?next={evil}", {"login": "returning", "password": "correct horse battery", "next": evil}
        )
        assert answer.status_code < 500
        assert "evil.example" not in answer.get("Location", "")
        assert "javascript" not in answer.get("Location", "")


class TestPreview:
    def test_shows_the_text_and_keeps_the_form_without_javascript(self, client):
        client.force_login(make_member())
        form = form_for(body="A **bold** claim <script>alert(1)</script>", preview="1")
        answer = client.post("/community/new/", form)
        assert answer.status_code == 200
        assert "<strong>bold</strong>" in answer.text
        assert "<script>alert" not in answer.text
        assert form["token"] in answer.text
        assert "A **bold** claim" in answer.text
        assert not Post.objects.exists()

    def test_is_a_piece_of_page_for_htmx(self, client):
        client.force_login(make_member())
        answer = client.post("/community/preview/", {"body": "A **bold** claim"}, headers=HTMX)
        assert "<strong>bold</strong>" in answer.text
        assert "<html" not in answer.text

    def test_works_while_editing_and_saves_nothing(self, client):
        post = make_post(body="As it was")
        client.force_login(post.author)
        answer = client.post(f"/posts/{post.pk}/edit/", form_for(post, body="A **bold** claim", preview="1"))
        assert "<strong>bold</strong>" in answer.text
        assert f'name="version" value="{post.version}"' in answer.text
        assert PostText.objects.get(post=post).body == "As it was"

    def test_is_not_for_guests(self, client):
        assert client.post("/community/preview/", {"body": "x"}).status_code == 302


class TestReading:
    @pytest.mark.parametrize("address", ["/posts/{0.pk}/", "/posts/{0.pk}/wrong/", "/posts/{0.pk}/a-question-of-Time/"])
    def test_redirects_a_wrong_or_missing_slug_for_good(self, client, address):
        post = make_post(title="A question of time")
        answer = client.get(address.format(post))
        assert (answer.status_code, answer["Location"]) == (301, post.get_absolute_url())

    @pytest.mark.parametrize("word", sorted(RESERVED_SLUGS))
    def test_is_found_under_a_title_that_is_a_word_of_our_addresses(self, client, word):
        post = make_post(title=word.title())
        client.force_login(post.author)
        answer = client.get(post.get_absolute_url())
        assert answer.status_code == 200
        assert f'<h1 class="post__title">{word.title()}</h1>' in answer.text

    def test_knows_every_word_that_may_follow_a_posts_id(self):
        routes = [str(route.pattern) for route in urlpatterns]
        words = {match[1] for route in routes if (match := re.fullmatch(r"posts/<int:pk>/([\w-]+)/", route))}
        assert words == RESERVED_SLUGS

    @pytest.mark.parametrize("pk", ["0", "999999999", "9" * 19, "9" * 200, "9" * 1500])
    def test_is_404_for_an_id_that_nothing_has(self, client, pk):
        for address in (f"/posts/{pk}/x/", f"/comments/{pk}/", f"/posts/{pk}/"):
            assert client.get(address).status_code == 404

    @pytest.mark.parametrize(
        "query", ["at=x", "at=-1", "at=0", "at=٣", "at=" + "9" * 30, "sort=loud", "after=x", "at=999999"]
    )
    def test_is_404_with_a_sentence_for_a_wrong_query(self, client, query):
        answer = client.get(f"{make_post().get_absolute_url()}?{query}")
        assert answer.status_code == 404
        assert answer.text.count("<p>") >= 1

    def test_escapes_what_members_typed(self, client):
        post = make_post(title="<script>alert(1)</script>", own_gist="<img src=x onerror=alert(2)>", tags=["<b>bold"])
        for address in (post.get_absolute_url(), "/community/", post.category.get_absolute_url(), "/tags/"):
            page = client.get(address).text
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "<b>bold" not in page


class TestEditing:
    def test_opens_with_the_post_and_saves_what_was_typed(self, client):
        post, shelf = make_post(title="As it was", body="Words", tags=["acne"], own_gist="Gist"), make_category()
        client.force_login(post.author)
        page = client.get(f"/posts/{post.pk}/edit/").text
        for words in ("As it was", "Words", "acne", "Gist"):
            assert words in page
        answer = client.post(
            f"/posts/{post.pk}/edit/", form_for(post, title="As it is", category=shelf.slug, tags="lupus")
        )
        post = Post.objects.get(pk=post.pk)
        assert (answer.status_code, answer["Location"]) == (302, post.get_absolute_url())
        assert (post.title, post.category, post.text.body, post.version) == ("As it is", shelf, "It **helped**.", 2)
        assert post.edited_at
        assert [tag.name for tag in post.tags.all()] == ["lupus"]
        assert post.text.tag_words == "lupus"
        assert "As it is" in client.get("/search/?q=lupus").text

    def test_keeps_what_it_replaced(self):
        post = make_post(title="First title", body="First words")
        post.edit(category=post.category, title="First title", body="Second words", version=1)
        post.edit(category=post.category, title="Second title", body="Second words", version=2)
        kept = PostRevision.objects.filter(post=post).order_by("pgh_id").values_list("title", "body")
        assert list(kept) == [("First title", "First words"), ("First title", "Second words")]

    def test_keeps_what_a_statement_over_many_rows_replaced(self):
        posts = [make_post(body=f"Words {number}") for number in range(3)]
        PostText.objects.filter(post__in=posts).update(body="Overwritten")
        assert sorted(PostRevision.objects.values_list("body", flat=True)) == ["Words 0", "Words 1", "Words 2"]

    def test_keeps_no_revision_where_no_word_changed(self):
        post = make_post(title="Title", body="Words")
        post.edit(category=make_category(), title="Title", body="Words", tags=["new"], version=1)
        assert not PostRevision.objects.exists()

    def test_tells_a_stale_edit_with_both_texts(self, client):
        post = make_post(title="Once", body="As it was")
        client.force_login(post.author)
        mine = form_for(post, title="My title", body="What I typed")
        post.edit(category=post.category, title="Their title", body="What was saved meanwhile", version=post.version)
        answer = client.post(f"/posts/{post.pk}/edit/", mine)
        assert answer.status_code == 409
        for words in ("My title", "What I typed", "Their title", "What was saved meanwhile"):
            assert words in answer.text
        assert PostText.objects.get(post=post).body == "What was saved meanwhile"
        version = re.search(r'name="version" value="(\d+)"', answer.text)[1]
        assert client.post(f"/posts/{post.pk}/edit/", mine | {"version": version}).status_code == 302
        assert PostText.objects.get(post=post).body == "What I typed"

    @pytest.mark.parametrize("version", ["", "0", "-1", "x", "1.5", "99999999999", "9" * 5000, "²", "1 OR 1=1"])
    def test_takes_no_version_but_a_version(self, client, version):
        post = make_post(body="As it was")
        client.force_login(post.author)
        answer = client.post(f"/posts/{post.pk}/edit/", form_for(post, body="What I typed") | {"version": version})
        assert answer.status_code == 422
        assert "Copy your text" in answer.text
        assert "What I typed" in answer.text
        assert PostText.objects.get(post=post).body == "As it was"

    def test_does_not_let_a_version_from_the_future_through(self, client):
        post = make_post(body="As it was")
        client.force_login(post.author)
        assert client.post(f"/posts/{post.pk}/edit/", form_for(post) | {"version": 2}).status_code == 409
        assert PostText.objects.get(post=post).body == "As it was"

    def test_ignores_fields_that_no_form_has(self, client):
        post, other = make_post(), make_member()
        client.force_login(post.author)
        extra = {
            "author": other.pk,
            "score": 99,
            "is_pinned": "on",
            "is_hidden": "on",
            "posted_at": "2001-01-01",
            "comment_count": 5,
        }
        client.post(f"/posts/{post.pk}/edit/", form_for(post) | extra)
        changed = Post.objects.get(pk=post.pk)
        assert changed.version == 2
        assert (changed.author, changed.score, changed.comment_count) == (post.author, 0, 0)
        assert changed.posted_at == post.posted_at
        assert not (changed.is_pinned or changed.is_hidden)

    @pytest.mark.parametrize("who", [make_member, make_moderator])
    def test_is_for_the_author_only(self, client, who):
        post = make_post(body="As it was")
        client.force_login(who())
        for answer in (client.get(f"/posts/{post.pk}/edit/"), client.post(f"/posts/{post.pk}/edit/", form_for(post))):
            assert answer.status_code == 403
            assert "Only its author can edit" in answer.text
        assert PostText.objects.get(post=post).body == "As it was"

    def test_asks_a_guest_to_sign_in(self, client):
        post = make_post()
        answer = client.get(f"/posts/{post.pk}/edit/")
        assert answer["Location"] == f"/accounts/login/?next=/posts/{post.pk}/edit/"
        assert client.post(f"/posts/{post.pk}/edit/", form_for(post)).status_code == 302
        assert Post.objects.get(pk=post.pk).version == 1

    def test_is_over_when_the_post_is_locked_and_loses_no_word(self, client):
        post = make_post(body="As it was")
        client.force_login(post.author)
        post.lock(make_moderator(), "Settled.")
        assert client.get(f"/posts/{post.pk}/edit/").status_code == 403
        answer = client.post(f"/posts/{post.pk}/edit/", form_for(post, body="What I typed"))
        assert answer.status_code == 409
        assert "What I typed" in answer.text
        assert "locked in the meantime" in answer.text
        assert PostText.objects.get(post=post).body == "As it was"

    @pytest.mark.parametrize("change", [{"is_locked": True}, {"is_hidden": True}, {"deleted_at": timezone.now()}])
    def test_is_refused_by_the_verb_itself(self, change):
        post = make_post()
        Post.objects.filter(pk=post.pk).update(**change)
        with pytest.raises(Locked):
            post.edit(category=post.category, title="x", body="x", version=1)

    def test_goes_stale_once(self):
        post = make_post()
        post.edit(category=post.category, title="x", body="x", version=1)
        with pytest.raises(StaleEdit):
            post.edit(category=post.category, title="y", body="y", version=1)


class TestDeleting:
    def test_asks_first_and_then_is_gone(self, client):
        post = make_post(title="Gone for good", tags=["acne"])
        client.force_login(post.author)
        assert "Delete your post?" in client.get(f"/posts/{post.pk}/delete/").text
        assert client.get(post.get_absolute_url()).status_code == 200
        answer = client.post(f"/posts/{post.pk}/delete/")
        assert answer["Location"] == post.category.get_absolute_url()
        assert client.get(f"/posts/{post.pk}/").status_code == 404
        assert client.post(f"/posts/{post.pk}/delete/").status_code == 404

    def test_leaves_a_tombstone_where_answers_hang_and_no_word_of_the_post(self, client):
        post = make_post(title="Wording of mine", body="Telling everything", own_gist="In short", tags=["rosacea"])
        make_comment(post, body="An answer that stays")
        address = post.get_absolute_url()
        client.force_login(post.author)
        answer = client.post(f"/posts/{post.pk}/delete/", follow=True)
        assert answer.status_code == 200
        assert "An answer that stays" in answer.text
        assert "Deleted post" in answer.text
        for reader in (None, make_member(), make_moderator()):
            client.logout()
            if reader:
                client.force_login(reader)
            page = client.get(address, follow=True).text
            assert "An answer that stays" in page
            for words in ("Wording of mine", "wording-of-mine", "Telling everything", "In short", "rosacea"):
                assert words not in page, words
            assert "Reply" not in page

    def test_does_not_redirect_to_the_tombstone_for_good(self, client):
        post = make_post(title="Wording of mine")
        make_comment(post)
        address = post.get_absolute_url()
        post.delete_by_author()
        assert client.get(address).status_code == 302

    @pytest.mark.parametrize("who", [make_member, make_moderator])
    def test_is_for_the_author_only(self, client, who):
        post = make_post()
        client.force_login(who())
        for answer in (client.get(f"/posts/{post.pk}/delete/"), client.post(f"/posts/{post.pk}/delete/")):
            assert answer.status_code == 403
        assert not Post.objects.get(pk=post.pk).is_deleted


class TestHiding:
    def test_takes_the_post_out_of_sight_for_all_but_moderators(self, client):
        post = make_post(title="Rude words")
        post.hide(make_moderator(), "Rude.")
        assert client.get(post.get_absolute_url()).status_code == 404
        client.force_login(post.author)
        assert client.get(post.get_absolute_url()).status_code == 404
        client.force_login(make_moderator())
        page = client.get(post.get_absolute_url())
        assert "Rude words" in page.text
        assert "Hidden" in page.text

    @pytest.mark.parametrize("action", ["edit", "delete", "comment", "upvote", "withdraw"])
    def test_leaves_nothing_that_could_be_done_to_it(self, client, action):
        post = make_post()
        post.hide(make_moderator(), "Rude.")
        for member in (post.author, make_member()):
            client.force_login(member)
            assert client.post(f"/posts/{post.pk}/{action}/", {"body": "x"}).status_code == 404

    def test_is_undone(self, client):
        post, moderator = make_post(), make_moderator()
        post.hide(moderator, "Rude.")
        post.unhide(moderator, "It was not.")
        assert client.get(post.get_absolute_url()).status_code == 200


class TestRanking:
    def test_equals_the_rule(self):
        post = make_post(posted_at=timezone.now() - timedelta(days=3))
        Post.objects.filter(pk=post.pk).update(score=42)
        post.refresh_from_db()
        assert post.hotness == pytest.approx(math.log10(42) + post.posted_at.timestamp() / 86_400, abs=1e-9)

    def test_counts_no_vote_as_one(self):
        post = make_post()
        post.refresh_from_db()
        assert post.hotness == pytest.approx(post.posted_at.timestamp() / 86_400, abs=1e-9)


class TestNaughtyStrings:
    def test_come_back_as_they_were_typed(self, client):
        """Everybody's list of strings that break things, as text, title and tag: refused with 4xx, or kept exactly."""
        lines = shared_file("vectors/naughty_strings.jsonl").read_text(encoding="utf-8").strip().split("\n")
        strings = [json.loads(line)["s"] for line in lines]
        client.force_login(make_member())
        shelf = make_category()
        for typed in strings[::20]:
            form = form_for(title=f"About {typed}"[:200], body=f"So: {typed}", tags=typed[:100], category=shelf.slug)
            answer = client.post("/community/new/", form)
            assert answer.status_code in (302, 400, 422), typed
            if answer.status_code == 302:
                post = Post.objects.latest("pk")
                assert post.text.body == clean_text(f"So: {typed}")
                assert post.title == clean_line(f"About {typed}"[:200])
                assert client.get(answer["Location"]).status_code == 200, typed
        assert client.get("/community/").status_code == client.get("/tags/").status_code == 200
