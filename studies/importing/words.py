"""Titles and abstracts as files other than XML give them: plain, or with HTML or JATS markup inside a string."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from studies.identifiers import registration_in
from studies.importing.prose import paragraph, raised
from studies.importing.record import ABSTRACT_LIMIT, tidy

TITLE_READ = 20_000  # characters of a title that are looked at
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
# A tag of those that titles and abstracts hold, with or without a prefix; "a<b and c>d" is none.
TAG = re.compile(
    r"<(/?)(?:[A-Za-z][\w-]{0,20}:([A-Za-z][\w-]{0,30})|"
    r"(i|b|u|em|strong|italic|bold|underline|sub|sup|inf|sc|scp|small|big|span|font|tt|roman|monospace|a|p|br|div|"
    r"sec|title|label|list|list-item|ul|ol|li|h[1-6]|abstract|math|m[inos]|mrow|msup|msub|mtext|tex-math|annotation|"
    r"script|style|inline-formula|disp-formula|alternatives|ext-link|xref|uri|named-content|styled-content|cite|q))"
    r"""((?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*)\s*/?>""",
    re.IGNORECASE,
)
BLOCKS = frozenset(
    {"p", "br", "div", "sec", "list", "list-item", "ul", "ol", "li", "abstract", "title", "label"}
    | {f"h{level}" for level in range(1, 7)}
)
HEADINGS = frozenset({"title", "label"} | {f"h{level}" for level in range(1, 7)})
UNSPOKEN = frozenset({"tex-math", "annotation", "script", "style"})
# Headings that say no more than that an abstract follows.
SAYS_NOTHING = frozenset({"abstract", "summary", "abstracts", "unlabelled", "unlabeled", "unassigned"})
# A label of a structured abstract has one of these words.
SECTION_WORDS = frozenset(
    "abstract aim aims background backgrounds context objective objectives purpose purposes introduction rationale "
    "hypothesis importance question questions method methods materials material design setting settings patients "
    "patient participants subjects population intervention interventions exposure exposures measure measures "
    "measurements outcome outcomes analysis procedure procedures data sources selection extraction synthesis "
    "result results finding findings observations observation conclusion conclusions interpretation discussion "
    "limitations limitation significance implications relevance funding registration support evidence summary "
    "eligibility criteria comments comment highlights".split()
)
LABEL = re.compile(r"(?:^|(?<=[.?!)\]”\"%])\s+)([A-Z][A-Za-z][A-Za-z /&,()-]{0,58}):(?=\s+\S)")
LABELLED = re.compile(r"\*\*(.{1,80}?)\*\* ")


def title_of(text: str) -> str:
    """A title as one line of plain text, superscript numbers kept high.

    Without the full stop at its end and without the brackets that mark a translated one.
    """
    title = tidy(" ".join(text for _, text in _blocks(text[:TITLE_READ])))
    if title.startswith("[") and title.rstrip(".").endswith("]") and title.count("]") == 1:
        title = title.rstrip(".")[1:-1]
    return title[:-1].rstrip() if title.endswith(".") and not title.endswith("..") else title


def abstract_of(text: str) -> str:
    """An abstract as Markdown: its paragraphs, each section's label in bold before it, everything else escaped."""
    paragraphs: list[str] = []
    label = ""
    for heading, block in _blocks(text[: ABSTRACT_LIMIT * 4]):
        for part in re.split(r"\n\s*\n", block):
            words = tidy(part)
            if heading:
                label = "" if words.lower().strip(" :.") in SAYS_NOTHING else words
            elif words:
                sections = list(sectioned(words))
                if label and not sections[0][0]:
                    sections[0] = (label, sections[0][1])
                label = ""
                paragraphs += [paragraph(said, name) for name, said in sections]
    return "\n\n".join(paragraphs) or (paragraph(label) if label else "")


def registration_of(abstract: str) -> str:
    """The registration number that the section of an abstract named for it gives, else ""."""
    for part in abstract.split("\n\n"):
        label = LABELLED.match(part)
        if label and "registr" in label[1].lower():
            return registration_in(part)
    return ""


def sectioned(text: str) -> Iterator[tuple[str, str]]:
    """(label, text) of each section of an abstract in one line: "BACKGROUND: … METHODS: … RESULTS: …".

    Only where it is clearly so: two labels or more, each with a word that names a section, the first at the very
    start, and all in capitals if the first one is. Else the whole text with no label.
    """
    found = [match for match in LABEL.finditer(text) if _names_a_section(match[1])]
    if found and found[0][1].isupper():
        found = [match for match in found if match[1].isupper()]
    if len(found) < 2 or found[0].start():
        yield "", text
        return
    ends = [match.start() for match in found[1:]] + [len(text)]
    for match, end in zip(found, ends, strict=True):
        label = "" if match[1].lower() in SAYS_NOTHING else match[1]
        yield label, text[match.end() : end].strip()


def _names_a_section(label: str) -> bool:
    words = re.findall(r"[a-z]+", label.lower())
    return len(words) <= 8 and not SECTION_WORDS.isdisjoint(words)


def _blocks(text: str) -> Iterator[tuple[bool, str]]:
    """(whether it is a heading, text) of each run of text between the block elements of some markup."""
    if "&" in text:
        text = _unescaped(_unescaped(text))  # Crossref's depositors escape twice
    if "<" not in text:
        yield False, text
        return
    pieces: list[str] = []
    high: int | None = None  # where an open superscript began in ``pieces``
    heading = False
    hidden = ""
    position = 0
    for tag in TAG.finditer(text):
        if not hidden:
            pieces.append(text[position : tag.start()])
        position = tag.end()
        closing, name = bool(tag[1]), (tag[2] or tag[3]).lower()
        if hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in UNSPOKEN and not closing:
            hidden = name
        elif name == "sup":
            if closing and high is not None:
                pieces[high:] = [raised("".join(pieces[high:]))]
            high = None if closing else len(pieces)
        elif name in BLOCKS:
            if (said := "".join(pieces)).strip():
                yield heading, said
            pieces, high = [], None
            heading = name in HEADINGS and not closing
    if not hidden:
        pieces.append(text[position:])
    if (said := "".join(pieces)).strip():
        yield heading, said


def _unescaped(text: str) -> str:
    """Character references that end in ";": "?a=1&copy=2" in an address holds none."""
    return ENTITY.sub(lambda found: html.unescape(found[0]), text)
