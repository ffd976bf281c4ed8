"""Names of members: what a name may be, when two names look alike, and which nobody may take.

A name is plain ASCII, so nobody can borrow another member's name with Cyrillic, Greek or full-width letters. What
ASCII itself lets look alike is caught by the *skeleton*: two names with one skeleton are one name, and the database
keeps skeletons unique (``Member.name_key``).
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

SHORTEST, LONGEST = 3, 24  # characters

SHAPE = r"^[A-Za-z0-9][A-Za-z0-9_-]{2,23}$"
"""What a name is made of, in the syntax that Python and PostgreSQL share."""

RULE = format_lazy(
    _("{shortest} to {longest} letters a–z, digits, “_” or “-”, beginning with a letter or digit."),
    shortest=SHORTEST,
    longest=LONGEST,
)
BAD_SHAPE = format_lazy(_("A name is {rule}"), rule=RULE)
TAKEN = _("This name, or one that looks like it, is taken. Please choose another.")
RESERVED_NAME = _("This name, or one that looks like it, is kept for the site itself. Please choose another.")

_SHAPE = re.compile(SHAPE)

# After NFKC and case folding, each of these is read as what stands beside it. The direction follows Unicode's
# confusables (UTS #39: "m" becomes "rn"), because only the longer side can be compared safely: with "rn" → "m",
# "rrn" and "rm" would differ though "rn" and "m" look the same.
_LOOK_ALIKES = str.maketrans(
    {
        "0": "o",
        "1": "l",
        "i": "l",
        "|": "l",
        "!": "l",
        "5": "s",
        "$": "s",
        "m": "rn",
        "w": "vv",
        "_": "",
        "-": "",
        ".": "",
        " ": "",
    }
)

_RESERVED = """
abuse about account accounts admin administrator administrators all anonymous anyone api app auth authors billing blog
bot bots categories category comment comments community contact deleted demo discuss discussion edit everyone faq feed
ftp guest guests healthz help here home hostmaster info inbox journals legal library log login logout mail manager me
media member members mod moderation moderator moderators mods new news nobody noreply notifications null official
operator owner policy postmaster posts privacy profile register research root rules save saved search security self
settings signin signup site somebody staff static status studies study studyhall superuser support sysadmin sysop
system tags team terms undefined unknown user users username webmaster www
"""

RESERVED = frozenset(_RESERVED.split())
"""Words that sound like the site speaking, or that addresses use. Their look-alikes are kept too."""


def skeleton(name: str) -> str:
    """What ``name`` looks like: the same text for every name a reader would take for it.

    NFKC and case folding, invisible characters out, then look-alikes: 0 o · 1 i l | ! · 5 s $ · rn m · vv w;
    “_”, “-”, “.” and spaces do not count. Takes any text; ASCII of n characters gives at most 2 n.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    visible = "".join(character for character in folded if unicodedata.category(character) not in {"Cf", "Cc", "Mn"})
    return visible.translate(_LOOK_ALIKES)


RESERVED_SKELETONS = frozenset(map(skeleton, RESERVED))


def is_reserved(name: str) -> bool:
    """Whether ``name`` looks like a word nobody may take."""
    return skeleton(name) in RESERVED_SKELETONS


def validate_shape(name: str) -> None:
    """Raise ``ValidationError`` unless ``name`` is made as names are."""
    if not _SHAPE.fullmatch(name):
        raise ValidationError(BAD_SHAPE, code="name_shape")


def validate_not_reserved(name: str) -> None:
    """Raise ``ValidationError`` where ``name`` looks like a word kept for the site."""
    if is_reserved(name):
        raise ValidationError(RESERVED_NAME, code="name_reserved")


VALIDATORS = [validate_shape, validate_not_reserved]
"""What sign-up asks of a name, as allauth's ``ACCOUNT_USERNAME_VALIDATORS`` wants it."""
