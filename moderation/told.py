"""Telling members what moderators did to what they wrote: what, and why, but not by whom.

Each verb of moderation calls ``of_action`` with the line of the log that it wrote, in its own transaction. A verb that
is not in ``DEEDS`` is told of nobody: add its sentence there.
"""

from __future__ import annotations

from django.urls import reverse

from common.text import shortened
from moderation.models import Action
from notices.telling import tell

KIND = "moderated"  # of notifications
TITLE = "A moderator hides, locks, moves or changes what I wrote, or shows it again"
LONGEST_LABEL, LONGEST_REASON = 120, 300  # characters

# By the verb of the log: what was done to "your post". Out of sight: it can't be led to.
DEEDS: dict[str, str] = {
    "approve": "has let through",
    "reject": "has not let through",
    "approve-edit": "has let through your edit of",
    "reject-edit": "has not let through your edit of",
    "undo approve-edit": "looks again at your edit of",
    "undo reject-edit": "looks again at your edit of",
    "undo approve": "looks again at",
    "undo reject": "looks again at",
    "hide": "has hidden",
    "unhide": "shows again",
    "lock": "has locked",
    "unlock": "has unlocked",
    "pin": "has pinned",
    "unpin": "has taken down from the top",
    "move": "has moved",
    "retag": "has changed the tags of",
    "edit": "has edited",
    "undo edit": "has put back the words of",
    "duplicate": "has marked as asked before",
    "undo duplicate": "no longer takes for a duplicate",
    "merge": "has merged into another thread",
    "unmerge": "has made a thread of its own again",
    "split": "has split off comments of",
    "unsplit": "has brought back the comments of",
    "slow": "has set slow mode for",
    "close": "has set the day of closing for",
}
OUT_OF_SIGHT = frozenset({"hide"})  # of its author too; what is rejected they can read


def of_action(action: Action, *, owner: int | None, what: str, label: str, url: str, place: str = "") -> int:
    """Tell ``owner``, if there is one and they did it not themselves, of an action on their ``what`` ("post").

    ``label`` is what it is called, and may be empty; ``url`` where it stands. ``place`` is where the label is from, if
    that is not the owner's own: what goes out of sight there is not named here either. Once for an action, however
    often it is called; gives how many were told. The notification does not say who the moderator is.
    """
    deed = DEEDS.get(action.action)
    if owner is None or deed is None:
        return 0
    thing = f"your {what} “{shortened(label, LONGEST_LABEL)}”" if label else f"your {what}"
    reason = shortened(action.reason, LONGEST_REASON)
    if action.moderator_id is None and action.action == "hide":
        words = f"Several members have reported {thing}. It is out of sight until a moderator has looked at it."
    else:
        words = f"A moderator {deed} {thing}: {reason}"
    return tell(
        [owner],
        kind=KIND,
        key=f"action:{action.pk}",
        words=words,
        url=reverse("moderation:log") if action.action in OUT_OF_SIGHT else url,
        besides=action.moderator_id,
        place=place,
    )
