"""The colours of code can be read by everybody, in light and in dark."""

import re

import pytest
from django.conf import settings
from pygments.token import STANDARD_TYPES

AA = 4.5
CSS = settings.BASE_DIR / "static" / "css"
PAIR = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")


def luminance(colour):
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def rules():
    return re.findall(
        r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", (CSS / "code.css").read_text(), flags=re.DOTALL)
    )


GROUND = PAIR.search(re.search(r"--sunken:[^;]+", (CSS / "tokens.css").read_text())[0]).groups()


@pytest.mark.parametrize(("selector", "body"), rules())
def test_every_colour_has_enough_contrast(selector, body):
    colour = re.search(r"(?<!-)color: ([^;]+)", body)
    if not colour:
        return
    ground = re.search(r"background: ([^;]+)", body)
    grounds = PAIR.fullmatch(ground[1]).groups() if ground else GROUND
    for ink, paper in zip(PAIR.fullmatch(colour[1]).groups(), grounds, strict=True):
        assert contrast(ink, paper) >= AA, (selector, ink, paper)


def test_names_only_classes_that_pygments_writes():
    named = {name for selector, _ in rules() for name in re.findall(r"\.(\w+)", selector)} - {"highlight"}
    assert named <= set(STANDARD_TYPES.values())
