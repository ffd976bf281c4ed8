"""What is written to a member is in their language, whoever caused it; what is stored for all stays English."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django import forms
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone, translation

from accounts import leaving
from accounts import mail as account_mail
from common import catalogue, wording
from moderation import sanctions, trust
from moderation.models import Action, Trust
from notices import digests, letters, push
from notices.models import Device, Digest, Letter, Notification, Preference
from notices.telling import tell
from studies.models import ErrorReport, StudyChange
from tests.builders import (
    confirmed,
    make_comment,
    make_librarian,
    make_member,
    make_moderator,
    make_post,
    make_study,
)

pytestmark = pytest.mark.django_db


def german(name: str = "") -> object:
    return confirmed(make_member(name, language="de"))


def as_member(member) -> Client:
    client = Client()
    client.force_login(member)
    return client


class TestANotification:
    def test_is_stored_in_english_and_read_in_the_readers_language(self):
        owner, other = german(), make_member("lena")
        post = make_post(author=owner, title="Saved")
        with translation.override("de"):  # as if lena read the pages in German
            make_comment(post, author=other)
        told = Notification.objects.get(member=owner)
        assert told.words == "lena replied to your post “Saved”"
        page = as_member(owner).get("/notifications/").text
        assert "lena hat auf deinen Beitrag „Saved“ geantwortet" in page  # a title is nobody's to translate
        assert told.words not in page

    def test_that_has_gathered_counts_in_the_readers_language(self):
        reader = german()
        for count in (1, 3):
            words = f"{count} new comment{'s' * (count > 1)} on “Foam”"
            told = Notification(member=reader, words=words)
            with translation.override("de"):
                assert told.said == {1: "1 neuer Kommentar zu „Foam“", 3: "3 neue Kommentare zu „Foam“"}[count]
            assert told.said == words

    def test_of_what_a_moderator_did_says_to_what(self):
        owner, moderator = german(), make_moderator()
        post = make_post(author=owner, title="Foam")
        with translation.override("de"):
            post.lock(moderator, "It went in circles")
        told = Notification.objects.get(member=owner)
        assert told.words == "A moderator has locked your post “Foam”: It went in circles"
        with translation.override("de"):
            assert told.said == "Die Moderation hat deinen Beitrag „Foam“ gesperrt: It went in circles"

    def test_of_a_level_of_trust_names_it_in_the_readers_language(self):
        owner = german()
        Trust.objects.create(member=owner)
        trust.fix(owner, make_moderator(), 2, "Helps")
        told = Notification.objects.get(member=owner, kind=trust.KIND)
        assert told.said == "You have reached trust level 2, “Regular”: your limits are wider now."
        page = as_member(owner).get("/notifications/").text
        assert "Vertrauensstufe 2 erreicht, „Regelmäßig hier“" in page and "Regular" not in page

    @pytest.mark.parametrize("words", ["An older wording of something", "%(who)s replied to", "", "1 new"])
    def test_that_is_not_known_again_stays_as_it_is(self, words):
        with translation.override("de"):
            assert wording.in_words_of_reader(words) == words


class TestMail:
    def test_at_once_is_in_its_receivers_language(self):
        members = german("marta"), confirmed(make_member("lena"))
        for member in members:
            Preference.objects.create(member=member, kind="reply", place="mail")
            make_comment(make_post(author=member, title="Foam"), author=make_member())
        Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        with translation.override("de"):  # the job's own language says nothing
            letters.write_due()
        said = {message.to[0]: message for message in mail.outbox}
        to_marta, to_lena = said["marta@example.org"], said["lena@example.org"]
        assert "hat auf deinen Beitrag „Foam“ geantwortet" in to_marta.body and "You get this mail" not in to_marta.body
        assert '<html lang="de">' in to_marta.alternatives[0][0]
        assert "replied to your post “Foam”" in to_lena.body and "You get this mail because" in to_lena.body

    def test_at_once_has_its_subject_in_it_too(self):
        member = german()
        Preference.objects.create(member=member, kind="summary", place="mail")
        tell([member], kind="summary", key="a", words="“Foam” has a new summary.", url="/")
        Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        letters.write_due()
        assert "„Foam“ hat eine neue Zusammenfassung." in mail.outbox[0].subject

    def test_of_a_digest_is_in_its_receivers_language(self):
        member = german()
        Digest.choose(member, "week")
        Digest.objects.update(due_at=timezone.now(), told_until=timezone.now() - timedelta(days=1))
        tell([member], kind="summary", key="a", words="“Foam” has a new summary.", url="/")
        digests.send_due()
        [message] = mail.outbox
        assert message.subject == f"{settings.SITE_NAME}: „Foam“ hat eine neue Zusammenfassung."
        assert f"Hallo {member.username}," in message.body and "jede woche, am montag" in message.body

    def test_about_the_account_is_in_its_owners_language(self):
        member, moderator = german(), make_moderator()
        with translation.override("en"):
            sanctions.tell_of(sanctions.give(member, moderator, ["vote"], "Rude", days=3))
            leaving.ask(member, "keep")
        ban, bye = mail.outbox
        assert "Eine Entscheidung der Moderation über dein Konto" in ban.subject
        assert "Du kannst hier bis " in ban.body and "nicht zustimmen oder reagieren" in ban.body
        assert "ohne Namen behalten" in bye.body and f"Hallo {member.username}," in bye.body
        assert Notification.objects.get(member=member).words.startswith("You can't vote or react here until ")

    def test_that_a_guest_asks_for_is_in_the_members_language(self):
        member = german()
        Client().post("/accounts/password/reset/", {"email": member.email})
        assert "enter this code" not in mail.outbox[0].body and "gib diesen Code" in mail.outbox[0].body

    def test_of_somebody_without_a_choice_is_english(self):
        with translation.override("de"):
            account_mail.send(make_member("lena"), "staying", "You are staying")
        assert "Hello lena," in mail.outbox[0].body and "You are staying" in mail.outbox[0].subject


class TestADevice:
    def test_is_told_in_its_members_language(self, monkeypatch):
        member = german()
        Device.objects.create(member=member, endpoint="https://fcm.googleapis.com/a", p256dh="a", auth="b")
        make_comment(make_post(author=member, title="Foam"), author=make_member("lena"))
        Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        handed = []
        monkeypatch.setattr(push, "hand_over", lambda device, message: handed.append(message["body"]))
        push.send_due(lambda device, pairs, failure: None)
        assert handed == ["lena hat auf deinen Beitrag „Foam“ geantwortet"]


class TestWhatIsStored:
    def test_of_an_answer_stays_english_whoever_answers(self):
        report, _ = ErrorReport.send(make_study(), make_member(), kind="other", words="The year is wrong.")
        with translation.override("de"):
            report.settle(make_librarian(), ErrorReport.Status.NO_ERROR, "It is right.")
        assert "not an error" in Notification.objects.get().words

    def test_of_a_decision_stays_english_whoever_decides(self):
        member, moderator = make_member(), make_moderator()
        with translation.override("de"):
            sanctions.tell_of(sanctions.give(member, moderator, ["vote"], "Rude", days=3))
        assert Notification.objects.get(member=member).words.startswith("You can't vote or react here until ")

    def test_stays_english_whoever_causes_it(self):
        librarian, moderator = make_librarian(), make_moderator()
        study = make_study()
        type(librarian).objects.update(language="de")
        client = as_member(librarian)
        for part, typed in (
            ("evidence", {"evidence-level": "3-observational"}),
            ("standing", {"standing-state": "retracted"}),
        ):
            typed |= {"part": part, f"{part}-reason": "Read it"}
            answer = client.post(f"{study.get_absolute_url()}by-hand/", typed)
            assert answer.status_code == 302, answer.text
        said = list(StudyChange.objects.filter(study=study).values_list("words", flat=True))
        assert said and not any(word in " ".join(said) for word in ("Zurückgezogen", "Evidenz", "Studie"))
        post = make_post()
        as_member(moderator).post(f"/moderation/post/{post.pk}/hide/", {"reason": "Rude"})
        assert [line.action for line in Action.objects.filter(object_id=post.pk)] == ["hide"]


class TestRefusals:
    def test_are_in_the_readers_language(self):
        client = as_member(german())
        assert "Dieses Schlagwort gibt es nicht." in client.get("/tags/nowhere/").text
        assert "Diese Listenadresse ist beschädigt" in client.get("/community/?after=x").text
        assert "Schreib zuerst etwas." in client.post(f"/posts/{make_post().pk}/comment/", {"body": " "}).text

    def test_of_a_limit_are_in_the_readers_language(self, settings):
        settings.LIMITS_ON = True
        settings.LIMITS = settings.LIMITS | {"comment": settings.LIMITS["comment"] | {"new": "1/hour"}}
        client, post = as_member(german()), make_post()
        for body in ("First.", "Second."):
            answer = client.post(f"/posts/{post.pk}/comment/", {"body": body})
        assert answer.status_code == 429
        assert "Du hast in kurzer Zeit viele Kommentare geschrieben. Bitte warte" in answer.text


def every_form(kind: type[forms.BaseForm] = forms.BaseForm) -> set[type[forms.BaseForm]]:
    get_resolver().url_patterns  # noqa: B018 - so that all of them are there
    below = {each for child in kind.__subclasses__() for each in {child} | every_form(child)}
    return {
        each
        for each in below
        if each.__module__.split(".")[0] in catalogue.ROOMS and not each.__module__.endswith(("admin", "desk", "bulk"))
    }


class TestEveryForm:
    def test_has_its_words_in_the_catalogue(self):
        marked = {key[1] for key in catalogue.found_in(settings.BASE_DIR)}
        named = {"Action:", "English", "Deutsch", "Username", "Email"}  # the desk's; languages; allauth's, replaced
        missing = set()
        with translation.override("de"):
            for form in every_form():
                for name, field in getattr(form, "base_fields", {}).items():
                    words = {str(field.label or ""), str(field.help_text or "")}
                    if isinstance(field, forms.ChoiceField) and not hasattr(field, "queryset") and name != "time_zone":
                        words |= {str(label) for _, label in field.choices}
                    missing |= {(form.__name__, name, each) for each in words & marked - named if _says_otherwise(each)}
        assert not missing, "these are English in a German form"


def _says_otherwise(words: str) -> bool:
    """Whether German has other words for it: what is English still was fixed before anybody's language was known."""
    return translation.gettext(words) != words
