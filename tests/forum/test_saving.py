"""Saving posts and comments: once, with a note and a folder that only their member sees."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from forum import saving
from forum.models import Folder, SavedWords
from studies import keeping as studies_keeping
from studies.merging import merge
from studies.models import SavedStudy
from tests.builders import make_comment, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return make_member()


@pytest.fixture
def own(client: Client, member):
    client.force_login(member)
    return client


class TestSaving:
    def test_twice_is_once_and_keeps_the_note(self, member):
        for thing in (make_post(), make_comment()):
            saving.write_note(member, thing, "Dose on page 4", saving.folder_named(member, "Doses"))
            saving.save(member, thing)
            kept = saving.saved(member, thing)
            assert kept.note == "Dose on page 4"
            assert kept.folder.name == "Doses"
        assert SavedWords.objects.count() == 2
        assert Folder.objects.count() == 1

    def test_what_was_removed_can_be_put_back_for_a_day(self, member):
        post = make_post()
        saving.write_note(member, post, "Mine", None)
        saving.remove(member, post)
        assert saving.kept_by(member, [post]) == saving.Kept()
        saving.put_back(member, post)
        assert saving.saved(member, post).note == "Mine"
        saving.remove(member, post)
        saving.forget_removed()
        assert SavedWords.objects.exists()
        SavedWords.objects.update(removed_at=timezone.now() - timedelta(days=2))
        saving.forget_removed()
        assert not SavedWords.objects.exists()

    def test_saved_anew_after_it_was_removed_it_has_no_note(self, member):
        post = make_post()
        saving.write_note(member, post, "Mine", saving.folder_named(member, "Doses"))
        saving.remove(member, post)
        saving.save(member, post)
        kept = saving.saved(member, post)
        assert (kept.note, kept.folder) == ("", None)

    def test_has_a_bound(self, own, member, monkeypatch):
        monkeypatch.setattr(saving, "MOST_SAVED", 1)
        saving.save(member, make_post())
        assert "as many as anyone can" in own.post(f"/posts/{make_post().pk}/save/", follow=True).text
        assert SavedWords.objects.count() == 1

    def test_is_of_one_thing_by_the_database(self, member):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedWords.objects.create(member=member)
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedWords.objects.create(member=member, post=make_post(), comment=make_comment())


@pytest.mark.django_db(transaction=True)
def test_many_at_once_save_it_once_and_make_one_folder():
    member, post = make_member(), make_post()

    def press(_):
        try:
            saving.write_note(member, post, "", saving.folder_named(member, "One"))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, range(8)))
    assert SavedWords.objects.count() == Folder.objects.count() == 1


class TestFolders:
    def test_are_one_however_they_are_cased(self, member):
        assert saving.folder_named(member, "Doses") == saving.folder_named(member, "  doses ")
        assert saving.folder_named(member, " \u200b ") is None

    def test_of_others_can_not_be_chosen(self, own, member):
        other = saving.folder_named(make_member(), "Theirs")
        post = make_post()
        answer = own.post(f"/posts/{post.pk}/keep/", {"note": "words kept", "folder": str(other.pk)})
        assert answer.status_code == 422
        assert "words kept" in answer.text
        saving.save(member, post)
        own.post("/saved/move/", {"item": f"post-{post.pk}", "folder": str(other.pk)})
        assert saving.saved(member, post).folder is None
        assert own.post(f"/saved/folders/{other.pk}/delete/").status_code == 404
        assert own.get(f"/saved/?folder={other.pk}").status_code == 404

    def test_have_a_bound(self, own, monkeypatch):
        monkeypatch.setattr(saving, "MOST_FOLDERS", 1)
        post = make_post()
        own.post(f"/posts/{post.pk}/keep/", {"new_folder": "One"})
        answer = own.post(f"/posts/{post.pk}/keep/", {"new_folder": "Two"})
        assert answer.status_code == 422
        assert "as many as anyone can" in answer.text

    def test_take_studies_posts_and_comments_together_and_give_them_back_when_deleted(self, own, member):
        study, post, comment = make_study(), make_post(), make_comment()
        studies_keeping.save(member, study)
        saving.save(member, post)
        saving.save(member, comment)
        items = [f"study-{study.pk}", f"post-{post.pk}", f"comment-{comment.pk}", "post-x", "member-1", ""]
        answer = own.post("/saved/move/", {"item": items, "new_folder": "Doses"}, follow=True)
        folder = Folder.objects.get()
        assert answer.redirect_chain[-1][0] == f"/saved/?folder={folder.pk}"
        assert answer.text.count('class="kept"') == 3
        assert own.get("/saved/?folder=none").text.count('class="kept"') == 0
        own.post(f"/saved/folders/{folder.pk}/delete/")
        assert own.get("/saved/?folder=none").text.count('class="kept"') == 3

    def test_stay_with_a_study_that_is_merged(self, member):
        kept, gone = make_study(), make_study()
        studies_keeping.save(member, gone)
        SavedStudy.objects.update(folder=saving.folder_named(member, "Doses"))
        merge(kept, gone, reason="One work")
        assert SavedStudy.objects.get().folder.name == "Doses"


class TestTheButton:
    @pytest.mark.parametrize("kind", ["post", "comment"])
    def test_saves_and_removes_with_and_without_javascript(self, own, member, kind):
        thing = make_post() if kind == "post" else make_comment()
        for _ in range(2):
            assert own.post(f"/{kind}s/{thing.pk}/save/")["Location"] == thing.get_absolute_url()
        assert saving.saved(member, thing)
        answer = own.post(f"/{kind}s/{thing.pk}/unsave/", headers={"HX-Request": "true"})
        assert 'aria-pressed="false"' in answer.text
        assert saving.saved(member, thing) is None
        answer = own.post(f"/{kind}s/{thing.pk}/save/", headers={"HX-Request": "true"})
        assert 'aria-pressed="true"' in answer.text
        assert f"/{kind}s/{thing.pk}/keep/" in answer.text

    def test_stands_at_each_post_and_comment_for_members_alone(self, client, member):
        comment = make_comment()
        address = comment.post.get_absolute_url()
        assert "save-button" not in client.get(address).text
        saving.save(member, comment)
        client.force_login(member)
        page = client.get(address).text
        assert page.count('class="save-button"') == 2
        assert len(re.findall(r'class="save-button"[^>]*aria-pressed="true"', page)) == 1

    def test_is_not_for_guests_nor_for_what_is_out_of_sight(self, client, member):
        comment = make_comment()
        comment.post.hide(make_moderator(), "Rude.")
        for thing, kind in ((comment, "comment"), (comment.post, "post")):
            assert client.post(f"/{kind}s/{thing.pk}/save/")["Location"].startswith("/accounts/login/")
        client.force_login(member)
        for thing, kind in ((comment, "comment"), (comment.post, "post")):
            for verb in ("save", "unsave", "put-back", "keep"):
                assert client.post(f"/{kind}s/{thing.pk}/{verb}/").status_code == 404
        assert not SavedWords.objects.exists()

    def test_does_nothing_by_get(self, own):
        post = make_post()
        for verb in ("save", "unsave", "put-back"):
            assert own.get(f"/posts/{post.pk}/{verb}/").status_code == 405


class TestThePage:
    def test_shows_all_kinds_together_a_page_at_a_time_each_once(self, own, member, settings):
        settings.LIST_PAGE = 4
        at = timezone.now()
        for number in range(5):
            study, comment = make_study(f"Study {number}"), make_comment(make_post(title=f"Post {number}"))
            studies_keeping.save(member, study)
            saving.save(member, comment)
            saving.save(member, comment.post)
            # Several at one moment, so that the order needs more than that.
            moment = at - timedelta(minutes=number // 2)
            SavedStudy.objects.filter(study=study).update(saved_at=moment)
            SavedWords.objects.filter(post=comment.post).update(saved_at=moment)
            SavedWords.objects.filter(comment=comment).update(saved_at=moment)
        for query, most in (("", 15), ("type=study", 5), ("type=post", 5), ("type=comment", 5), ("q=1", 3)):
            by_sort = {}
            for sort in ("new", "old"):
                items, after = [], ""
                while True:
                    page = own.get(f"/saved/?{query}&sort={sort}&after={after}").text
                    items += re.findall(r'name="item" value="([a-z]+-\d+)"', page)
                    more = re.search(r'rel="next" href="[^"]*after=([\w-]+)', page)
                    if not more:
                        break
                    after = more[1]
                assert len(items) == len(set(items)) == most, (query, sort)
                by_sort[sort] = items
            assert set(by_sort["new"]) == set(by_sort["old"])

    def test_tells_what_is_gone_without_its_words(self, own, member):
        hidden, deleted, under = make_post(title="Secret one"), make_post(title="Secret two"), make_comment()
        for thing in (hidden, deleted, under):
            saving.write_note(member, thing, "My note", None)
        hidden.hide(make_moderator(), "Rude.")
        deleted.delete_by_author()
        under.post.hide(make_moderator(), "Rude.")
        page = own.get("/saved/").text
        assert "hidden by a moderator" in page
        assert "deleted by its author" in page
        assert "The post that this comment stands under is out of sight." in page
        assert "Secret" not in page
        assert page.count("My note") == 3
        assert 'class="kept"' not in own.get("/saved/?q=secret").text
        own.post(f"/posts/{hidden.pk}/unsave/", {"from": "saved"})
        assert own.get("/saved/").text.count('class="kept"') == 2

    def test_undoes_a_removal(self, own, member):
        post = make_post()
        saving.write_note(member, post, "Mine", None)
        answer = own.post(f"/posts/{post.pk}/unsave/", {"from": "saved"}, follow=True)
        assert "Removed: a post" in answer.text
        assert "Mine" in own.post(f"/posts/{post.pk}/put-back/", follow=True).text

    def test_and_notes_are_seen_by_their_member_alone(self, client, member):
        post = make_post()
        saving.write_note(member, post, "zebrafinch", saving.folder_named(member, "quokkas"))
        for reader in (make_member(), make_moderator(), None):
            client.logout()
            if reader:
                client.force_login(reader)
            for address in ("/saved/", "/saved/?q=zebrafinch", post.get_absolute_url(), f"/posts/{post.pk}/keep/"):
                text = client.get(address).text
                assert "zebrafinch</" not in text
                assert "quokkas" not in text

    @pytest.mark.parametrize(
        "query",
        ["sort=best", "type=member", "folder=x", "folder=9999", "after=zzz", "after=WzFd", "after=WyJ4IiwxLDFd"],
    )
    def test_knows_no_odd_addresses(self, own, query):
        assert own.get(f"/saved/?{query}").status_code == 404

    def test_a_note_too_long_comes_back_as_typed(self, own):
        answer = own.post(f"/posts/{make_post().pk}/keep/", {"note": "word " * 500})
        assert answer.status_code == 422
        assert "word word" in answer.text
