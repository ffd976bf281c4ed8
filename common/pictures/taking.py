"""A picture as it was sent, into the pictures that are kept: each decoded by a process of its own (``making``)."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.pictures import judging
from common.pictures.judging import BYTES_LIMIT

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
START = f"import sys; sys.path.append({str(ROOT)!r}); from common.pictures.making import main; main()"
LONGEST = 10  # seconds by the clock; its processor time is bounded more tightly

NO_PICTURE = _(
    "This is not a PNG, JPEG, GIF or WebP picture. Other kinds of files are not taken, whatever they are called."
)
SENTENCES = {
    judging.NO_PICTURE: NO_PICTURE,
    judging.TOO_MANY_PIXELS: format_lazy(
        _(
            "The picture has too many pixels: up to {millions} million, and {side} "
            "on a side. Please make it smaller and try again."
        ),
        millions=judging.PIXELS_LIMIT // 1_000_000,
        side=f"{judging.SIDE_LIMIT:,}",
    ),
    judging.BROKEN: _("The picture can't be read: the file is damaged or cut off. Please save it anew and try again."),
}
TOO_HARD = _("The picture takes too long to read. Please save it anew as JPEG or PNG and try again.")
TOO_LARGE = format_lazy(
    _("The file is larger than {megabytes} MB. Please make the picture smaller and try again."),
    megabytes=BYTES_LIMIT // 1_000_000,
)
EMPTY = _("The file is empty. Please choose the picture again.")


class Refused(Exception):
    """A picture that is not taken. Its words say why, to whoever sent it; ``status`` is the answer's."""

    def __init__(self, words: Any, status: int = 422) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class Made:
    """One size of a picture, as WebP."""

    width: int
    height: int
    data: bytes


def make(data: bytes, widths: Sequence[int], *, square: bool = False) -> list[Made]:
    """The picture in each of ``widths`` that it reaches, the widest first. Raises ``Refused``."""
    if not data:
        raise Refused(EMPTY)
    if len(data) > BYTES_LIMIT:
        raise Refused(TOO_LARGE, 413)
    if not judging.kind_of(data):
        raise Refused(NO_PICTURE)  # without starting a process for it
    # Isolated from the environment, the user's packages and the current folder.
    command = [sys.executable, "-I", "-c", START, json.dumps({"widths": list(widths), "square": square})]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=LONGEST, env={}, check=False)
    except subprocess.TimeoutExpired as error:
        raise Refused(TOO_HARD) from error
    head, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not head:
        logger.warning("a picture of %s bytes was given up: exit %s", len(data), done.returncode)
        raise Refused(TOO_HARD)
    told = json.loads(head)
    if "refused" in told:
        raise Refused(SENTENCES[told["refused"]])
    made = []
    for width, height, size in told["made"]:
        made.append(Made(width, height, rest[:size]))
        rest = rest[size:]
    return made
