"""Pictures in posts and comments: put here, shown to who may see them, quoted nowhere else, gone when not needed."""

from __future__ import annotations

import json
import os
import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from common import personal
from common.pictures import keeping
from forum import drafts, jobs, pictures
from forum.models import Draft, Picture, PictureUse, PostText
from forum.models.picture import SHELF
from moderation.models import Action, Case
from moderation.reporting import reject, report
from tests.builders import make_category, make_comment, make_member, make_moderator, make_picture, make_post, signed_in
from tests.shared_pictures import picture

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


def send(client: Client, data: bytes, alt: str = "A lamp", name: str = "lamp.png", headers=JSON, **fields):
    file = SimpleUploadedFile(name, data, content_type="image/png")
    return client.post("/pictures/new/", {"file": file, "alt": alt, **fields}, headers=headers)


def files(shown: Picture) -> list[bool]:
    return [keeping.path_of(SHELF, shown.name, end).exists() for end in keeping.ENDS]


def texts_to_render() -> list[dict[str, list[int]]]:
    """What jobs wait to render again, in the order in which they were given."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs WHERE task_name = 'forum.render_texts' ORDER BY id")
        return [json.loads(args) for (args,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def shelves_of_its_own(settings, tmp_path) -> None:
    """Files of other tests, whose rows are gone, would be swept and counted too."""
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def member():
    return make_member()


@pytest.fixture
def browser(member):
    return signed_in(member)


class TestSendingAPicture:
    def test_gives_the_line_that_shows_it_in_a_text(self, browser, member) -> None:
        answer = send(browser, picture("JPEG", (2000, 900)), alt="A lamp [on] a *table*")
        shown = Picture.objects.get()
        assert answer.status_code == 201
        line = answer.json()["markdown"]
        assert (shown.owner, shown.width, shown.small_width, files(shown)) == (member, 1600, 720, [True, True])
        html = make_post(author=member, body=f"Look:\n\n{line}").text.body_html
        image = re.search(r"<img [^>]*>", html)[0]
        assert image == (
            f'<img src="/pictures/{shown.name}.webp" srcset="/pictures/{shown.name}-small.webp 720w, '
            f'/pictures/{shown.name}.webp 1600w" sizes="(min-width: 46rem) 42rem, 100vw" alt="A lamp [on] a *table*" '
            'width="1600" height="720" loading="lazy" decoding="async">'
        )
        assert f'<a href="/pictures/{shown.name}/" class="picture"' in html

    @pytest.mark.parametrize(
        ("data", "alt", "said"),
        [
            (b"<svg onload=alert(1)>", "A lamp", "PNG, JPEG, GIF or WebP"),
            (picture("PNG", (400, 300))[:150], "A lamp", "damaged"),
            (picture(), " ", "what the picture shows"),
            (b"", "A lamp", "empty"),
        ],
    )
    def test_refuses_with_a_sentence_what_is_none(self, browser, data, alt, said) -> None:
        answer = send(browser, data, alt=alt, name="lamp.png")
        assert answer.status_code == 422 and said in answer.json()["error"]
        page = send(browser, data, alt=alt, headers={})
        assert page.status_code == 422 and said in page.content.decode() and not Picture.objects.exists()

    def test_judges_by_bytes_and_never_by_name(self, browser) -> None:
        for name in ("a.svg", "../../etc/passwd", "con", "a" * 300):
            assert send(browser, picture(), name=name).status_code == 201, name
        assert all(re.fullmatch(keeping.NAME, name) for name in Picture.objects.values_list("name", flat=True))

    def test_takes_ten_megabytes_and_no_more(self, browser, member) -> None:
        def large(size: int) -> bytes:
            return picture() + bytes(size)

        assert send(browser, large(9_500_000)).status_code == 201
        answer = send(browser, large(10_050_000))
        assert answer.status_code == 413 and "10 MB" in answer.json()["error"]
        answer = send(browser, large(11_000_000))
        assert answer.status_code == 413 and "make the picture smaller" in answer.content.decode()
        answer = send(Client(), large(9_500_000))
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
        assert not list(keeping.incoming().iterdir())

    def test_of_the_same_file_twice_is_one_picture_with_the_words_of_the_last(self, browser, member) -> None:
        data = picture()
        first, again = send(browser, data), send(browser, data, alt="Another lamp")
        assert first.json()["address"] == again.json()["address"] and "Another" in again.json()["markdown"]
        assert Picture.objects.get().alt == "Another lamp"
        send(signed_in(make_member()), data)
        assert Picture.objects.count() == 2

    def test_stops_where_there_is_no_more_room(self, browser, member, settings) -> None:
        settings.PICTURES_MOST = 1
        make_picture(member)
        answer = send(browser, picture())
        assert answer.status_code == 422 and "1 pictures" in answer.json()["error"]
        settings.PICTURES_MOST, settings.PICTURES_SIZE = 9, 100
        answer = send(browser, picture())
        assert answer.status_code == 422 and Picture.objects.count() == 1
        assert len({*keeping.names_on(SHELF, older_than=-9)} & {*Picture.objects.values_list("name", flat=True)}) == 1

    def test_is_counted_by_the_limits(self, browser, settings) -> None:
        settings.LIMITS_ON = True
        answers = [send(browser, b"nothing").status_code for _ in range(7)]
        assert answers == [422] * 5 + [429] * 2
        refused = send(browser, b"nothing")
        assert refused["Retry-After"] and "many pictures" in refused.json()["error"]

    def test_without_javascript_loses_nothing_that_was_typed(self, browser, member) -> None:
        shelf = make_category()
        typed = {"title": "Half a title", "body": "Half a text", "category": shelf.slug, "picture": "1"}
        answer = browser.post("/drafts/keep/post_new/0/", typed)
        assert answer["Location"] == "/pictures/new/?for=post_new/0"
        page = browser.get(answer["Location"]).content.decode()
        assert 'value="post_new/0"' in page and "kept as a draft" in page
        answer = send(browser, picture(), headers={}, **{"for": "post_new/0"})
        shown = Picture.objects.get()
        assert answer["Location"] == f"/pictures/{shown.name}/?for=post_new/0"
        assert "Put it into my text" in browser.get(answer["Location"]).content.decode()
        answer = browser.post(f"/pictures/{shown.name}/use/", {"for": "post_new/0"})
        assert answer["Location"] == "/community/new/"
        form = browser.get("/community/new/").context["form"]
        assert form["title"].value() == "Half a title"
        assert form["body"].value() == f"Half a text\n\n![A lamp](/pictures/{shown.name}.webp)\n"

    def test_begins_a_draft_where_nothing_was_typed_and_leaves_too_long_a_text_alone(self, browser, member) -> None:
        shown, post = make_picture(member), make_post()
        browser.post(f"/pictures/{shown.name}/use/", {"for": f"comment_new/{post.pk}"})
        kept = Draft.objects.get(member=member)
        assert shown.name in kept.fields["body"]
        Draft.objects.update(fields={**kept.fields, "body": "x" * 9_999})
        answer = browser.post(f"/pictures/{shown.name}/use/", {"for": f"comment_new/{post.pk}"})
        assert answer["Location"].startswith(f"/pictures/{shown.name}/")
        assert Draft.objects.get(member=member).fields["body"] == "x" * 9_999
        for nowhere in ("", "post_new", "post_new/x", "post_edit/999999", "nothing/1", "post_new/" + "9" * 30):
            assert browser.post(f"/pictures/{shown.name}/use/", {"for": nowhere}).status_code == 404


class TestAText:
    def test_shows_its_authors_own_pictures_only(self, member) -> None:
        shown = make_picture(member)
        assert "<img" in make_post(author=member, body=shown.markdown()).text.body_html
        others = make_post(body=shown.markdown())
        assert "<img" not in others.text.body_html and "A lamp" in others.text.body_html
        assert PictureUse.objects.count() == 1

    def test_shows_no_picture_of_another_site(self, member) -> None:
        shown = make_picture(member)
        for address in (f"https://evil.example{shown.address}", f"//evil.example{shown.address}", f"{shown.address}?x", "/a.png"):  # fmt: skip
            assert "<img" not in make_post(author=member, body=f"![x]({address})").text.body_html

    def test_is_tied_to_what_it_shows_as_it_is_edited(self, member) -> None:
        one, other = make_picture(member), make_picture(member)
        post = make_post(author=member, body=f"{one.markdown()} {one.markdown()}")
        comment = make_comment(post, author=member, body=other.markdown())
        edit = {"category": post.category, "title": post.title, "version": 1}
        assert one.uses.get().post_id == post.pk and one.uses.get().comment_id is None
        assert [*other.uses.values_list("post", "comment")] == [(post.pk, comment.pk)]
        post.edit(body=f"Now {other.markdown()}", **edit)
        assert not one.uses.exists() and other.uses.count() == 2
        comment.edit(body="None.", version=1)
        assert other.uses.count() == 1

    def test_takes_words_into_its_gist_and_not_what_a_picture_shows(self, member) -> None:
        post = make_post(author=member, body=f"{make_picture(member).markdown()}\n\nIt helped me.")
        assert post.gist == "It helped me."

    def test_is_previewed_with_the_pictures(self, browser, member) -> None:
        shown = make_picture(member)
        assert "<img" in browser.post("/community/preview/", {"body": shown.markdown()}).content.decode()


class TestWhoSeesIt:
    """By its address and by its page, in every state: a guest, another member, its owner, a moderator."""

    @pytest.fixture
    def everybody(self, member) -> list[Client]:
        return [Client(), signed_in(make_member()), signed_in(member), signed_in(make_moderator())]

    def statuses(self, everybody: list[Client], shown: Picture) -> list[int]:
        seen = [client.get(shown.address).status_code for client in everybody]
        assert seen == [client.get(shown.get_absolute_url()).status_code for client in everybody]
        assert seen == [client.get(f"/pictures/{shown.name}-small.webp").status_code for client in everybody]
        return seen

    def test_before_it_is_used_and_after(self, everybody, member) -> None:
        shown = make_picture(member)
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]
        Draft.objects.create(
            member=member, kind="post_new", fields={"body": shown.markdown()}, updated_at=timezone.now()
        )
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]
        make_post(author=member, body=shown.markdown())
        assert self.statuses(everybody, shown) == [200, 200, 200, 200]

    def test_when_its_post_is_hidden_shown_again_and_deleted(self, everybody, member) -> None:
        shown, moderator = make_picture(member), make_moderator()
        post = make_post(author=member, body=shown.markdown())
        make_comment(post)
        post.hide(moderator, "Rude")
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]
        # Another member who knows its name brings it into nobody's sight.
        make_post(body=shown.markdown())
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]
        post.unhide(moderator, "Fine")
        assert self.statuses(everybody, shown) == [200, 200, 200, 200]
        post.delete_by_author()
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]

    def test_when_its_comment_or_the_post_above_is_hidden_or_deleted(self, everybody, member) -> None:
        shown, moderator = make_picture(member), make_moderator()
        comment = make_comment(author=member, body=shown.markdown())
        assert self.statuses(everybody, shown) == [200, 200, 200, 200]
        comment.post.hide(moderator, "Rude")
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]
        comment.post.unhide(moderator, "Fine")
        comment.hide(moderator, "Rude")
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]
        comment.unhide(moderator, "Fine")
        comment.delete_by_author()
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]

    def test_when_a_moderator_hides_it_shows_it_again_and_removes_it(
        self, everybody, member, django_capture_on_commit_callbacks
    ) -> None:
        shown, moderator = make_picture(member), make_moderator()
        post = make_post(author=member, body=shown.markdown())
        shown.hide(moderator, "A face")
        assert self.statuses(everybody, shown) == [404, 404, 200, 200]
        jobs.render_texts(posts=[post.pk], comments=[])
        assert "A picture that was taken away: A lamp" in PostText.objects.get(post=post).body_html
        shown.unhide(moderator, "Agreed with the member")
        jobs.render_texts(posts=[post.pk], comments=[])
        assert "<img" in PostText.objects.get(post=post).body_html
        assert self.statuses(everybody, shown) == [200, 200, 200, 200]
        with django_capture_on_commit_callbacks(execute=True):
            shown.remove(moderator, "A face")
        assert not keeping.path_of(SHELF, shown.name).exists()
        assert self.statuses(everybody, shown) == [404, 404, 404, 404]
        assert [*Action.objects.order_by("pk").values_list("action", "label", "reason")] == [
            ("hide", f"picture {shown.pk}", "A face"),
            ("unhide", f"picture {shown.pk}", "Agreed with the member"),
            ("remove", f"picture {shown.pk}", "A face"),
        ]

    def test_and_what_the_answers_say_of_keeping_it(self, everybody, member) -> None:
        shown = make_picture(member)
        answer = everybody[2].get(shown.address)
        assert answer["Cache-Control"] == "private, no-store"
        make_post(author=member, body=shown.markdown())
        for client in everybody:
            answer = client.get(shown.address)
            assert answer["Cache-Control"] == "public, max-age=31536000, s-maxage=60, immutable"
            assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
            assert answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Type"] == "image/webp"
            assert answer["Content-Disposition"] == "inline" and b"".join(answer)[8:12] == b"WEBP"
        again = Client().get(shown.address, headers={"If-None-Match": answer["ETag"]})
        assert again.status_code == 304
        assert "no-store" in everybody[1].get(shown.get_absolute_url())["Cache-Control"]

    def test_and_no_folder_or_odd_name_is_listed(self, everybody) -> None:
        for path in (
            "/media/",
            "/media/pictures/",
            "/pictures/..%2f..%2fx.webp",
            "/pictures/%2e%2e.webp",
            "/pictures/a.webp",
        ):
            for client in everybody:
                assert client.get(path).status_code == 404, path


class TestUnderAPseudonym:
    def test_a_picture_stands_on_one_side_only_and_tells_no_moderator_whose_it_is(self, member) -> None:
        one, other = make_picture(member), make_picture(member)
        masked = make_post(author=member, body=one.markdown(), masked=True)
        named = make_post(author=member, body=f"{one.markdown()} {other.markdown()}")
        assert masked.text.body_html.count("<img") == 1
        assert named.text.body_html.count("<img") == 1 and other.name in named.text.body_html
        again = make_comment(masked, author=member, body=f"{one.markdown()} {other.markdown()}")
        assert again.mask_id and again.text.body_html.count("<img") == 1 and one.name in again.text.body_html
        assert member.username not in Client().get(one.get_absolute_url()).content.decode()
        moderator = signed_in(make_moderator())
        assert member.username not in moderator.get(one.get_absolute_url()).content.decode()
        assert member.username not in moderator.get(f"/admin/forum/picture/{one.pk}/change/").content.decode()
        assert member.username in moderator.get(f"/admin/forum/picture/{other.pk}/change/").content.decode()
        report(one, "picture", make_member(), "spam")
        assert Case.objects.get().author is None


class TestTakingItAway:
    def test_takes_the_files_and_tells_in_words_where_it_stood(
        self, browser, member, django_capture_on_commit_callbacks
    ) -> None:
        shown = make_picture(member)
        post = make_post(author=member, body=shown.markdown())
        assert "1 text" in browser.get(f"/pictures/{shown.name}/remove/").content.decode()
        with django_capture_on_commit_callbacks(execute=True):
            answer = browser.post(f"/pictures/{shown.name}/remove/")
        assert answer["Location"] == "/pictures/" and not Picture.objects.exists() and files(shown) == [False, False]
        assert texts_to_render() == [{"posts": [post.pk], "comments": []}]
        jobs.render_texts(posts=[post.pk], comments=[])
        assert "A lamp" in PostText.objects.get(post=post).body_html
        assert "<img" not in PostText.objects.get(post=post).body_html
        assert browser.post(f"/pictures/{shown.name}/remove/").status_code == 404

    def test_is_its_owners_alone(self, member) -> None:
        shown = make_picture(member)
        make_post(author=member, body=shown.markdown())
        for other in (make_member(), make_moderator()):
            assert signed_in(other).post(f"/pictures/{shown.name}/remove/").status_code == 404
        assert Picture.objects.filter(pk=shown.pk).exists()

    def test_keeps_what_is_reported_for_the_moderators_until_they_have_decided(self, member) -> None:
        shown, moderator = make_picture(member), make_moderator()
        make_post(author=member, body=shown.markdown())
        report(shown, "picture", make_member(), "spam")
        shown.take_back()
        assert not Picture.objects.visible_to(member).exists() and Picture.objects.visible_to(moderator).exists()
        assert pictures.sweep() == 0
        reject(Case.objects.get(), moderator, "Fine")
        assert pictures.sweep() == 1 and not Picture.objects.exists()

    def test_by_a_moderator_is_for_good(self, browser, member) -> None:
        data = picture()
        send(browser, data)
        Picture.objects.get().remove(make_moderator(), "A face")
        answer = send(browser, data)
        assert answer.status_code == 422 and "A moderator has removed this picture" in answer.json()["error"]

    def test_at_the_desk_needs_a_reason(self, member) -> None:
        shown, desk = make_picture(member), signed_in(make_moderator())
        press = {"action": "remove", "_selected_action": [shown.pk]}
        desk.post("/admin/forum/picture/", press | {"reason": " "})
        assert Picture.objects.get().removed_at is None
        desk.post("/admin/forum/picture/", press | {"reason": "A face"})
        assert Picture.objects.get().removed_at and Action.objects.get().reason == "A face"
        assert signed_in(member).post("/admin/forum/picture/", press | {"reason": "x"}).status_code in (302, 403)


class TestReportingIt:
    def test_is_done_from_its_page_and_its_author_cannot(self, member) -> None:
        shown = make_picture(member)
        other = signed_in(make_member())
        page = other.get(shown.get_absolute_url())
        assert page.status_code == 404
        make_post(author=member, body=shown.markdown())
        page = other.get(shown.get_absolute_url()).content.decode()
        address = re.search(r'href="([^"]*)">Report this picture', page)[1]
        assert other.post(address, {"reason": "spam", "note": ""}).status_code == 302
        case = Case.objects.get()
        assert (case.kind, case.author) == ("picture", member) and shown.address in case.words
        assert signed_in(member).post(address, {"reason": "spam"}).status_code == 403


class TestTheSweep:
    def test_takes_what_nothing_needs_and_nothing_else(self, member) -> None:
        def aged(shown: Picture, days: int) -> Picture:
            Picture.objects.filter(pk=shown.pk).update(touched_at=timezone.now() - timedelta(days=days))
            return shown

        unused, fresh, drafted, used, deleted, long_gone = (make_picture(member) for _ in range(6))
        Draft.objects.create(
            member=member, kind="post_new", fields={"body": f"x {drafted.markdown()} y"}, updated_at=timezone.now()
        )
        make_comment(author=member, body=used.markdown())
        make_post(author=member, body=deleted.markdown()).delete_by_author()
        old = make_comment(author=member, body=long_gone.markdown())
        old.delete_by_author()
        type(old).objects.filter(pk=old.pk).update(deleted_at=timezone.now() - timedelta(days=31))
        for shown in (unused, drafted, used, deleted, long_gone):
            aged(shown, 8)
        aged(fresh, 6)
        assert pictures.sweep() == 2
        assert {*Picture.objects.all()} == {fresh, drafted, used, deleted}
        assert pictures.sweep() == 0

    def test_takes_files_that_belong_to_nothing(self, member) -> None:
        shown, stray = make_picture(member), make_picture(member)
        Picture.objects.filter(pk=stray.pk).delete()
        assert pictures.sweep_files() == 0  # it may be about to be written down
        for each in (shown, stray):
            path = keeping.path_of(SHELF, each.name)
            os.utime(path, (1, 1))
        assert pictures.sweep_files() == 1
        assert files(shown)[0] and not files(stray)[0]

    def test_runs_in_a_job(self, member) -> None:
        make_picture(member, touched_at=timezone.now() - timedelta(days=8))
        jobs.sweep_pictures(timestamp=0)
        assert not Picture.objects.exists()


class TestLeavingAndTakingOnesDataAlong:
    def test_gives_the_files_and_takes_them_away(self, member, django_capture_on_commit_callbacks) -> None:
        shown = make_picture(member)
        post = make_post(author=member, body=shown.markdown())
        ((name, path),) = [found for files in personal.files() for found in files.find(member)]
        assert name == f"{shown.name}.webp" and path.exists()
        with django_capture_on_commit_callbacks(execute=True):
            place = 0
            while (step := personal.next_step(member, personal.Choice.KEEP, place)) is not None:
                place = step
        assert not Picture.objects.exists() and not path.exists()
        assert texts_to_render() == [{"posts": [post.pk], "comments": []}]


def test_a_draft_that_is_open_elsewhere_hears_of_the_picture(member) -> None:
    shown = make_picture(member)
    place = drafts.Place("post_new")
    blank = {"title": "", "body": "Words", "token": "", "category": "", "tags": "", "own_gist": ""}
    kept = drafts.keep(member, drafts.Keeper(place, uuid.uuid4()), blank)
    assert drafts.add_to(member, place, shown.markdown())
    with pytest.raises(drafts.NewerDraft):
        drafts.keep(member, drafts.Keeper(place, uuid.uuid4(), kept.seen), blank | {"body": "Other"})


def test_the_line_of_a_picture_means_the_same_whatever_it_shows(member) -> None:
    for words in ("]( x", "a](https://e.example)", "**b** `c` <d> & !", "@e #f \\", "~~g~~ _h_"):
        html = make_post(author=member, body=make_picture(member, alt=words).markdown()).text.body_html
        assert html.count("<img") == 1 and f'alt="{json.loads(json.dumps(words)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}"' in html  # fmt: skip
