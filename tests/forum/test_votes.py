import pytest

from forum.models import Comment, Post
from tests.builders import make_comment, make_member, make_post

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("make", [make_post, make_comment])
class TestUpvote:
    def test_counts_once_however_often_it_is_pressed(self, make):
        thing, reader = make(), make_member()
        thing.upvote(reader)
        thing.upvote(reader)
        assert thing.score == 1

    def test_is_gone_when_withdrawn_and_can_be_given_again(self, make):
        thing, reader = make(), make_member()
        thing.upvote(reader)
        thing.withdraw(reader)
        thing.withdraw(reader)
        assert thing.score == 0
        thing.upvote(reader)
        assert thing.score == 1

    def test_raises_the_post_in_hot_and_the_comment_in_best(self, make):
        thing = make()
        before = getattr(thing, "hotness", None) or thing.wilson
        for _ in range(3):
            thing.upvote(make_member())
        thing.refresh_from_db()
        assert (getattr(thing, "hotness", None) or thing.wilson) > before


@pytest.mark.parametrize(("kind", "model", "make"), [("posts", Post, make_post), ("comments", Comment, make_comment)])
class TestUpvoteAddress:
    def test_upvotes_and_goes_back_without_javascript(self, client, kind, model, make):
        thing = make()
        client.force_login(make_member())
        answer = client.post(f"/{kind}/{thing.pk}/upvote/")
        assert answer.status_code == 302
        assert model.objects.get(pk=thing.pk).score == 1
        client.post(f"/{kind}/{thing.pk}/withdraw/")
        assert model.objects.get(pk=thing.pk).score == 0

    def test_answers_htmx_with_the_button_that_changed(self, client, kind, model, make):
        thing = make()
        client.force_login(make_member())
        answer = client.post(f"/{kind}/{thing.pk}/upvote/", headers={"HX-Request": "true"})
        assert 'aria-pressed="true"' in answer.text
        assert "<html" not in answer.text

    def test_asks_a_guest_to_sign_in_and_counts_nothing(self, client, kind, model, make):
        thing = make()
        answer = client.post(f"/{kind}/{thing.pk}/upvote/")
        assert answer.status_code == 302
        assert "/accounts/login/" in answer["Location"]
        assert model.objects.get(pk=thing.pk).score == 0

    def test_refuses_the_author(self, client, kind, model, make):
        thing = make()
        client.force_login(thing.author)
        assert client.post(f"/{kind}/{thing.pk}/upvote/").status_code == 403
        assert model.objects.get(pk=thing.pk).score == 0

    def test_does_nothing_on_get(self, client, kind, model, make):
        thing = make()
        client.force_login(make_member())
        assert client.get(f"/{kind}/{thing.pk}/upvote/").status_code == 405
        assert model.objects.get(pk=thing.pk).score == 0

    def test_does_not_find_what_is_hidden(self, client, kind, model, make):
        thing = make()
        model.objects.filter(pk=thing.pk).update(is_hidden=True)
        client.force_login(make_member())
        assert client.post(f"/{kind}/{thing.pk}/upvote/").status_code == 404


class TestAfterAPressWithoutJavaScript:
    @pytest.mark.parametrize("verb", ["upvote", "save"])
    def test_one_reads_on_in_the_thread_and_elsewhere_comes_to_the_comment(self, client, verb):
        comment = make_comment()
        client.force_login(make_member())
        thread, alone = comment.post.get_absolute_url(), comment.get_absolute_url()
        for page, leads_to in (
            (f"http://testserver{thread}?sort=new", f"{thread}?sort=new#comment-{comment.pk}"),
            (f"http://testserver{thread}", f"{thread}#comment-{comment.pk}"),
            ("http://testserver/saved/", alone),
            (f"http://testserver/posts/{comment.post_id}/comment/", alone),
            (f"http://evil.example{thread}", alone),
            (f"//evil.example{thread}", alone),
            ("http://[", alone),
            ("", alone),
        ):
            answer = client.post(f"/comments/{comment.pk}/{verb}/", headers={"Referer": page})
            assert (answer.status_code, answer.url) == (302, leads_to), page
