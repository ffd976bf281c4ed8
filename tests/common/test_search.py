import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.search import QUERY_LIMIT, WORD_LIMIT, Question, find, finding
from forum.models import Post
from studies.models import Study
from tests.builders import make_many_posts, make_post, make_study

VECTOR = "text__search_vector"


class TestQuestion:
    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("minoxidil women", ("minoxidil", "women")),
            ("  Minoxidil   MINOXIDIL ", ("minoxidil",)),
            ("5-alpha reductase", ("5-alpha", "reductase")),
            ("women's hair", ("women's", "hair")),
            ("cost & benefit | risk ! :* ( ) ' \\ <->", ("cost", "benefit", "risk")),
            ("脱毛 été", ("脱毛", "été")),
            ("& | ! :* ( ) ' \\", ()),
            ("", ()),
            ("\u202e\u200b", ()),
        ],
    )
    def test_is_the_words_that_were_typed(self, typed, words):
        assert Question.of(typed).words == words

    def test_looks_at_no_more_than_its_limits(self):
        assert len(Question.of("x" * 5000).text) == QUERY_LIMIT
        assert len(Question.of(" ".join(f"w{number}" for number in range(50))).words) == WORD_LIMIT

    @pytest.mark.parametrize(
        ("words", "rounds"), [("", 0), ("x", 1), ("x y", 2), ("x y z", 3), ("the x of y", 2), ("the", 1)]
    )
    def test_widens_in_rounds(self, words, rounds):
        assert len(Question.of(words).rounds()) == rounds


def titles(typed: str, most: int = 10) -> list[str]:
    return [post.title for post in find(Post.objects.all(), VECTOR, Question.of(typed), most)]


@pytest.mark.django_db
class TestFinding:
    def test_puts_what_has_every_word_before_what_has_some(self):
        make_post(title="Shampoo", body="With ketoconazole.")
        make_post(title="Both", body="Minoxidil and ketoconazole together.")
        make_post(title="Minoxidil", body="Alone.")
        assert titles("minoxidil ketoconazole")[0] == "Both"
        assert sorted(titles("minoxidil ketoconazole")) == ["Both", "Minoxidil", "Shampoo"]

    @pytest.mark.parametrize("missing", range(3))
    def test_lets_any_word_be_missing(self, missing):
        make_post(title="Topical minoxidil for women")
        words = ["topical", "minoxidil", "women"]
        words[missing] = "nowhere"
        assert titles(" ".join(words)) == ["Topical minoxidil for women"]

    def test_finds_a_word_in_another_form(self):
        make_post(title="Shedding more than before")
        assert titles("shed") == ["Shedding more than before"]

    def test_finds_words_in_the_text_and_in_the_tags_but_title_first(self):
        make_post(title="One", body="It was spironolactone.")
        make_post(title="Two", tags=["spironolactone"])
        make_post(title="Spironolactone")
        assert titles("spironolactone") == ["Spironolactone", "Two", "One"]

    def test_gives_nothing_for_a_question_without_words(self):
        make_post()
        with CaptureQueriesContext(connection) as queries:
            assert titles("& | !") == []
        assert not queries

    def test_gives_no_more_than_asked(self):
        for _ in range(4):
            make_post(title="Minoxidil")
        assert len(titles("minoxidil", most=3)) == 3

    def test_gives_only_what_was_asked_among(self):
        make_post(title="Minoxidil, out of sight")
        Post.objects.update(is_hidden=True)
        make_post(title="Minoxidil, in sight")
        shown = Post.objects.filter(is_hidden=False)
        assert [post.title for post in find(shown, VECTOR, Question.of("minoxidil"), 5)] == ["Minoxidil, in sight"]

    def test_costs_at_most_one_query_a_round_and_one_for_the_rows(self):
        make_post(title="Topical minoxidil for women")
        for typed, most in (("minoxidil", 2), ("minoxidil women", 3), ("topical minoxidil women", 4)):
            with CaptureQueriesContext(connection) as queries:
                titles(typed)
            assert len(queries) == most

    def test_ranks_no_more_rows_than_its_bound(self, monkeypatch):
        monkeypatch.setattr(finding, "CANDIDATES", 3)
        for number in range(6):
            make_post(title=f"Minoxidil {number}")
        assert titles("minoxidil") == ["Minoxidil 5", "Minoxidil 4", "Minoxidil 3"]

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(alphabet=st.sampled_from("ab1 &|!:*()'\\\"<->%_,.\u00df\u0301é脱🙂") | st.characters(), max_size=40))
    def test_never_breaks(self, typed):
        find(Post.objects.all(), VECTOR, Question.of(typed), 3)
        find(Study.objects.all(), VECTOR, Question.of(typed), 3)

    def test_finds_a_study_by_its_author(self):
        study = make_study("A trial")
        study.text.names = "Michael Sticherling"
        study.text.save()
        assert find(Study.objects.all(), VECTOR, Question.of("sticherling"), 3) == [study]

    def test_does_not_read_posts_that_have_no_text(self):
        make_many_posts(3)
        assert titles("many") == []
