"""The picture of a study that other sites show beside a link to it: 1200 × 630, drawn from its facts."""

from __future__ import annotations

import hashlib
import io
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from studies.covers import COLOURS
from studies.models import Study
from studies.models.study import Level, Retraction

WIDTH, HEIGHT, EDGE = 1200, 630, 72
FONT = Path(__file__).parent / "fonts" / "DejaVuSerifCondensed-Bold.ttf"
VERSION = 2  # of the drawing: a new one makes every kept picture old
TITLE_LINES, TITLE_SIZE, TITLE_LIMIT = 5, 54, 400
INK, PALE, ALARM = "#ffffff", "#e8e6e1", "#b3261e"
MARKS = {
    Retraction.RETRACTED: "RETRACTED",
    Retraction.CONCERN: "EXPRESSION OF CONCERN",
    Retraction.CORRECTED: "CORRECTED",
}


def etag(study: Study) -> str:
    facts = (VERSION, settings.SITE_NAME, *_facts(study))
    return f'"{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}"'


def _facts(study: Study) -> tuple[str, ...]:
    journal = study.journal.title if study.journal else ""
    return (study.title, journal, str(study.published_year or ""), study.evidence_level, study.retraction)


def draw(study: Study) -> bytes:
    """The picture as PNG. Takes a study with its journal; any text may stand in either."""
    title, journal, year, level, retraction = _facts(study)
    dark, light = COLOURS[Level(level)]
    picture = Image.new("RGB", (WIDTH, HEIGHT), dark)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 16, HEIGHT), fill=light)
    top = EDGE
    if retraction:
        mark = MARKS[Retraction(retraction)]
        wide = pen.textlength(mark, _font(34))
        pen.rectangle((EDGE, top, EDGE + wide + 40, top + 58), fill=ALARM)
        pen.text((EDGE + 20, top + 8), mark, INK, _font(34))
        top += 84
    for line in wrapped(_drawable(title[:TITLE_LIMIT]), TITLE_LINES):
        pen.text((EDGE, top), line, INK, _font(TITLE_SIZE))
        top += round(TITLE_SIZE * 1.28)
    below = " · ".join(filter(None, (year, _drawable(journal))))
    pen.text((EDGE, HEIGHT - 130), _cut(below, 34), light, _font(34))
    pen.text((EDGE, HEIGHT - 78), Level(level).label if level != Level.NOT_STATED else "Study", PALE, _font(28))
    name = _cut(_drawable(settings.SITE_NAME), 28)
    pen.text((WIDTH - EDGE, HEIGHT - 78), name, PALE, _font(28), anchor="ra")
    out = io.BytesIO()
    picture.quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def wrapped(text: str, most: int) -> list[str]:
    """The text in lines as wide as the picture; what does not fit into ``most`` lines ends in "…"."""
    words, lines = text.split(), [""]
    for place, word in enumerate(words):
        longer = f"{lines[-1]} {word}".strip()
        if _fits(longer, TITLE_SIZE):
            lines[-1] = longer
        elif len(lines) == most:
            return [*lines[:-1], _cut(f"{lines[-1]} {' '.join(words[place:])}"[:TITLE_LIMIT], TITLE_SIZE)]
        else:
            lines.append(word if _fits(word, TITLE_SIZE) else _cut(word, TITLE_SIZE))
    return [line for line in lines if line]


def _fits(text: str, size: int) -> bool:
    return _font(size).getlength(text) <= WIDTH - 2 * EDGE


def _cut(text: str, size: int) -> str:
    if _fits(text, size):
        return text
    text = text[:200]
    while text and not _fits(f"{text}…", size):
        text = text[:-1]
    return f"{text.rstrip()}…"


def _drawable(text: str) -> str:
    """The text, if the font has most of its letters; what it lacks is left out. Else "": the rest says enough."""
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    letters = [each for each in text if not each.isspace()]
    lacking = sum(not _has(each) for each in letters)
    if lacking > len(letters) // 4:
        return ""
    return "".join(each for each in text if each.isspace() or _has(each)) if lacking else text


@lru_cache(4096)
def _has(character: str) -> bool:
    font = _font(20)
    drawn = bytes(font.getmask(character))
    return drawn != _box() or not drawn


@cache
def _box() -> bytes:
    return bytes(_font(20).getmask("\U000fffff"))  # a character that no font has: the box drawn in its stead


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The simple layout needs no library beside FreeType and draws the same everywhere.
    return ImageFont.truetype(str(FONT), size, layout_engine=ImageFont.Layout.BASIC)
