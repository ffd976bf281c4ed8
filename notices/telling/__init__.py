"""Telling members: the one door through which notifications are made.

Each call is one statement in the caller's transaction, however many members it tells: what is rolled back was never
told. Members who have left or are banned, and those who do not want to hear of a kind, are left out.
"""

from notices.telling.gathering import EVERYBODY, Gathering, gather, tell_gathered
from notices.telling.members import News, take_back, tell, tell_followers
from notices.telling.sight import (
    UNREAD_CAP,
    give_back,
    move_parts,
    read_here,
    restore,
    unread_count,
    withdraw,
    withhold,
)

__all__ = (
    "EVERYBODY",
    "UNREAD_CAP",
    "Gathering",
    "News",
    "gather",
    "give_back",
    "move_parts",
    "read_here",
    "restore",
    "take_back",
    "tell",
    "tell_followers",
    "tell_gathered",
    "unread_count",
    "withdraw",
    "withhold",
)
