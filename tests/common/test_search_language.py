import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from common.search import QUERY_LIMIT, Filter, parse
from common.search.language import FILTER_LIMIT
from common.search.question import LEFT_OUT

OPERATORS = {"tag": bool, "year": lambda value: value.isascii() and value.isdecimal() and len(value) == 4}
LETTERS = st.sampled_from("ab1 -:\"“”tag:year:has>.\u0301\u00dfİ脱🙂'’_|&!()*") | st.characters()


def read(typed: str):
    return parse(typed, OPERATORS)


class TestQuery:
    @pytest.mark.parametrize(
        ("typed", "words", "phrases", "without", "without_phrases", "filters"),
        [
            ("hair loss", ("hair", "loss"), (), (), (), ()),
            ('"hair loss" minoxidil', ("minoxidil",), ("hair loss",), (), (), ()),
            ("“hair loss”", (), ("hair loss",), (), (), ()),
            ('"hair loss', (), ("hair loss",), (), (), ()),
            ('"hair"', ("hair",), (), (), (), ()),
            ('hair -dog -"guinea pig"', ("hair",), (), ("dog",), ("guinea pig",), ()),
            ("5-alpha -5-alpha", ("5-alpha",), (), ("5-alpha",), (), ()),
            ("a - b", ("a", "b"), (), (), (), ()),
            ("tag:minoxidil", (), (), (), (), (Filter("tag", "minoxidil"),)),
            ('TAG:"hair loss"', (), (), (), (), (Filter("tag", "hair loss"),)),
            ("-tag:dog year:2020", (), (), (), (), (Filter("tag", "dog", True), Filter("year", "2020"))),
            ("tag: minoxidil", ("tag", "minoxidil"), (), (), (), ()),
            ("tag:", ("tag",), (), (), (), ()),
            ("doi:10.1/x", ("doi", "10.1", "x"), (), (), (), ()),
        ],
    )
    def test_is_read_as_its_parts(self, typed, words, phrases, without, without_phrases, filters):
        query = read(typed)
        assert query.words == words
        assert query.phrases == phrases
        assert query.without == without
        assert query.without_phrases == without_phrases
        assert query.filters == filters

    @pytest.mark.parametrize(
        ("typed", "note"),
        [
            ("color:red", "there is no operator “color:”"),
            ("year:soon", "“year:” does not take such a value"),
            ("https://example.org/ doi:10.1/x pmid:12", ""),
            ("tag:x", ""),
        ],
    )
    def test_says_in_a_sentence_what_was_no_operator(self, typed, note):
        assert note in " ".join(read(typed).notes)
        assert bool(note) == bool(read(typed).notes)

    def test_takes_unknown_operators_as_words(self):
        assert read("color:red").words == ("color", "red")

    def test_without_operators_knows_none_and_says_nothing(self):
        assert parse("tag:minoxidil").words == ("tag", "minoxidil")
        assert not parse("tag:minoxidil").notes

    def test_uses_no_more_operators_than_its_limit_and_says_so(self):
        query = read(" ".join(f"tag:t{number}" for number in range(20)))
        assert len(query.filters) == FILTER_LIMIT
        assert "Only the first" in query.notes[0]

    @settings(max_examples=400, deadline=None)
    @given(st.text(alphabet=LETTERS, max_size=80))
    def test_any_text_is_one_and_is_spelled_so_that_it_is_read_as_the_same(self, typed):
        query = read(typed)
        spelled = str(query)
        if len(spelled) > QUERY_LIMIT:
            return
        again = read(spelled)
        for part in ("words", "phrases", "without", "without_phrases", "filters"):
            assert getattr(again, part) == getattr(query, part), (typed, spelled, part)


@pytest.mark.django_db
def test_the_words_that_a_question_does_not_require_are_those_that_vectors_leave_out():
    with connection.cursor() as cursor:
        cursor.execute("SELECT w FROM unnest(%s::text[]) w WHERE to_tsvector('english', w) <> ''", [sorted(LEFT_OUT)])
        assert cursor.fetchall() == []
