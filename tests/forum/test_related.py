import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Tag
from common.tags import get_or_create
from forum import related
from forum.models import Post
from forum.related import related_posts
from tests.builders import make_many_posts, make_member, make_moderator, make_post

pytestmark = pytest.mark.django_db


def titles(*names: str, **options) -> list[str]:
    return [post.title for post in related_posts(get_or_create(names), **options).posts]


class TestRelatedPosts:
    def test_share_a_tag_and_more_shared_tags_come_first(self):
        make_post(title="One tag", tags=["acne"])
        make_post(title="Both tags", tags=["acne", "lupus"])
        make_post(title="None of them", tags=["hair"])
        make_post(title="No tags")
        assert titles("acne", "lupus") == ["Both tags", "One tag"]

    def test_let_a_rare_tag_weigh_more_than_a_common_one(self):
        make_post(title="Shares the rare one", tags=["rare"])
        make_post(title="Shares the common one", tags=["common"])
        make_many_posts(30, tag=Tag.objects.get(name="common"))
        assert titles("rare", "common", most=1) == ["Shares the rare one"]

    def test_let_votes_decide_between_posts_that_share_as_much(self):
        first = make_post(title="Upvoted", tags=["acne"])
        make_post(title="Newer", tags=["acne"])
        assert titles("acne") == ["Newer", "Upvoted"]
        first.upvote(make_member())
        assert titles("acne") == ["Upvoted", "Newer"]

    def test_leave_out_what_is_hidden_or_deleted_and_do_not_count_it(self):
        make_post(title="Hidden", tags=["acne"]).hide(make_moderator(), "Rude.")
        make_post(title="Deleted", tags=["acne"]).delete_by_author()
        make_post(title="Shown", tags=["acne"])
        found = related_posts(get_or_create(["acne"]))
        assert [post.title for post in found.posts] == ["Shown"]
        assert str(found.count) == "1"

    def test_leave_out_the_post_they_are_related_to(self, client):
        post = make_post(title="The post itself", tags=["acne"])
        make_post(title="Another one", tags=["acne"])
        page = client.get(post.get_absolute_url()).text
        assert "Another one" in page.split("Related posts")[1]
        assert "The post itself" not in page.split("Related posts")[1]
        assert "1 / 1" in page

    def test_are_none_and_ask_nothing_where_there_are_no_tags(self):
        make_post()
        with CaptureQueriesContext(connection) as queries:
            found = related_posts([])
        assert (found.posts, str(found.count), len(queries)) == ([], "0", 0)

    def test_are_counted_once_each_however_many_tags_they_share(self):
        for _ in range(3):
            make_post(tags=["acne", "lupus"])
        assert str(related_posts(get_or_create(["acne", "lupus"])).count) == "3"


class TestCount:
    @pytest.mark.parametrize(("posts", "printed"), [(999, "999"), (1000, "1000"), (1001, "1000+"), (1300, "1000+")])
    def test_is_exact_up_to_a_thousand(self, posts, printed):
        (tag,) = get_or_create(["acne"])
        make_many_posts(posts, tag=tag)
        assert str(related_posts([tag]).count) == printed

    def test_is_not_lowered_by_the_post_itself_nor_by_what_is_hidden(self):
        (tag,) = get_or_create(["acne"])
        ids = make_many_posts(1100, tag=tag)
        Post.objects.filter(pk__in=ids[-20:]).update(is_hidden=True)
        assert str(related_posts([tag], exclude=ids[-21]).count) == "1000+"
        Post.objects.filter(pk__in=ids[:79]).update(is_hidden=True)
        assert str(related_posts([tag], exclude=ids[-21]).count) == "1000"

    def test_reaches_the_cap_over_several_tags(self):
        tags = get_or_create(["acne", "lupus", "hair"])
        for tag in tags:
            make_many_posts(400, tag=tag)
        assert str(related_posts(tags).count) == "1000+"


class TestCost:
    def test_is_the_same_number_of_queries_for_one_post_and_for_many(self):
        (tag,) = get_or_create(["acne"])

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                related_posts([tag])
            return len(queries)

        make_many_posts(1, tag=tag)
        one = cost()
        make_many_posts(50, tag=tag)
        assert cost() == one == 5

    def test_is_bounded_for_each_tag_before_anything_is_scored(self, monkeypatch):
        monkeypatch.setattr(related, "CANDIDATES_PER_TAG", 5)
        (tag,) = get_or_create(["acne"])
        loved, *newer = make_many_posts(6, tag=tag)
        Post.objects.filter(pk=loved).update(score=100)
        found = [post.pk for post in related_posts([tag], most=10).posts]
        assert sorted(found) == newer

    def test_is_not_spent_on_what_nobody_may_see(self, monkeypatch):
        monkeypatch.setattr(related, "CANDIDATES_PER_TAG", 5)
        post = make_post(title="Older than the spam", tags=["acne"])
        Post.objects.filter(pk__in=make_many_posts(20, tag=post.tags.get())).update(is_hidden=True)
        assert titles("acne") == ["Older than the spam"]

    def test_reads_the_newest_posts_of_a_tag_from_its_index(self):
        old, new = get_or_create(["old", "new"])
        make_many_posts(1500, tag=old)
        make_many_posts(3000, tag=new)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE forum_post, forum_posttag, common_tag")
        with CaptureQueriesContext(connection) as queries:
            related_posts([old])
        for query in queries:
            if "LATERAL" in query["sql"]:
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
                    plan = cursor.fetchone()[0][0]["Plan"]
                assert most_rows(plan) <= 1001, plan


def most_rows(node: dict) -> float:
    """The most rows of the table between tags and posts that any step of a plan read, shown or not."""
    here = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    below = map(most_rows, node.get("Plans", []))
    return max([here if node.get("Relation Name") == "forum_posttag" else 0, *below])
