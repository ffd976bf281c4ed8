"""Whether a member may sign in, for the floor above that decides about it: it says with ``know`` how it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Takes a member; gives the address of the page that says why they can't sign in, "" where they can.
Barrier = Callable[[Any], str]
_barriers: list[Barrier] = []


def know(barrier: Barrier) -> None:
    """Called by an app's ``ready``; the last to call is asked."""
    _barriers[:] = [barrier]


def page_for(member: Any) -> str:
    return next(filter(None, (barrier(member) for barrier in _barriers)), "")
