"""What comes in as text gets one form, and the small cuts say what they should."""

import json
import unicodedata

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import (
    clean_line,
    clean_text,
    cut_at_word,
    first_sentences,
    letter_text,
    plain_text,
    sentences,
    slugify_title,
)
from tests.shared import shared_file

any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)


class TestALine:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("  two   words \t\n here ", "two words here"),
            ("e\u0301te\u0301", "été"),
            ("a\x00b\x1b[31mc", "ab[31mc"),
            ("abc\u202edef\u2066ghi\u2069", "abcdefghi"),
            ("min\u200box\u00adid\u2060il\ufeff", "minoxidil"),
            ("min\u200dox\u200cidil", "minoxidil"),
            ("\u3164\u115f\uffa0", ""),
            ("\u2800\u00a0\u3000", ""),
            ("a\ud800b", "ab"),
            (None, ""),
        ],
    )
    def test_keeps_what_is_seen_and_nothing_else(self, typed, stored):
        assert clean_line(typed) == stored

    @pytest.mark.parametrize(
        "line",
        [
            "نمی\u200cخواهم",  # Persian: the joiner keeps two letters apart within one word
            "क्\u200dष",  # Devanagari: it chooses between two forms
            "👩\u200d🔬 and 👨\u200d👩\u200d👧 and 🏳️\u200d🌈 and ❤️\u200d🔥",
            "\u0600\u0661",  # an Arabic number sign: a format character with a shape
            "naïve 中文 한국어 ελληνικά 5α-reductase 0.1 %",
        ],
    )
    def test_keeps_joiners_and_marks_that_a_script_needs(self, line):
        assert clean_line(line) == line

    def test_leaves_out_joiners_at_the_ends_and_in_rows(self):
        assert clean_line("\u200dनम\u200d\u200d") == "नम"

    @hypothesis.settings(deadline=None)
    @given(any_text)
    def test_is_the_same_when_cleaned_twice_and_can_be_stored(self, text):
        once = clean_line(text)
        assert clean_line(once) == once
        assert once == unicodedata.normalize("NFC", once) == " ".join(once.split())
        once.encode()
        assert not any(unicodedata.category(character) == "Cc" for character in once)


class TestABody:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("a\r\nb\rc\n", "a\nb\nc"),
            ("    code\n\n\ttab  \n \n\t\n", "    code\n\n\ttab  "),
            ("a\x00\x07\x1b[0mb\x7f\x85", "a[0mb"),
            ("\n\n\n", ""),
            ("  ", ""),
            ("a\ud83db", "ab"),
            ("\u202eabc\u200b", "\u202eabc\u200b"),
            ("e\u0301", "é"),
            (None, ""),
        ],
    )
    def test_keeps_everything_but_what_cannot_be_stored(self, typed, stored):
        assert clean_text(typed) == stored

    @hypothesis.settings(deadline=None)
    @given(any_text)
    def test_is_the_same_when_cleaned_twice_and_can_be_stored(self, text):
        once = clean_text(text)
        assert clean_text(once) == once == unicodedata.normalize("NFC", once)
        once.encode()
        assert "\0" not in once and "\r" not in once

    def test_naughty_strings_come_back_as_they_were(self):
        for line in shared_file("vectors/naughty_strings.jsonl").open(encoding="utf-8"):
            text = json.loads(line)["s"]
            expected = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
            kept = [
                character for character in expected if unicodedata.category(character) != "Cc" or character in "\n\t"
            ]
            assert clean_text(text).strip() == "".join(kept).rstrip("\n").strip()


class TestASlug:
    @pytest.mark.parametrize(
        ("title", "slug"),
        [
            (
                "Update on the use of topical calcineurin inhibitors",
                "update-on-the-use-of-topical-calcineurin-inhibitors",
            ),
            ("0.1 % tacrolimus: does it help?", "0-1-tacrolimus-does-it-help"),
            ("Don’t stop — it's fine", "dont-stop-its-fine"),
            ("Ærøskøbing ÉTÉ ﬁve ½", "ærøskøbing-été-five-1-2"),
            ("हिन्दी में शोध", "हिन्दी-में-शोध"),
            ("毛髪の研究", "毛髪の研究"),
            ("🔥🔥 ❤️", "untitled"),
            ("../../etc/passwd", "etc-passwd"),
            ("a/b?c#d%00.bib", "a-b-c-d-00-bib"),
            ("", "untitled"),
            ("---", "untitled"),
        ],
    )
    def test_is_readable_in_any_script_and_never_empty(self, title, slug):
        assert slugify_title(title) == slug

    def test_is_cut_between_words(self):
        assert slugify_title("minoxidil " * 20) == "-".join(["minoxidil"] * 8)
        assert slugify_title("x" * 300) == "x" * 80

    @hypothesis.settings(deadline=None)
    @given(any_text)
    def test_has_at_most_80_characters_and_nothing_that_an_address_would_read(self, text):
        slug = slugify_title(text)
        assert 1 <= len(slug) <= 80
        assert not set(slug) & set("/?#%.&\\ \"'<>\0") and slug == slug.strip("-")


class TestFirstSentences:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("One. Two. Three.", "One. Two."),
            ("It took, e.g. by Dr. Smith, 0.1 % of it. Fine.", "It took, e.g. by Dr. Smith, 0.1 % of it. Fine."),
            ("J. R. Tolkien wrote it. Then another. No more.", "J. R. Tolkien wrote it. Then another."),
            ("Was it 5.5 mg? Yes! And so on.", "Was it 5.5 mg? Yes!"),
            ("Smith et al. The rest follows here. Second. Third.", "Smith et al. The rest follows here. Second."),
            ("i used it for a year. it worked. then not.", "i used it for a year. it worked."),
            ("He said “stop.” Then she left. Third.", "He said “stop.” Then she left."),
            ("Well... maybe not. Second one. Third.", "Well... maybe not. Second one."),
            ("毛が抜けた。薬を使った。治った。", "毛が抜けた。 薬を使った。"),
            ("Made in the U.S. by hand. Second. Third.", "Made in the U.S. by hand. Second."),
            ("Without an end\n\nA second one. Third.", "Without an end. A second one."),
            ("  ", ""),
            ("", ""),
        ],
    )
    def test_are_whole_and_at_most_two(self, text, shown):
        assert first_sentences(text) == shown

    def test_that_do_not_fit_are_left_whole_or_cut_at_a_word(self):
        first, second = "A" * 150 + ".", "B" * 150 + "."
        assert first_sentences(f"{first} {second}") == first
        assert first_sentences("word " * 100, limit=22) == "word word word word…"
        assert first_sentences("x" * 1000, limit=50) == "x" * 49 + "…"

    @hypothesis.settings(deadline=None)
    @given(any_text, st.integers(10, 300))
    def test_never_pass_the_limit(self, text, limit):
        assert len(first_sentences(text, limit)) <= limit

    def test_of_a_very_long_text_cost_no_more(self):
        assert first_sentences("No end here " * 100_000).endswith("…")

    def test_split_only_where_a_sentence_ends(self):
        assert sentences("Fig. 2 shows p < 0.05 (n = 12). It fell, cf. Table 1.") == [
            "Fig. 2 shows p < 0.05 (n = 12).",
            "It fell, cf. Table 1.",
        ]


def test_cutting_at_a_word_keeps_whole_words_where_it_can():
    assert cut_at_word("one two three", 8) == "one two"
    assert cut_at_word("one two", 7) == "one two"
    assert cut_at_word("extraordinarily long", 6) == "extrao"


class TestPlainText:
    def test_keeps_paragraphs_lines_and_rows_apart(self):
        html = "<h3>Title</h3><p>One<br>two &amp; <b>three</b></p><ul><li>a</li><li>b</li></ul>"
        html += "<table><tr><td>1</td><td>2</td></tr></table>"
        assert plain_text(html) == "Title\n\nOne\ntwo & three\n\na\n\nb\n\n1 2"

    def test_has_no_scripts_styles_or_comments(self):
        assert plain_text("a<script>alert(1)</script><style>p{}</style><!-- c -->b") == "ab"

    def test_of_a_letter_tells_whose_words_are_whose(self):
        html = (
            "<p>Hello</p><blockquote><p>I took <em>it</em>.</p><blockquote><p>Did you?</p></blockquote></blockquote>"
            "<p>And I:</p><ul>\n<li>once</li>\n<li><p>twice &lt;3</p></li></ul>"
        )
        assert letter_text(html) == "Hello\n\n> I took it.\n\n>> Did you?\n\nAnd I:\n\n- once\n- twice <3"

    @hypothesis.settings(deadline=None)
    @given(any_text)
    def test_takes_anything(self, text):
        plain_text(clean_text(text))
        letter_text(f"<blockquote>{clean_text(text)}</p></blockquote></blockquote>")
