"""What a request's ``Accept`` header asks for, among the forms that a study has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.http import parse_header_parameters

HEADER_LIMIT = 2_000  # characters; browsers send a tenth of it


@dataclass(frozen=True)
class Wish:
    """One entry of an ``Accept`` header. ``quality`` runs from 0 (never) to 1."""

    media_type: str
    quality: float
    parameters: dict[str, str]

    def fits(self, media_type: str) -> bool:
        kind, _, rest = self.media_type.partition("/")
        return self.media_type in (media_type, "*/*") or (rest == "*" and media_type.startswith(f"{kind}/"))

    @property
    def exactness(self) -> int:
        return 2 if "*" not in self.media_type else int(self.media_type != "*/*")


def wishes(header: str) -> list[Wish]:
    """The entries of an ``Accept`` header (RFC 9110, 12.5.1); what can't be read is passed over."""
    found = []
    for part in header[:HEADER_LIMIT].split(","):
        try:
            media_type, parameters = parse_header_parameters(part)
            quality = float(parameters.pop("q", "1"))
        except ValueError:
            continue
        if "/" in media_type and 0 <= quality <= 1:
            found.append(Wish(media_type.lower(), quality, parameters))
    return found


def wanted(header: str, offers: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The offered media type that ``header`` likes best, and the parameters it was asked for with.

    Of equals the first offer wins; where nothing fits, or nothing is said, it is the first offer as well, for a page
    is more use than an error. The most exact entry that fits a type says how much it is liked.
    """
    asked = wishes(header)
    best, best_quality, parameters = offers[0], 0.0, {}
    for offer in offers:
        fitting = max((wish for wish in asked if wish.fits(offer)), key=lambda wish: wish.exactness, default=None)
        if fitting and fitting.quality > best_quality:
            best, best_quality, parameters = offer, fitting.quality, fitting.parameters
    return best, parameters
