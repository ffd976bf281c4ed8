import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.counting import CAP, CappedCount, capped_count
from forum.models import Post
from tests.builders import make_many_posts


@pytest.mark.parametrize(
    ("number", "printed"), [(0, "0"), (1, "1"), (999, "999"), (1000, "1000"), (1001, "1000+"), (300_000, "1000+")]
)
def test_prints_exactly_up_to_a_thousand_and_more_above(number, printed):
    assert str(CappedCount.at_most(number)) == printed


def test_is_true_where_there_is_something():
    assert CappedCount(1)
    assert not CappedCount(0)


@pytest.mark.django_db
def test_never_reads_more_than_one_row_above_the_cap():
    make_many_posts(CAP)
    assert str(capped_count(Post.objects.all())) == "1000"
    make_many_posts(30)
    with CaptureQueriesContext(connection) as queries:
        assert str(capped_count(Post.objects.all())) == "1000+"
    assert f"LIMIT {CAP + 1}" in queries[0]["sql"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries[0]['sql']}")
        node = cursor.fetchone()[0][0]["Plan"]
    while node["Node Type"] != "Limit":
        (node,) = node["Plans"]
    assert node["Actual Rows"] == CAP + 1
    assert node["Plans"][0]["Actual Rows"] == CAP + 1
