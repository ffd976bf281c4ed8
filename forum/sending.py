"""One form sent several times writes once; other words sent from the same form are not lost."""

from __future__ import annotations

import uuid


def sent_once(token: uuid.UUID | None, *words: str) -> uuid.UUID:
    """What is unique for an author: the form's ``token`` together with the words sent; without a token, a new one.

    A member who goes back in the browser finds the old form with its old token: what they write there now is new.
    """
    return uuid.uuid5(token, "\0".join(words)) if token else uuid.uuid4()
