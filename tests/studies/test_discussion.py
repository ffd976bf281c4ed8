import pytest

from forum.models import Post
from studies.models import Study
from tests.builders import make_member, make_study

pytestmark = pytest.mark.django_db


class TestOpeningADiscussion:
    def test_makes_one_thread_however_often_it_is_pressed(self):
        study, member = make_study(tags=["acne"], tldr="It helped."), make_member()
        first = study.open_discussion(member)
        again = Study.objects.get(pk=study.pk).open_discussion(make_member())
        assert first == again
        assert Post.objects.count() == 1
        assert [tag.name for tag in first.tags.all()] == ["acne"]

    def test_leaves_the_thread_to_nobody_in_particular(self):
        member = make_member()
        thread = make_study().open_discussion(member)
        assert thread.author is None
        assert not thread.can_be_edited_by(member)
        assert not thread.can_be_deleted_by(member)

    def test_by_post_opens_and_by_get_changes_nothing(self, client):
        study = make_study()
        client.force_login(make_member())
        address = f"{study.get_absolute_url()}discuss/"
        assert client.get(address).status_code == 200
        assert not Post.objects.exists()
        answer = client.post(address)
        thread = Post.objects.get()
        assert answer["Location"] == thread.get_absolute_url()
        assert client.get(address)["Location"] == thread.get_absolute_url()

    def test_asks_a_guest_to_sign_in_and_to_come_back(self, client):
        study = make_study()
        address = f"{study.get_absolute_url()}discuss/"
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/?next=/studies/")
        assert not Post.objects.exists()

    def test_shows_the_guest_an_open_thread_at_once(self, client):
        study = make_study()
        thread = study.open_discussion(make_member())
        assert client.get(f"{study.get_absolute_url()}discuss/")["Location"] == thread.get_absolute_url()

    def test_does_not_lead_to_a_hidden_thread(self, client):
        study = make_study()
        Post.objects.filter(pk=study.open_discussion(make_member()).pk).update(is_hidden=True)
        assert client.get(f"{study.get_absolute_url()}discuss/").status_code == 404
        client.force_login(make_member())
        assert client.post(f"{study.get_absolute_url()}discuss/").status_code == 404
        assert Post.objects.count() == 1

    def test_names_a_study_with_a_very_long_title(self):
        study = make_study("An unusually long title. " * 30)
        thread = study.open_discussion(make_member())
        assert len(thread.title) <= 200
        assert thread.subject_title == study.title
