"""A cover for a study that has no picture: drawn from its facts, the same at every visit.

The pattern stands for the study itself: its rings are its tags, the dots its sample (one dot for each doubling),
the colour its level of evidence.
"""

from __future__ import annotations

import hashlib
import math
from xml.sax.saxutils import escape

from studies.models import Study
from studies.models.study import Level

WIDTH, HEIGHT = 416, 312
COLOURS = {
    Level.SYNTHESIS: ("#0d4f52", "#7fd0c9"),
    Level.TRIAL: ("#1d4468", "#8fc3ec"),
    Level.OBSERVATIONAL: ("#44396f", "#bbaee9"),
    Level.CASES: ("#6a3550", "#eaa9c5"),
    Level.OPINION: ("#5d4320", "#e5c48b"),
    Level.LABORATORY: ("#36522c", "#b2d79f"),
    Level.NOT_STATED: ("#424a4e", "#bcc5c9"),
}


def cover_svg(study: Study, tags: int) -> str:
    """An SVG of 416 × 312. ``tags`` is how many tags the study has. Text in it is escaped."""
    dark, light = COLOURS[Level(study.evidence_level)]
    seed = hashlib.sha256(f"{study.doi or study.pmid or study.pk}".encode()).digest()
    centre_x, centre_y = 110 + seed[0] * 200 // 255, 80 + seed[1] * 120 // 255
    rings = "".join(
        f'<circle cx="{centre_x}" cy="{centre_y}" r="{26 + 21 * number + seed[2 + number % 20] % 9}" fill="none" '
        f'stroke="{light}" stroke-opacity="{0.5 - 0.04 * number:.2f}" '
        f'stroke-width="{1.5 + seed[4 + number % 20] % 3}"/>'
        for number in range(min(max(tags, 2), 9))
    )
    dots = "".join(
        _circle(centre_x + math.cos(angle) * away, centre_y + math.sin(angle) * away, light)
        for angle, away in _dots(seed, study.sample_size)
    )
    year = _text(24, "start", "Georgia, serif", 40, light, str(study.published_year or ""))
    size = f"{study.sample_size:,} people" if study.sample_size else study.get_evidence_level_display()
    words = _text(392, "end", "system-ui, sans-serif", 17, light, size)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{dark}"/>{rings}{dots}'
        f'<rect y="236" width="{WIDTH}" height="76" fill="{dark}" fill-opacity="0.72"/>{year}{words}</svg>'
    )


def _circle(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{round(x)}" cy="{round(y)}" r="3.5" fill="{colour}"/>'


def _text(x: int, anchor: str, family: str, size: int, colour: str, words: str) -> str:
    return (
        f'<text x="{x}" y="284" text-anchor="{anchor}" font-family="{family}" font-size="{size}" fill="{colour}">'
        f"{escape(words)}</text>"
    )


def _dots(seed: bytes, sample_size: int | None) -> list[tuple[float, float]]:
    count = min(int(math.log2(sample_size)) if sample_size else 0, 16)
    return [(seed[number] / 255 * math.tau + number, 20 + seed[31 - number] * 150 / 255) for number in range(count)]
