"""New studies, and who is told of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import Tag
from notices import following, muting
from notices.models import Follow, Notification
from studies import arrivals, feeds, searches
from studies.jobs.people import tell_of_new_studies
from studies.models import Arrival, NewStudy, SavedSearch, Study
from tests.builders import make_journal, make_member, make_study

pytestmark = pytest.mark.django_db


def told(member) -> list[str]:
    return list(Notification.objects.of(member).order_by("pk").values_list("words", flat=True))


@pytest.fixture
def tag() -> Tag:
    make_study("An old study", tags=["minoxidil"])
    arrivals.tell_of_new_studies()
    return Tag.objects.get(name="minoxidil")


class TestNewStudies:
    def test_are_told_of_once_however_often_the_job_runs(self, tag):
        reader = make_member()
        following.follow(reader, tag)
        make_study("Foam or solution", tags=["minoxidil"])
        tell_of_new_studies(0)
        tell_of_new_studies(0)
        assert told(reader) == ["A new study under minoxidil: Foam or solution"]

    def test_gather_in_one_notification_that_is_unread_again(self, tag):
        reader = make_member()
        following.follow(reader, tag)
        make_study(tags=["minoxidil"])
        arrivals.tell_of_new_studies()
        Notification.objects.of(reader).update(is_unread=False)
        for _ in range(4):
            make_study(tags=["minoxidil"])
        while arrivals.tell_of_new_studies(most=3):
            pass
        notification = Notification.objects.of(reader).get()
        assert (notification.words, notification.is_unread) == ("5 new studies under minoxidil", True)

    def test_are_told_by_journal_author_and_search_as_by_tag(self, tag):
        reader = make_member()
        journal = make_journal("Archives of Foam")
        first = make_study(authors=["Doe"], journal=journal)
        arrivals.tell_of_new_studies()
        for thing in (journal, first.authors.get()):
            following.follow(reader, thing)
        searches.save(reader, QueryDict("q=foam&tag=minoxidil&sort=cited&after=x"))
        make_study("Foam again", tags=["minoxidil"], authors=["Doe"], journal=journal)
        make_study("Solution", tags=["minoxidil"])
        arrivals.tell_of_new_studies()
        assert told(reader) == [
            "A new study under Archives of Foam: Foam again",
            "A new study under Doe: Foam again",
            "A new study under “foam”, minoxidil: Foam again",
        ]

    def test_under_a_muted_tag_are_told_by_no_other_follow_either(self, tag):
        journal = make_journal("Archives of Foam")
        tired, reader = make_member(), make_member()
        for member in (tired, reader):
            following.follow(member, journal)
        searches.save(tired, QueryDict("q=foam"))
        muting.mute(tired, "tag", tag.pk)
        make_study("Foam again", tags=["minoxidil"], journal=journal)
        arrivals.tell_of_new_studies()
        assert told(tired) == [] and told(reader) == ["A new study under Archives of Foam: Foam again"]
        fresh = make_study("Shampoo", tags=["ketoconazole"], journal=journal)
        make_study("More foam", tags=["minoxidil", "foam"], journal=journal)
        arrivals.tell_of_new_studies()
        assert told(tired) == ["1 new study under Archives of Foam"]
        assert told(reader) == ["3 new studies under Archives of Foam"]
        make_study("Oil", journal=journal)
        arrivals.tell_of_new_studies()
        assert told(tired) == ["2 new studies under Archives of Foam"]
        named = arrivals.lines(list(Notification.objects.of(tired)), timezone.now() - timedelta(days=1))
        assert [line.words for lines in named.values() for line in lines] == ["Oil", "Shampoo"]
        assert {entry.title for entry in feeds.followed_by(tired.pk)} == {"Oil", fresh.title}

    def test_are_not_told_to_who_follows_nothing_or_something_else(self, tag):
        other = make_member()
        following.follow(other, tag, Follow.Level.NOTHING)
        make_study(tags=["minoxidil"])
        arrivals.tell_of_new_studies()
        assert told(other) == []
        assert not Arrival.objects.exists()  # nothing is kept for what nobody follows
        assert not NewStudy.objects.exists()

    def test_cost_as_many_statements_for_three_hundred_as_for_one(self, tag):
        def cost() -> int:
            ContentType.objects.clear_cache()
            with CaptureQueriesContext(connection) as queries:
                arrivals.tell_of_new_studies()
            return len(queries)

        for _ in range(20):
            following.follow(make_member(), tag)
        make_study(tags=["minoxidil"])
        one = cost()
        Study.objects.bulk_create([Study(title=f"Of many {number}") for number in range(300)])
        for study in Study.objects.filter(title__startswith="Of many")[:5]:
            study.tag_items.create(tag=tag)
        assert cost() <= one
        assert Notification.objects.filter(words="6 new studies under minoxidil").count() == 20

    def test_that_are_gone_before_the_job_runs_are_told_to_nobody(self, tag):
        reader = make_member()
        following.follow(reader, tag)
        make_study(tags=["minoxidil"]).delete()
        arrivals.tell_of_new_studies()
        assert told(reader) == []

    def test_are_forgotten_when_they_are_old(self, tag):
        reader = make_member()
        following.follow(reader, tag)
        search = searches.save(reader, QueryDict("q=foam"))
        make_study(tags=["minoxidil"])
        arrivals.tell_of_new_studies()
        arrivals.forget_old()
        assert Arrival.objects.exists() and SavedSearch.objects.exists()
        following.unfollow(reader, search)
        Arrival.objects.update(arrived_at=timezone.now() - arrivals.KEPT * 2)
        arrivals.forget_old()
        assert not Arrival.objects.exists() and not SavedSearch.objects.exists()


class TestSavedSearches:
    def test_are_one_however_they_are_spelled(self):
        reader = make_member()
        one = searches.save(reader, QueryDict("q=hair++loss&year=2020"))
        other = searches.save(reader, QueryDict("year=2020&sort=new&q=hair+loss"))
        assert one == other
        assert one.get_absolute_url() == "/studies/?q=hair+loss&year=2020"

    def test_of_everything_are_refused(self, client: Client):
        client.force_login(make_member())
        answer = client.post("/following/search/?sort=cited", follow=True)
        assert "search for everything" in answer.content.decode()
        assert not SavedSearch.objects.exists()

    def test_are_followed_from_the_library_and_known_to_nobody_else(self, client: Client):
        reader, other = make_member(), make_member()
        client.force_login(reader)
        page = client.get("/studies/?q=foam").content.decode()
        assert 'formaction="/following/search/?q=foam"' in page
        assert client.post("/following/search/?q=foam")["Location"] == "/studies/?q=foam"
        search = SavedSearch.objects.get()
        arrivals_page = f"/following/new/search/{search.pk}/"
        assert client.get(arrivals_page).status_code == 200
        client.force_login(other)
        assert client.get(arrivals_page).status_code == 404
        assert client.post(f"/follow/search/{search.pk}/").status_code == 404
        assert "foam" not in client.get("/following/").content.decode()

    def test_whose_tag_is_gone_do_not_keep_back_the_others(self, tag):
        reader = make_member()
        searches.save(reader, QueryDict("tag=minoxidil"))
        searches.save(reader, QueryDict("q=foam"))
        Study.objects.all().delete()
        tag.delete()
        make_study("Foam")
        arrivals.tell_of_new_studies()
        assert told(reader) == ["A new study under “foam”: Foam"]

    def test_are_counted_in_full_but_kept_in_part(self, monkeypatch):
        monkeypatch.setattr(arrivals, "MOST_OF_A_SEARCH", 2)
        reader = make_member()
        searches.save(reader, QueryDict("q=foam"))
        for number in range(3):
            make_study(f"Foam {number}")
        arrivals.tell_of_new_studies()
        assert told(reader) == ["3 new studies under “foam”"]
        assert Arrival.objects.count() == 2


class TestTheButton:
    def test_follows_and_ends_it_with_and_without_javascript(self, client: Client, tag):
        client.force_login(make_member())
        address = f"/follow/tag/{tag.pk}/"
        assert client.post(address)["Location"] == tag.get_absolute_url()
        assert "Following" in client.get(tag.get_absolute_url()).content.decode()
        answer = client.post(f"/unfollow/tag/{tag.pk}/", headers={"HX-Request": "true"})
        assert 'aria-pressed="false"' in answer.content.decode()
        assert not Follow.objects.exists()

    def test_sends_a_guest_to_sign_in_and_knows_its_kinds(self, client: Client, tag):
        assert client.post(f"/follow/tag/{tag.pk}/")["Location"].startswith("/accounts/login/")
        client.force_login(make_member())
        assert client.post(f"/follow/pigeon/{tag.pk}/").status_code == 404
        assert client.post("/follow/tag/999999/").status_code == 404
        assert client.get(f"/follow/tag/{tag.pk}/").status_code == 405

    def test_refuses_more_than_anyone_may_follow(self, client: Client, tag, monkeypatch):
        monkeypatch.setattr(following, "MOST_FOLLOWS", 1)
        member = make_member()
        following.follow(member, tag)
        client.force_login(member)
        study = make_study()
        answer = client.post(f"/follow/study/{study.pk}/", headers={"HX-Request": "true"})
        assert answer.status_code == 409 and "as many as anyone can" in answer.content.decode()
        assert following.followers_of(study) == set()

    def test_ends_a_follow_of_ones_own_only(self, client: Client, tag):
        mine, theirs = make_member(), make_member()
        following.follow(theirs, tag)
        client.force_login(mine)
        client.post(f"/following/{Follow.objects.get().pk}/end/")
        assert following.followers_of(tag) == {theirs.pk}


class TestAStudyThatIsFollowed:
    def test_tells_its_followers_once_that_its_discussion_has_begun_but_not_who_opened_it(self):
        study, reader, opener = make_study("Foam"), make_member(), make_member()
        for member in (reader, opener):
            following.follow(member, study)
        for _ in range(2):
            study.open_discussion(opener)
        assert told(reader) == ["The discussion of a study you follow has begun: Foam"]
        assert told(opener) == []
