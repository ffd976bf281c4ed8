"""Operators of search: what each finds, and what it leaves out."""

import html
import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.search import NEAR, Question, finding, patience
from forum import polls, solving
from forum.models import Comment, Post
from pages.searching import operators
from pages.searching.kinds import Search
from pages.searching.operators import Years
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db
KINDS = ("studies", "posts", "comments", "members", "tags")


def found(client, typed: str, **more) -> dict[str, list[str]]:
    """The titles under each heading of the page."""
    answer = client.get("/search/", {"q": typed, **more})
    assert answer.status_code == 200, typed
    lists = {}
    for kind in KINDS:
        part = re.search(rf'<section aria-labelledby="r-{kind}">(.*?)</section>', answer.text, re.DOTALL)
        titles = re.findall(r'item__title"><a [^>]+>([^<]+)<', part[1]) if part else []
        lists[kind] = [html.unescape(title) for title in titles] if titles or not part else ["…"]
    return lists


class TestWords:
    def test_comments_are_found_by_their_words(self, client):
        comment = make_comment(make_post(title="A question"), body="It was spironolactone.")
        assert found(client, "spironolactone")["comments"] == ["Comment on A question"]
        comment.edit(body="It was something else.", version=1)
        assert found(client, "spironolactone")["comments"] == []

    def test_a_phrase_finds_the_words_side_by_side(self, client):
        make_post(title="Near", body="Severe hair loss.")
        make_post(title="Far", body="Loss of hair.")
        assert found(client, '"hair loss"')["posts"] == ["Near"]
        assert len(found(client, "hair loss")["posts"]) == 2

    def test_a_word_with_a_minus_is_not_there(self, client):
        make_post(title="With", body="minoxidil and finasteride")
        make_post(title="Without", body="minoxidil")
        assert found(client, "minoxidil -finasteride")["posts"] == ["Without"]
        assert found(client, 'minoxidil -"and finasteride"')["posts"] == ["Without"]

    def test_small_words_are_not_required(self, client):
        make_post(title="Effects of minoxidil")
        make_post(title="Effects of something else")
        answer = client.get("/search/", {"q": "the effects of minoxidil", "show": "post", "sort": "new"})
        assert "Effects of minoxidil" in answer.text
        assert "something else" not in answer.text


class TestOperators:
    def test_tag(self, client):
        one = make_post(title="Tagged", tags=["minoxidil"])
        other = make_post(title="Other", body="minoxidil")
        make_comment(one, body="Yes, words.")
        make_comment(other, body="No, words.")
        make_study("A study", tags=["minoxidil"])
        lists = found(client, "tag:minoxidil")
        assert lists["posts"] == ["Tagged"]
        assert lists["comments"] == ["Comment on Tagged"]
        assert lists["studies"] == ["A study"]
        assert not lists["members"]
        assert found(client, "minoxidil -tag:minoxidil")["posts"] == ["Other"]

    def test_author(self, client):
        anna = make_member("anna_writes")
        post = make_post(title="By Anna", author=anna, body="minoxidil")
        make_post(title="By another", body="minoxidil")
        make_comment(post, author=anna, body="minoxidil too")
        make_comment(post, body="minoxidil as well")
        study = make_study("By Sticherling", authors=["Sticherling"])
        study.text.names = "Michael Sticherling"
        study.text.save()
        lists = found(client, "minoxidil author:Anna_Writes")
        assert lists["posts"] == ["By Anna"]
        assert len(lists["comments"]) == 1
        assert found(client, "author:@anna_writes")["posts"] == ["By Anna"]
        assert found(client, "author:sticherling")["studies"] == ["By Sticherling"]
        assert found(client, "author:nobody_here")["posts"] == []
        assert found(client, "minoxidil -author:anna_writes")["posts"] == ["By another"]

    def test_what_has_no_author_is_not_by_the_one_left_out(self, client):
        anna = make_member("anna_writes")
        study = make_study("Minoxidil")
        Post.objects.filter(pk=study.open_discussion(anna).pk).update(author=None)
        assert found(client, "minoxidil -author:anna_writes")["posts"]

    def test_author_does_not_find_what_they_wrote_without_their_name(self, client):
        anna = make_member("anna_writes")
        post = make_post(title="Without a name", author=anna, body="minoxidil", masked=True)
        make_comment(post, author=anna, body="minoxidil")
        for reader in (None, make_member(), anna, make_moderator()):
            client.logout()
            if reader:
                client.force_login(reader)
            lists = found(client, "minoxidil author:anna_writes")
            assert not lists["posts"] and not lists["comments"]
            for kind in ("post", "comment"):  # the newest first, to the last page, are found another way
                newest = client.get("/search/", {"q": "minoxidil author:anna_writes", "show": kind, "sort": "new"})
                assert post.get_absolute_url() not in newest.text and "Without a name" not in newest.text
            assert found(client, "minoxidil")["posts"] == ["Without a name"]
            assert found(client, "minoxidil -author:anna_writes")["posts"] == ["Without a name"]

    def test_category(self, client):
        shelf = make_category("Treatment")
        make_comment(make_post(title="On it", category=shelf), body="Words")
        make_post(title="Elsewhere")
        lists = found(client, "category:treatment")
        assert lists["posts"] == ["On it"]
        assert lists["comments"] == ["Comment on On it"]
        assert "There is no category" in client.get("/search/?q=category:zzz").text

    def test_year(self, client):
        old = make_post(title="Old", body="minoxidil", posted_at=datetime(2016, 5, 1, tzinfo=UTC))
        make_comment(old, body="minoxidil", posted_at=datetime(2016, 5, 2, tzinfo=UTC))
        make_post(title="Newer", body="minoxidil", posted_at=datetime(2021, 5, 1, tzinfo=UTC))
        make_study("Study of 2018", published_year=2018)
        assert found(client, "minoxidil year:2016")["posts"] == ["Old"]
        assert found(client, "minoxidil year:2016")["comments"] == ["Comment on Old"]
        assert found(client, "minoxidil year:>2016")["posts"] == ["Newer"]
        assert sorted(found(client, "year:2015-2025")["posts"]) == ["Newer", "Old"]
        assert found(client, "year:2018")["studies"] == ["Study of 2018"]
        assert found(client, "-year:2016 minoxidil")["posts"] == ["Newer"]

    def test_has_study(self, client):
        study = make_study("The study", doi="10.1001/jama.2020.1")
        make_post(title="Names it", body="See doi:10.1001/jama.2020.1")
        make_post(title="Names none", body="See for yourself")
        post = make_post(title="Asks")
        make_comment(post, body="See doi:10.1001/jama.2020.1")
        study.open_discussion(make_member())
        posts = found(client, "has:study")["posts"]
        assert "Names it" in posts
        assert len(posts) == 3  # with the discussion, and the one whose comment names it
        assert found(client, "has:study")["comments"] == ["Comment on Asks"]
        assert found(client, "see -has:study")["posts"] == ["Names none"]

    def test_has_poll(self, client):
        asks, other = make_post(title="Asks", body="minoxidil"), make_post(title="Other", body="minoxidil")
        polls.set_terms(asks, polls.Terms(("Foam", "Lotion")))
        make_comment(asks, body="minoxidil")
        make_comment(other, body="minoxidil")
        for typed in ("has:poll", "minoxidil has:poll"):
            lists = found(client, typed)
            assert (lists["posts"], lists["comments"]) == (["Asks"], ["Comment on Asks"]), typed
        assert found(client, "minoxidil -has:poll")["posts"] == ["Other"]

    def test_is_answered(self, client):
        answered = make_post(title="Answered", body="minoxidil")
        comment = make_comment(answered, body="minoxidil")
        make_post(title="Open", body="minoxidil")
        solving.mark(comment, answered.author)
        for typed in ("is:answered", "minoxidil is:answered"):
            lists = found(client, typed)
            assert (lists["posts"], lists["comments"]) == (["Answered"], []), typed
        assert found(client, "minoxidil -is:answered")["posts"] == ["Open"]
        comment.hide(make_moderator(), "Rude")
        assert found(client, "is:answered")["posts"] == []

    def test_author_does_not_gather_what_a_member_keeps_to_themself(self, client):
        anna = make_member("anna_writes", hides_activity=True)
        make_comment(make_post(title="By Anna", author=anna, body="minoxidil"), author=anna, body="minoxidil")
        for reader, seen in ((None, False), (make_member(), False), (anna, True), (make_moderator(), True)):
            client.logout()
            if reader:
                client.force_login(reader)
            lists = found(client, "author:anna_writes")
            assert bool(lists["posts"]) == bool(lists["comments"]) == seen
            assert found(client, "minoxidil")["posts"] == ["By Anna"]
            assert found(client, "minoxidil -author:anna_writes")["posts"] == []

    def test_type(self, client):
        make_comment(make_post(title="Minoxidil"), body="Minoxidil")
        lists = found(client, "minoxidil type:comment")
        assert lists["comments"]
        assert not lists["posts"]
        lists = found(client, "minoxidil -type:comment")
        assert lists["posts"]
        assert not lists["comments"]
        assert not any(found(client, "minoxidil type:comment type:post").values())

    def test_that_is_none_is_told(self, client):
        page = client.get("/search/", {"q": "color:red year:soon"}).text
        assert "there is no operator “color:”" in page
        assert "“year:” does not take such a value" in page


class TestYears:
    @pytest.mark.parametrize(
        ("value", "first", "last"),
        [
            ("2015", 2015, 2015),
            ("2015-2020", 2015, 2020),
            ("2020-2015", 2015, 2020),
            (">2018", 2019, 2999),
            (">=2018", 2018, 2999),
            ("<2018", 1000, 2017),
            ("<=2018", 1000, 2018),
        ],
    )
    def test_are_read(self, value, first, last):
        assert Years.read(value) == Years(first, last)

    @pytest.mark.parametrize("value", ["", "soon", "20", "02015", "2015-", ">2015-2020", "٢٠١٥", "2015-99999", "1e3"])
    def test_else_are_no_years(self, value):
        assert Years.read(value) is None

    def test_all_make_moments(self):
        for value in ("1000", "2999", "<1000", ">2999", ">=1000"):
            assert Years.read(value).moments


class TestSight:
    def test_comments_out_of_sight_are_found_by_nobody_but_moderators(self, client):
        moderator = make_moderator()
        hidden, deleted = make_comment(body="minoxidil one"), make_comment(body="minoxidil two")
        under = make_comment(make_post(title="Hidden post"), body="minoxidil three")
        hidden.hide(moderator, "Rude.")
        deleted.delete_by_author()
        under.post.hide(moderator, "Rude.")
        for typed in ("minoxidil", "type:comment minoxidil", f"author:{hidden.author}"):
            assert found(client, typed)["comments"] == []
        client.force_login(make_member())
        assert found(client, "minoxidil")["comments"] == []
        client.force_login(moderator)
        assert len(found(client, "minoxidil")["comments"]) == 2


class TestPages:
    def test_go_on_by_best_up_to_a_bound_and_by_newest_to_the_last(self, client, settings, monkeypatch):
        settings.LIST_PAGE = 3
        monkeypatch.setattr("pages.searching.kinds.MOST_RANKED", 5)
        for number in range(7):
            make_post(title=f"Minoxidil {number}")
        for sort, most in (("best", 5), ("new", 7)):
            titles, after = [], ""
            while True:
                answer = client.get("/search/", {"q": "minoxidil", "show": "post", "sort": sort, "after": after})
                titles += re.findall(r'post-item__title"><a [^>]+>([^<]+)<', answer.text)
                more = re.search(r'rel="next" href="[^"]*after=([\w-]+)', answer.text)
                if not more:
                    break
                after = more[1]
            assert len(titles) == len(set(titles)) == most, sort

    def test_that_are_not_there_are_refused(self, client):
        make_post(title="Minoxidil")
        for query in ("show=nothing", "show=post&sort=loud", "show=post&after=zzz", "show=post&sort=new&after=zzz"):
            assert client.get(f"/search/?q=minoxidil&{query}").status_code == 404

    def test_tell_how_many_there_are(self, client):
        for number in range(8):
            make_post(title=f"Minoxidil {number}")
        page = client.get("/search/?q=minoxidil").text
        assert "8 results" in page
        assert "More posts" in page


class TestPatience:
    def test_a_search_that_takes_too_long_is_stopped_and_says_so(self, client, monkeypatch):
        def slow(*args):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")

        make_post(title="Minoxidil")
        monkeypatch.setattr("pages.views.search.patience", lambda: patience(100))
        monkeypatch.setattr("pages.searching.kinds.Search.few", slow)
        assert "took too long and was stopped" in client.get("/search/?q=minoxidil").text
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() != ("100ms",)


class TestSnippets:
    def test_mark_the_words_and_nothing_else(self, client):
        make_comment(body="I took <b>minoxidil</b> & it <script>alert(1)</script> helped. \ue000x\ue001")
        page = client.get("/search/?q=minoxidil").text
        assert "<mark>minoxidil</mark>" in page
        assert "<script>alert" not in page
        assert "\ue000" not in page

    def test_are_of_shown_rows_alone(self, client, django_assert_max_num_queries):
        for _ in range(3):
            make_comment(body="minoxidil")
        with django_assert_max_num_queries(24):
            client.get("/search/?q=minoxidil")


class TestBounds:
    def test_a_rare_author_is_found_under_a_common_word(self, monkeypatch):
        """However many newer posts have the word, those of the author are looked at by the author's own index."""
        monkeypatch.setattr(finding, "CANDIDATES", 2)
        anna = make_member("anna_writes")
        make_post(title="By Anna", author=anna, body="minoxidil")
        for _ in range(4):
            make_post(body="minoxidil")
        search = Search.of("minoxidil author:anna_writes", anna)
        assert [post.title for post in search.few()[0].rows] == ["By Anna"]

    def test_what_is_beyond_the_newest_is_found_by_its_word(self, monkeypatch):
        monkeypatch.setattr(finding, "NEAR", 2)
        monkeypatch.setattr("pages.searching.narrowing.NEAR", 2)
        old = make_post(title="Spironolactone")
        for _ in range(3):
            make_post()
        found = finding.search(Post.objects.all(), "text__search_vector", Question.of("spironolactone"), 5)
        assert found.rows == [old]
        assert str(found.count) == "1"

    def test_far_is_not_read_where_near_is_all_there_is(self):
        make_comment(body="minoxidil")
        sql, params = finding.statement(
            Comment.objects.all(),
            "text__search_vector",
            Question.of("minoxidil"),
            Question.of("minoxidil").strict(),
            5,
            [],
        )
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN ANALYZE {sql}", params)
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "never executed" in plan
        assert NEAR == 5000


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["tag:", "author:", "-category:", "type:", "year:", "has:study", "has:poll", "is:answered", "-", '"', "minoxidil", "🙂", "'", "%", "\\"])
        | st.text(max_size=8),
        max_size=10,
    ).map("".join)
)  # fmt: skip
def test_any_text_is_answered(client, typed):
    search = Search.of(typed, guest())
    search.few()
    for kind in search.kinds:
        search.page(kind, "new", "")
    assert set(operators.kinds_of(search.query)) <= set(operators.KINDS)


def guest():
    from django.contrib.auth.models import AnonymousUser

    return AnonymousUser()
