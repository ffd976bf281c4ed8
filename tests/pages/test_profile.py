import re

import pytest

from forum.models.solution import Solution
from moderation import badges
from tests.builders import make_comment, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def titles(client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.findall(r'post-item__title"><a [^>]+>([^<]+)</a>', answer.text)


class TestProfile:
    def test_shows_the_members_posts_the_newest_first(self, client):
        member = make_member("some_name", bio="I **read**.")
        for number in range(3):
            make_post(title=f"Post {number}", author=member)
        make_post(title="Another's")
        page = client.get("/members/some_name/").text
        assert titles(client, "/members/some_name/") == ["Post 2", "Post 1", "Post 0"]
        assert "Posts 3" in page
        assert "<strong>read</strong>" in page

    def test_shows_the_members_comments(self, client):
        comment = make_comment(body="Well put.")
        page = client.get(f"/members/{comment.author}/?show=comments").text
        assert "Well put." in page
        assert comment.post.title in page
        assert "Comments 1" in page

    def test_shows_the_comments_that_answered(self, client):
        post, member = make_post(), make_member()
        make_comment(post, author=member, body="Not this one.")
        Solution.objects.create(post=post, comment=make_comment(post, author=member, body="Well put."))
        page = client.get(f"/members/{member}/?show=answered").text
        assert "Well put." in page and "Not this one." not in page and "Answers 1" in page
        badges.award_all()
        assert "first-answer" in badges.names_of(member)

    def test_never_shows_the_address_of_anybody(self, client):
        member = make_member("some_name", email="secret@example.org")
        make_post(author=member)
        for reader in (None, make_member(), make_moderator()):
            if reader:
                client.force_login(reader)
            assert "secret@example.org" not in client.get("/members/some_name/").text

    def test_redirects_another_spelling_of_the_name(self, client):
        make_member("Some_Name")
        answer = client.get("/members/some_name/")
        assert (answer.status_code, answer["Location"]) == (301, "/members/Some_Name/")

    @pytest.mark.parametrize("name", ["nobody", "a" * 300, "sömeone", "' or 1=1", "..", "%25"])
    def test_is_404_with_a_sentence_for_nobody(self, client, name):
        answer = client.get(f"/members/{name}/")
        assert answer.status_code == 404

    def test_says_plainly_that_a_member_is_gone(self, client):
        member = make_member("some_name", is_active=False, bio="About me")
        make_post(title="Words of mine", author=member)
        answer = client.get("/members/some_name/")
        assert answer.status_code == 410
        assert "isn't here any more" in answer.text and "noindex" in answer.text
        assert "About me" not in answer.text and "Words of mine" not in answer.text
        assert client.get("/members/some_name/feed.atom").status_code == 404

    @pytest.mark.parametrize("query", ["show=votes", "after=x", "show=comments&after=W10", "after=WyJhIiwxXQ"])
    def test_is_404_with_a_sentence_for_a_wrong_query(self, client, query):
        make_member("some_name")
        answer = client.get(f"/members/some_name/?{query}")
        assert answer.status_code == 404

    def test_is_read_to_the_end_a_page_at_a_time(self, client, settings):
        settings.LIST_PAGE = 2
        member = make_member("some_name")
        for number in range(5):
            make_post(title=f"Post {number}", author=member)
        seen, query = [], ""
        while query is not None:
            seen += titles(client, f"/members/some_name/{query}")
            more = re.search(r'rel="next" href="([^"]+)"', client.get(f"/members/some_name/{query}").text)
            query = more and more[1]
        assert seen == [f"Post {number}" for number in (4, 3, 2, 1, 0)]

    def test_leaves_out_what_is_hidden_or_deleted_and_does_not_count_it(self, client):
        member = make_member("some_name")
        make_post(title="Hidden", author=member).hide(make_moderator(), "Rude.")
        make_post(title="Deleted", author=member).delete_by_author()
        make_comment(author=member, body="Gone").delete_by_author()
        make_comment(author=member, body="Put away").hide(make_moderator(), "Rude.")
        for reader in (None, member):
            if reader:
                client.force_login(reader)
            page = client.get("/members/some_name/").text
            assert "Posts 0" in page
            assert "Comments 0" in page
            comments = client.get("/members/some_name/?show=comments").text
            assert "Gone" not in comments
            assert "Put away" not in comments
        client.force_login(make_moderator())
        assert titles(client, "/members/some_name/") == ["Hidden"]
