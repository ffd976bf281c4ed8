"""Saving studies, with notes that only their member sees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notices import following
from studies import keeping
from studies.merging import merge
from studies.models import ReadingList, SavedStudy
from tests.builders import make_librarian, make_member, make_study
from tests.studies.test_reading_lists import studies_of

pytestmark = pytest.mark.django_db


class TestSaving:
    def test_twice_is_once_and_keeps_the_note(self):
        member, study = make_member(), make_study()
        keeping.write_note(member, study, "Dose on page 4")
        keeping.save(member, study)
        assert SavedStudy.objects.get().note == "Dose on page 4"
        assert keeping.savers_of(study) == {member.pk}

    def test_what_was_removed_can_be_put_back_with_its_note(self):
        member, study = make_member(), make_study()
        keeping.write_note(member, study, "Mine")
        keeping.remove(member, study)
        assert keeping.savers_of(study) == set()
        keeping.put_back(member, study)
        assert SavedStudy.objects.kept().get().note == "Mine"

    def test_saved_anew_after_it_was_removed_it_has_no_note(self):
        member, study = make_member(), make_study()
        keeping.write_note(member, study, "Mine")
        keeping.remove(member, study)
        keeping.save(member, study)
        assert SavedStudy.objects.kept().get().note == ""


class TestTwoStudiesThatBecomeOne:
    def test_keep_saves_notes_and_follows(self):
        kept, gone = make_study(), make_study()
        both, one, had_removed = make_member(), make_member(), make_member()
        keeping.write_note(both, kept, "First")
        keeping.write_note(both, gone, "Second")
        keeping.write_note(one, gone, "Only")
        keeping.write_note(had_removed, kept, "Old")
        keeping.remove(had_removed, kept)
        keeping.save(had_removed, gone)
        following.follow(one, gone)
        merge(kept, gone, reason="One work")
        notes = dict(SavedStudy.objects.kept().values_list("member_id", "note"))
        assert notes == {both.pk: "First\n\nSecond", one.pk: "Only", had_removed.pk: ""}
        assert following.followers_of(kept) == {one.pk}

    def test_keep_their_places_in_lists(self):
        kept, gone, other = make_study(), make_study(), make_study()
        owner = make_member()
        both, one = (ReadingList.start(owner, title=title) for title in ("Both", "One"))
        for study in (gone, other, kept):
            both.add(study)
        for study in (gone, other):
            one.add(study)
        merge(kept, gone, reason="One work")
        assert studies_of(both) == [other, kept]
        assert studies_of(one) == [kept, other]


class TestTheSaveButton:
    def test_saves_and_removes_with_and_without_javascript(self, client: Client):
        member, study = make_member(), make_study()
        client.force_login(member)
        for _ in range(2):
            assert client.post(f"/saved/{study.pk}/save/")["Location"] == study.get_absolute_url()
        assert keeping.savers_of(study) == {member.pk}
        answer = client.post(f"/saved/{study.pk}/remove/", headers={"HX-Request": "true"})
        assert 'aria-pressed="false"' in answer.content.decode()
        assert keeping.savers_of(study) == set()

    def test_stands_in_lists_of_a_member_and_shows_what_is_saved(self, client: Client):
        member = make_member()
        one, _ = make_study(), make_study()
        assert "save-button" not in client.get("/studies/").content.decode()
        keeping.save(member, one)
        client.force_login(member)
        page = client.get("/studies/").content.decode()
        assert page.count('class="save-button"') == 2 and page.count('aria-pressed="true"') == 1

    def test_sends_a_guest_to_sign_in(self, client: Client):
        study = make_study()
        assert client.post(f"/saved/{study.pk}/save/")["Location"].startswith("/accounts/login/")
        assert client.get(f"/saved/{study.pk}/save/").status_code == 405
        client.force_login(make_member())
        assert client.post("/saved/999999/save/").status_code == 404

    def test_refuses_more_than_anyone_may_keep(self, client: Client, monkeypatch):
        monkeypatch.setattr(keeping, "MOST_SAVED", 1)
        member, study = make_member(), make_study()
        keeping.save(member, make_study())
        client.force_login(member)
        assert "as many as anyone can" in client.post(f"/saved/{study.pk}/save/", follow=True).content.decode()
        assert keeping.savers_of(study) == set()


class TestANote:
    SECRET = "zebrafinch, page 4"

    def test_is_seen_by_its_member_alone(self, client: Client):
        owner, study = make_member(), make_study("On foam", tags=["foam"], tldr="Foam.")
        librarian = make_librarian()
        pages = [
            study.get_absolute_url(), f"{study.get_absolute_url()}keep/", "/studies/", "/saved/", "/saved/?q=zebrafinch",
            owner.get_absolute_url(), "/search/?q=zebrafinch", "/saved.csl.json", "/saved.bib", f"/admin/studies/study/{study.pk}/change/",
        ]  # fmt: skip
        client.force_login(owner)
        address = f"{study.get_absolute_url()}keep/"
        assert client.post(address, {"note": self.SECRET})["Location"] == study.get_absolute_url()
        assert self.SECRET in client.get("/saved/").content.decode()
        for reader in (make_member(), librarian, None):
            client.logout()
            if reader:
                client.force_login(reader)
            for page in pages:
                answer = client.get(page)
                said = b"".join(answer.streaming_content) if answer.streaming else answer.content
                assert self.SECRET not in said.decode(), page

    def test_too_long_comes_back_with_what_was_typed(self, client: Client):
        study = make_study()
        client.force_login(make_member())
        answer = client.post(f"{study.get_absolute_url()}keep/", {"note": "word " * 500})
        assert answer.status_code == 422 and "word word" in answer.content.decode()
        assert not SavedStudy.objects.exists()


class TestThePageOfSavedStudies:
    def test_finds_by_title_and_by_note(self, client: Client):
        member = make_member()
        keeping.write_note(member, make_study("On foam"), "ask the doctor")
        keeping.save(member, make_study("On tablets"))
        client.force_login(member)
        for words, found in (("doctor foam", True), ("DOCTOR", True), ("doctor tablets", False), ("%", False)):
            assert ("On foam" in client.get("/saved/", {"q": words}).content.decode()) == found, words

    def test_undoes_a_removal_with_its_note(self, client: Client):
        member, study = make_member(), make_study("On foam")
        keeping.write_note(member, study, "Mine")
        client.force_login(member)
        answer = client.post(f"/saved/{study.pk}/remove/", {"from": "saved"}, follow=True)
        assert "Removed: On foam" in answer.content.decode() and "Mine" not in answer.content.decode()
        assert "Mine" in client.post(f"/saved/{study.pk}/put-back/", follow=True).content.decode()

    def test_forgets_what_was_removed_a_day_ago(self):
        member, study = make_member(), make_study()
        keeping.save(member, study)
        keeping.remove(member, study)
        keeping.forget_removed()
        assert SavedStudy.objects.exists()
        SavedStudy.objects.update(removed_at=timezone.now() - timedelta(days=2))
        keeping.forget_removed()
        assert not SavedStudy.objects.exists()

    def test_gives_what_is_saved_as_files(self, client: Client):
        member = make_member()
        keeping.save(member, make_study("On foam"))
        make_study("On tablets")
        assert client.get("/saved.bib").status_code == 302
        client.force_login(member)
        answer = client.get("/saved.bib")
        said = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        assert "foam" in said and "tablets" not in said

    @pytest.mark.parametrize("query", ["sort=best", "after=zzz", "after=WzFd"])
    def test_knows_no_odd_addresses(self, client: Client, query):
        client.force_login(make_member())
        assert client.get(f"/saved/?{query}").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_saving_a_study_that_is_merged_away_in_that_very_moment_is_refused_in_a_sentence(monkeypatch):
    member, librarian, kept, gone = make_member(), make_librarian(), make_study(), make_study()
    save = keeping.save

    def save_too_late(who, study):
        merge(kept, gone, actor=librarian, reason="The same work")
        save(who, study)

    monkeypatch.setattr(keeping, "save", save_too_late)
    client = Client(raise_request_exception=False)
    client.force_login(member)
    refused = client.post(reverse("studies:save", args=[gone.pk]))
    assert refused.status_code == 409 and "nothing was changed" in refused.content.decode()
    assert not SavedStudy.objects.exists()
