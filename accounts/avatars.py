"""The picture beside a member's name: one they sent, cut to a square, or one drawn from the name's skeleton.

``Member.avatar`` is the name of the files, "" for the drawn one, so that a list of names costs no query more. One
that a moderator has taken out of sight is kept as ``Member.withheld_avatar``, until it is given back or another choice
is made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from common.pictures import keeping, taking

SHELF = "avatars"
WIDTHS = (192, 64)  # pixels: on a profile, beside a name; both for screens of two pixels and more a point
KEY = re.compile(r"[0-9a-f]{12}")

# Ground and two colours of the shapes on it. Decoration: every name is written beside its drawing.
COLOURS = (
    ("#0d4f52", "#7fd0c9", "#e9c46a"), ("#1d4468", "#8fc3ec", "#f4a59a"), ("#44396f", "#bbaee9", "#9ad9c0"),
    ("#6a3550", "#eaa9c5", "#8fc3ec"), ("#5d4320", "#e5c48b", "#9ad9c0"), ("#36522c", "#b2d79f", "#f2b37c"),
    ("#424a4e", "#bcc5c9", "#e9c46a"), ("#7a3b2e", "#f2b8a2", "#a8d8e0"),
)  # fmt: skip
TILE = 16  # units; the drawing is four tiles wide and high
# A tile is empty, full, a dot, or a quarter of a disc in one of its corners.
QUARTERS = (
    "M0 0h16A16 16 0 0 1 0 16z",
    "M16 0v16A16 16 0 0 1 0 0z",
    "M16 16H0A16 16 0 0 1 16 0z",
    "M0 16V0A16 16 0 0 1 16 16z",
)


def take(member: Any, data: bytes) -> None:
    """Let this picture stand beside the member's name. Raises ``taking.Refused``."""
    made = taking.make(data, WIDTHS, square=True)
    name = keeping.new_name()
    keeping.keep(SHELF, name, made)
    try:
        _change(member, avatar=name)
    except BaseException:
        keeping.forget(SHELF, name)
        raise


def remove(member: Any) -> bool:
    """Let the drawn one stand there again; False where it does."""
    return bool(_change(member)[0])


@transaction.atomic
def withhold(member: Any) -> str:
    """Take the one that was sent out of sight, and give the name by which ``give_back`` knows it; "" where none was.

    The name is a new one, so that nothing is found any more where it was seen.
    """
    if not (seen := _locked(member)[0]):
        return ""
    name = keeping.new_name()
    keeping.copy(SHELF, seen, name)
    _change(member, withheld_avatar=name)
    return name


@transaction.atomic
def give_back(member: Any, name: str) -> None:
    """Let the one that was withheld under this name stand there again, unless there was another choice since."""
    if name and _locked(member)[1] == name:
        _change(member, avatar=name)


@transaction.atomic
def _change(member: Any, *, avatar: str = "", withheld_avatar: str = "") -> tuple[str, str]:
    """Let these names be the member's, and no others: their files go. Gives the names there were."""
    before = _locked(member)
    members = get_user_model()._default_manager
    members.filter(pk=member.pk).update(avatar=avatar, withheld_avatar=withheld_avatar)
    member.avatar, member.withheld_avatar = avatar, withheld_avatar
    _forget(set(before) - {avatar, withheld_avatar})
    return before


def _locked(member: Any) -> tuple[str, str]:
    members = get_user_model()._default_manager.select_for_update(no_key=True)
    return members.values_list("avatar", "withheld_avatar").get(pk=member.pk)


def _forget(names: set[str]) -> None:
    for name in names - {""}:
        transaction.on_commit(partial(keeping.forget, SHELF, name))


def member_gone(sender: Any, instance: Any, **more: Any) -> None:
    _forget({instance.avatar, instance.withheld_avatar})


def files_of(member: Any) -> Iterator[tuple[str, Path]]:
    if name := member.avatar or member.withheld_avatar:
        yield "avatar.webp", keeping.path_of(SHELF, name)


def sweep_files() -> int:
    """Take away files that are nobody's, as a power cut may leave them; gives how many names."""
    names = sorted(set(keeping.names_on(SHELF, older_than=24 * 3600)))
    gone = 0
    for start in range(0, len(names), 1_000):
        some = names[start : start + 1_000]
        whose = Q(avatar__in=some) | Q(withheld_avatar__in=some)
        rows = get_user_model()._default_manager.filter(whose).values_list("avatar", "withheld_avatar")
        gone += keeping.forget_all_but(SHELF, {name for names in rows for name in names}, some)
    return gone


# ── The drawn one ────────────────────────────────────────────────────────────────────────────────


def key_of(name_key: str) -> str:
    """Twelve hexadecimal digits, always the same for a name however it is spelled."""
    return hashlib.sha256(f"avatar/{name_key}".encode()).hexdigest()[:12]


def drawn(key: str) -> str:
    """The drawing as SVG: sixteen tiles, the right half the mirror of the left."""
    bits = int(key, 16)
    ground, light, warm = COLOURS[bits % len(COLOURS)]
    bits //= len(COLOURS)
    shapes = []
    for row in range(4):
        for column in range(2):
            kind, bits = bits % 7, bits // 7
            colour = warm if (row * 2 + column + int(key[0], 16)) % 3 == 0 else light
            for mirrored in (False, True):
                place = 3 - column if mirrored else column
                if shape := _tile(kind, mirrored):
                    shapes.append(f'<g transform="translate({place * TILE} {row * TILE})" fill="{colour}">{shape}</g>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        f'<rect width="64" height="64" fill="{ground}"/>{"".join(shapes)}</svg>'
    )


def _tile(kind: int, mirrored: bool) -> str:
    if kind == 0:
        return ""
    if kind == 1:
        return '<rect width="16" height="16"/>'
    if kind == 2:
        return '<circle cx="8" cy="8" r="5"/>'
    path = f'<path d="{QUARTERS[kind - 3]}"/>'
    return f'<g transform="translate(16 0) scale(-1 1)">{path}</g>' if mirrored else path
