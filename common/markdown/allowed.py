"""The allow-list that all HTML of a member's text passes: the second wall."""

from __future__ import annotations

import re

import nh3
from pygments.token import STANDARD_TYPES

from common import naming, picturing, quotes
from common.markdown.links import is_followed

REL = "nofollow ugc noopener"
FOOTNOTE_ID = re.compile(r"fn(?:ref)?(?:-[A-Za-z0-9-]+)?-\d+(?:-\d+)?")


def _allowed_value(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "id":
        return value if FOOTNOTE_ID.fullmatch(value) else None
    if attribute == "href":
        return value if is_followed(value) or (value.startswith("#") and FOOTNOTE_ID.fullmatch(value[1:])) else None
    if tag == "img" and attribute == "src":
        return value if picturing.ADDRESS.fullmatch(value) else None
    if attribute == "srcset":
        return value if picturing.SRCSET.fullmatch(value) else None
    if attribute in ("width", "height"):
        return value if value.isascii() and value.isdecimal() else None
    if attribute == "data-picture":
        return value if picturing.NAMED.fullmatch(value) else None
    if attribute == "data-work":
        return value if naming.KEY.fullmatch(value) else None
    if attribute == "data-quoted":
        return value if quotes.KEY.fullmatch(value) else None
    if attribute == "data-member":
        return value if value.isascii() and value.isdecimal() else None
    return value


sanitizer = nh3.Cleaner(
    tags={
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "div",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "input",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    },
    clean_content_tags={"script", "style", "template", "title", "iframe", "svg", "math"},
    attributes={
        "a": {"href", "title", "id", "aria-label", "data-work", "data-member", "data-quoted"},
        "li": {"id"},
        "ol": {"start"},
        "input": {"checked", "disabled", "aria-label"},
        "img": {"src", "srcset", "alt", "width", "height"},
        "span": {"data-picture"},
        "div": {"aria-label"},
    },
    attribute_filter=_allowed_value,
    tag_attribute_values={
        "div": {"role": {"group"}, "tabindex": {"0"}},
        "pre": {"tabindex": {"0"}},
        "img": {"loading": {"lazy"}, "decoding": {"async"}, "sizes": {picturing.SIZES}},
        "th": {"scope": {"col"}},
        "input": {"type": {"checkbox"}},
    },
    set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
    allowed_classes={
        "a": {"image-link", "picture", "footnote-back", "work", "work--worded", "mention", "hashtag"},
        "code": {"highlight"},
        "div": {"table-scroll", "footnotes", "markdown-alert"}
        | {f"markdown-alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution")},
        "li": {"task-list-item"},
        "p": {"markdown-alert-title"},
        "span": set(filter(None, STANDARD_TYPES.values())) | {"picture-gone"},
        "sup": {"footnote-ref"},
        "td": {"align-left", "align-center", "align-right"},
        "th": {"align-left", "align-center", "align-right"},
        "ul": {"contains-task-list"},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel=REL,
)
