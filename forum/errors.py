"""What a verb of the forum may refuse; views turn each into a sentence and a status."""


class Locked(Exception):
    """Nobody may answer here any more (409)."""


class StaleEdit(Exception):
    """Somebody saved another version since the editor was opened (409)."""
