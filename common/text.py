"""Text as it comes in: one form for every line and every body, and the small cuts that pages need.

Everything a member, an import or a request brings passes ``clean_line`` or ``clean_text`` once, at the edge.
After that no text in the database holds a NUL, a lone surrogate or an unnormalised letter.
"""

from __future__ import annotations

import html
import re
import unicodedata

import nh3

SLUG_LIMIT = 80  # characters
UNTITLED = "untitled"

JOINERS = frozenset("\u200c\u200d")
# Format characters of Arabic, Syriac and Kaithi that draw a sign of their own (Unicode: Prepended_Concatenation_Mark).
VISIBLE_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
# Letters by category, nothing to the eye: a title made of them would be a link nobody can press.
INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
BLANK_BRAILLE = "\u2800"
# Scripts whose letters never join, so that a joiner between them only makes two equal-looking words different.
UNJOINED_SCRIPTS = ("LATIN ", "GREEK ", "CYRILLIC ")

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # all of Cc but \t and \n, and all of Cs


def clean_line(value: str | None) -> str:
    """One line of text (title, name, tag line, search words) in its one form.

    NFC; control characters, invisible format characters (bidirectional overrides, zero-width spaces, byte order
    marks, soft hyphens) and lone surrogates are left out; ZWJ and ZWNJ stay where they join letters of a script that
    joins, or emoji; each run of white space becomes one space; the ends are stripped. ``None`` gives "".
    Cleaning twice changes nothing more.
    """
    spaced = "".join(map(_in_line, value or ""))
    return " ".join(_without_idle_joiners(unicodedata.normalize("NFC", spaced)).split())


def clean_text(value: str | None) -> str:
    """A body of several lines (Markdown) in its one form.

    NFC; CRLF and CR become LF; control characters other than newline and tab, NUL and lone surrogates are left out;
    blank lines at the end are stripped. Everything else is kept exactly as typed. ``None`` gives "".
    """
    text = (value or "").replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", CONTROLS.sub("", text))
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


def _in_line(character: str) -> str:
    """What stands for ``character`` in a line: itself, a space, or nothing."""
    if character.isspace() or character == BLANK_BRAILLE:
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") or character in INVISIBLE_LETTERS:
        return ""
    if category == "Cf" and character not in JOINERS and character not in VISIBLE_FORMATS:
        return ""
    return character


def _without_idle_joiners(text: str) -> str:
    if not JOINERS.intersection(text):
        return text
    kept: list[str] = []
    for index, character in enumerate(text):
        if character in JOINERS:
            before = kept[-1] if kept else ""
            after = text[index + 1] if index + 1 < len(text) else ""
            if not (_can_join(before) and _can_join(after)):
                continue
        kept.append(character)
    return "".join(kept)


def _can_join(character: str) -> bool:
    """Whether a joiner beside this character changes what is seen: a letter or mark of a joining script, an emoji."""
    if not character or character in JOINERS:
        return False
    kind = unicodedata.category(character)
    if kind[0] in "LM":
        return not unicodedata.name(character, "").startswith(UNJOINED_SCRIPTS)
    return kind in ("So", "Sk", "Sm") and ord(character) > 0x2000


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────


def slugify_title(text: str) -> str:
    """The readable part of an address: lower-case letters, marks and digits of any script, joined by hyphens.

    At most 80 characters, cut between words where there is a word to cut at; "untitled" when nothing is left.
    It has neither dots nor slashes, so a suffix such as ``.bib`` can follow it. Letters of some scripts carry
    combining marks, which ``\\w`` does not match: take it in an address with ``<str:…>``.
    """
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).lower())
    out: list[str] = []
    for character in text:
        if character.isalnum() or (out and out[-1] != "-" and unicodedata.category(character)[0] == "M"):
            out.append(character)
        elif character not in "'’" and out and out[-1] != "-":
            out.append("-")
    return cut_at_word("".join(out).strip("-"), SLUG_LIMIT, "-") or UNTITLED


def shortened(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters; a longer one is cut there and ends in "…"."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def cut_at_word(text: str, limit: int, separator: str = " ") -> str:
    """``text``, or its first words that fit into ``limit`` characters; a first word that is too long is cut hard."""
    if len(text) <= limit:
        return text
    head, found, _ = text[: limit + 1].rpartition(separator)
    cut = head if found and len(head) > limit // 2 else text[:limit]
    return cut.rstrip(separator)


# ── Sentences ────────────────────────────────────────────────────────────────────────────────────

ABBREVIATIONS = frozenset(
    [
        "al",
        "approx",
        "ave",
        "ca",
        "cf",
        "ch",
        "col",
        "corp",
        "cp",
        "dept",
        "dr",
        "ed",
        "eds",
        "eg",
        "eq",
        "esp",
        "est",
        "etc",
        "fig",
        "figs",
        "ie",
        "inc",
        "incl",
        "jr",
        "lt",
        "max",
        "med",
        "min",
        "misc",
        "mr",
        "mrs",
        "ms",
        "mt",
        "no",
        "nos",
        "nr",
        "op",
        "p",
        "pp",
        "prof",
        "ref",
        "refs",
        "resp",
        "sec",
        "sr",
        "st",
        "subsp",
        "suppl",
        "tab",
        "temp",
        "univ",
        "viz",
        "vol",
        "vs",
    ]
)
CLOSERS = "\"'”’»)]›"
SENTENCE_END = re.compile(
    rf"(?P<stop>[.!?…]+)(?P<closers>[{re.escape(CLOSERS)}]*)(?P<gap>\s+)|(?P<wide>[。！？｡]+[」』）]*)"
)
WORD_BEFORE = re.compile(r"[^\s(\[\"“'‘]+\Z")
PARAGRAPH_GAP = re.compile(r"\n\s*\n")


def sentences(plain: str) -> list[str]:
    """The sentences of plain text in order, white space collapsed. A blank line always ends one."""
    return [
        sentence
        for paragraph in PARAGRAPH_GAP.split(plain)
        for sentence in _sentences_of_line(" ".join(paragraph.split()))
    ]


def _sentences_of_line(line: str) -> list[str]:
    found, start = [], 0
    for match in SENTENCE_END.finditer(line):
        if match["wide"] or _ends_sentence(line, match):
            found.append(line[start : match.end()].strip())
            start = match.end()
    found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends_sentence(line: str, match: re.Match[str]) -> bool:
    following = line[match.end() : match.end() + 1]
    if match["stop"] != "." or match["closers"]:
        return not following.islower() or match["stop"][-1] in "!?"
    before = WORD_BEFORE.search(line[max(0, match.start() - 40) : match.start()])
    word = before[0] if before else ""
    # "Dr.", "e.g.", "J." and "U.S." go on; so does anything that is followed by a small letter and is no plain word.
    if word.lower() in ABBREVIATIONS or "." in word or (len(word) == 1 and word.isalpha() and word != "I"):
        return False
    return not following.islower() or (word.isalpha() and len(word) > 2)


def first_sentences(plain: str, limit: int = 280, most: int = 2) -> str:
    """The first ``most`` whole sentences of ``plain`` that fit into ``limit`` characters.

    Where not even the first fits, it is cut at a word and ends in "…" (counted in the limit). Knows that "e.g.",
    "Dr.", "0.1 %" and initials do not end a sentence. Gives "" for blank text.
    """
    # Nothing behind this can be shown; a long text costs no more than a short one.
    found = sentences(plain[: limit * 8 + 2000])
    if not found:
        return ""
    if len(found[0]) > limit:
        return cut_at_word(found[0], limit - 1).rstrip(" ,;:–—-(") + "…"
    shown = found[0]
    for sentence in found[1:most]:
        # A paragraph or a list may end without a full stop; two of them in one line need it.
        longer = f"{shown}{'.' if shown[-1].isalnum() else ''} {sentence}"
        if len(longer) > limit:
            break
        shown = longer
    return shown


# ── HTML to text ─────────────────────────────────────────────────────────────────────────────────

PARAGRAPHS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "ul",
    ]
)
LINES = frozenset({"br", "li", "tr"})
CELLS = frozenset({"td", "th"})
_keep_shape = nh3.Cleaner(
    tags=set(PARAGRAPHS | LINES | CELLS),
    attributes={},
    clean_content_tags={"script", "style", "template", "title"},
    link_rel=None,
)
QUOTE, ITEM = re.compile(r"(</?blockquote>)"), re.compile(r"\s*<li>\s*(?:<p>)?")
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)>")


def plain_text(html_text: str) -> str:
    """What HTML says, without its tags: a blank line between paragraphs, a newline between lines, rows and items.

    Takes any HTML, however broken. The result is text, not HTML: it must be escaped again before it is shown.
    """
    return _text_of(_keep_shape.clean(html_text))


def letter_text(html_text: str) -> str:
    """As :func:`plain_text`, with "> " before what is quoted and "- " before items: so it is written in a mail."""
    depth, pieces = 0, []
    for part in QUOTE.split(_keep_shape.clean(html_text)):
        if part in ("<blockquote>", "</blockquote>"):
            depth += 1 if part == "<blockquote>" else -1
        elif text := _text_of(ITEM.sub("<li>- ", part.replace("</li>", ""))):
            pieces.append("\n".join(f"{'>' * depth} {line}".strip() for line in text.split("\n")))
    return "\n\n".join(pieces)


def _text_of(shape: str) -> str:
    text = html.unescape(TAG.sub(_gap, shape))
    text = re.sub(r"[^\S\n]*\n[^\S\n]*", "\n", text.replace("\r", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _gap(match: re.Match[str]) -> str:
    name = match[2]
    if name in PARAGRAPHS:
        return "\n\n"
    if name in LINES:
        return "\n"
    return " " if match[1] else ""
