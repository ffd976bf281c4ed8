import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.differences import differences


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in differences(before, after)]


def test_tells_words_apart_and_leaves_the_rest():
    assert told("It helped me.", "It helped my scalp.") == [
        ("same", "It helped "), ("gone", "me"), ("new", "my scalp"), ("same", "."),
    ]  # fmt: skip


@given(st.text("ab \n.", max_size=60), st.text("ab \n.", max_size=60))
def test_loses_nothing_of_either_text(before, after):
    pieces = differences(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after


@pytest.mark.parametrize("break_", ["", "\n"])
def test_compares_no_more_than_it_can_afford(break_):
    before, after = f".,{break_}" * 20_000, f";:{break_}" * 20_000
    assert told(f"A\n{before}", f"A\n{after}")[-2:] == [("gone", before), ("new", after)] or told(before, after) == [
        ("gone", before), ("new", after),
    ]  # fmt: skip


def test_costs_nothing_where_only_a_word_of_a_long_text_changed():
    words = ". " * 20_000
    assert told(f"{words}old {words}", f"{words}new {words}")[1:3] == [("gone", "old"), ("new", "new")]
