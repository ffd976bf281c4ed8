"""What a verb of the library may refuse; views turn each into a sentence and a status."""


class StaleEdit(Exception):
    """Somebody saved another version since the editor was opened (409)."""


class NotYours(Exception):
    """This member may not do it, and the text says why (403)."""


class TooManyOpen(Exception):
    """So many of this member's wait for the librarians that another must wait too (429)."""
