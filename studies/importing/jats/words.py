"""What an article says: abstract, keywords, headings and registration numbers."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from studies.identifiers import registrations_in
from studies.importing.jats.names import XLINK_HREF
from studies.importing.prose import line, local_name, paragraph
from studies.importing.record import Heading

# Summaries beside the abstract that are not the authors' abstract.
NOT_THE_ABSTRACT = frozenset(
    {"graphical", "teaser", "toc", "editor", "editors-summary", "author-highlights", "highlights", "key-points",
     "web-summary", "short", "precis", "longsummary", "executive-summary", "plain-language-summary", "video"}
)  # fmt: skip


def abstract(meta: etree._Element) -> tuple[str, list[str]]:
    """The authors' abstract as Markdown, and the registration numbers that a section named for them gives."""
    abstracts = meta.findall("abstract")
    plain = [each for each in abstracts if not each.get("abstract-type")]
    typed = [each for each in abstracts if each.get("abstract-type", "").lower() not in NOT_THE_ABSTRACT]
    chosen = next(iter(plain or typed), None)
    if chosen is None:
        return "", []
    paragraphs: list[str] = []
    registrations: list[str] = []
    for label, text in _sections(chosen, ""):
        paragraphs.append(paragraph(text, label))
        if "registr" in label.lower():
            registrations += registrations_in(text)
    return "\n\n".join(filter(None, paragraphs)), registrations


def _sections(parent: etree._Element, label: str) -> Iterator[tuple[str, str]]:
    """(label, text) of each paragraph under ``parent``; the label is given to a section's first paragraph only."""
    for child in parent:
        name = local_name(child)
        if name == "sec":
            inner = line(child.find("title")) or label
            yield from _sections(child, inner)
        elif name == "list":
            for item in child.iterchildren("list-item"):
                yield label, f"• {line(item, lambda element: element.tag == 'label')}"
                label = ""
        elif name in ("p", "disp-quote", "speech", "def-list", "statement"):
            text = line(child)
            if text:
                yield label, text
                label = ""


def keywords(meta: etree._Element) -> Iterator[str]:
    for group in meta.findall("kwd-group"):
        if "abbr" in group.get("kwd-group-type", "").lower() or group.get("kwd-group-type", "").upper() == "MESH":
            continue
        for element in (
            *group.findall("kwd"),
            *group.findall("compound-kwd/compound-kwd-part"),
            *group.findall("nested-kwd/kwd"),
        ):
            for word in line(element).split(";"):
                yield word.strip(" .,")


def mesh(meta: etree._Element) -> Iterator[Heading]:
    for group in meta.findall("kwd-group"):
        if group.get("kwd-group-type", "").upper() == "MESH":
            for element in group.findall("kwd"):
                yield Heading(line(element).split("/")[0])


def marked_registrations(article: etree._Element) -> Iterator[str]:
    """The numbers of a trial's registrations, where the markup says that they are."""
    for element in article.iterfind("front//*"):
        marked = (element.get("ext-link-type"), element.get("content-type"), element.get("document-id-type"))
        if {"clinical-trial", "clinical-trial-number", "trial"} & set(marked):
            for text in (line(element), element.get("document-id", ""), element.get(XLINK_HREF, "")):
                if numbers := registrations_in(text):
                    yield from numbers
                    break
