"""Telling members what moderators did to what they wrote: what, and why, but not by whom.

Each verb of moderation calls ``of_action`` with the line of the log that it wrote, in its own transaction. A verb that
is not in ``DEEDS`` is told of nobody: add its sentence there.
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_noop

from common import wording
from common.text import shortened
from moderation.models import Action
from notices.telling import tell

KIND = "moderated"  # of notifications
TITLE = gettext_noop("A moderator hides, locks, moves or changes what I wrote, or shows it again")
LONGEST_LABEL, LONGEST_REASON = 120, 300  # characters

# By the verb of the log: what was done to "your post". Out of sight: it can't be led to.
DEEDS: dict[str, str] = {
    "approve": gettext_noop("A moderator has let through %(thing)s: %(reason)s"),
    "reject": gettext_noop("A moderator has not let through %(thing)s: %(reason)s"),
    "approve-edit": gettext_noop("A moderator has let through your edit of %(thing)s: %(reason)s"),
    "reject-edit": gettext_noop("A moderator has not let through your edit of %(thing)s: %(reason)s"),
    "undo approve-edit": gettext_noop("A moderator looks again at your edit of %(thing)s: %(reason)s"),
    "undo reject-edit": gettext_noop("A moderator looks again at your edit of %(thing)s: %(reason)s"),
    "undo approve": gettext_noop("A moderator looks again at %(thing)s: %(reason)s"),
    "undo reject": gettext_noop("A moderator looks again at %(thing)s: %(reason)s"),
    "hide": gettext_noop("A moderator has hidden %(thing)s: %(reason)s"),
    "unhide": gettext_noop("A moderator shows again %(thing)s: %(reason)s"),
    "lock": gettext_noop("A moderator has locked %(thing)s: %(reason)s"),
    "unlock": gettext_noop("A moderator has unlocked %(thing)s: %(reason)s"),
    "pin": gettext_noop("A moderator has pinned %(thing)s: %(reason)s"),
    "unpin": gettext_noop("A moderator has taken down from the top %(thing)s: %(reason)s"),
    "move": gettext_noop("A moderator has moved %(thing)s: %(reason)s"),
    "retag": gettext_noop("A moderator has changed the tags of %(thing)s: %(reason)s"),
    "edit": gettext_noop("A moderator has edited %(thing)s: %(reason)s"),
    "undo edit": gettext_noop("A moderator has put back the words of %(thing)s: %(reason)s"),
    "duplicate": gettext_noop("A moderator has marked as asked before %(thing)s: %(reason)s"),
    "undo duplicate": gettext_noop("A moderator no longer takes for a duplicate %(thing)s: %(reason)s"),
    "merge": gettext_noop("A moderator has merged into another thread %(thing)s: %(reason)s"),
    "unmerge": gettext_noop("A moderator has made a thread of its own again %(thing)s: %(reason)s"),
    "split": gettext_noop("A moderator has split off comments of %(thing)s: %(reason)s"),
    "unsplit": gettext_noop("A moderator has brought back the comments of %(thing)s: %(reason)s"),
    "slow": gettext_noop("A moderator has set slow mode for %(thing)s: %(reason)s"),
    "close": gettext_noop("A moderator has set the day of closing for %(thing)s: %(reason)s"),
}
REPORTED = gettext_noop(
    "Several members have reported %(thing)s. It is out of sight until a moderator has looked at it."
)
YOURS = {
    "post": gettext_noop("your post “%(label)s”"),
    "comment on": gettext_noop("your comment on “%(label)s”"),
    "picture": gettext_noop("your picture “%(label)s”"),
}
wording.know(*DEEDS.values(), REPORTED, *YOURS.values())
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
    thing = YOURS[what] % {"label": shortened(label, LONGEST_LABEL)} if label else f"your {what}"
    reason = shortened(action.reason, LONGEST_REASON)
    if action.moderator_id is None and action.action == "hide":
        words = REPORTED % {"thing": thing}
    else:
        words = deed % {"thing": thing, "reason": reason}
    return tell(
        [owner],
        kind=KIND,
        key=f"action:{action.pk}",
        words=words,
        url=reverse("moderation:log") if action.action in OUT_OF_SIGHT else url,
        besides=action.moderator_id,
        place=place,
    )
