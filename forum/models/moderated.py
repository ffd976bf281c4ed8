"""What posts and comments share: hidden by a moderator, deleted by the author, both leaving a tombstone."""

from __future__ import annotations

from typing import Any

from django.db import models

from forum import roles


class Moderated(models.Model):
    is_by: Any  # of ``Signed``
    is_hidden = models.BooleanField(default=False, editable=False)
    # Hidden until a moderator has looked at it first (``forum.holding``); its author may read it meanwhile.
    is_waiting = models.BooleanField(default=False, db_default=False, editable=False)
    # A moderator has looked and left it hidden; its author may go on reading it, with the reason.
    is_rejected = models.BooleanField(default=False, db_default=False, editable=False)
    answer = ""  # on a page for its author, why it was rejected (``forum.showing_edits.show``)
    shown_edit: Any = None  # on a page, the edit that waits or was rejected (``forum.showing_edits.show``)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_shown(self) -> bool:
        """Neither hidden nor deleted."""
        return not self.is_hidden and not self.is_deleted

    def can_be_read_by(self, user) -> bool:
        """Whether its words may be shown to this visitor: moderators also read what is hidden."""
        if self.is_deleted:
            return False
        return not self.is_hidden or roles.moderates(user, self.shelf_id) or (self.is_held and self.is_by(user))

    @property
    def is_held(self) -> bool:
        """Kept from the others by what moderators look at first: its author may read and delete it."""
        return self.is_waiting or self.is_rejected

    @property
    def shelf_id(self) -> int:
        """The category it stands in."""
        raise NotImplementedError
