"""What a password may not be, beyond what Django itself asks."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.names import skeleton

LONGEST = 4096  # characters
TOO_LONG = format_lazy(_("A password has at most {longest} characters."), longest=format(LONGEST, ","))
GUESSABLE = _("This password is mostly words that anyone would try first here. Please add something of your own.")

CONTEXT_WORDS = (
    *("studyhall", "study", "studies", "research", "community", "forum", "member", "moderator", "password", "login"),
    *("hairloss", "hair", "loss", "bald", "baldness", "alopecia", "skin", "scalp", "derma", "dermatology"),
    *("minoxidil", "finasteride", "dutasteride", "tretinoin", "psoriasis", "acne", "eczema", "welcome", "letmein"),
)
OWN_ENOUGH = 6  # letters and digits that must be left when the words everybody tries are taken out
SHORTEST_NAME = 4  # a shorter name is part of too many innocent words


class ContextWordValidator:
    """Refuses passwords made of the site's name, the words of its subject, or the member's own name.

    Capitals, digits for letters and what stands between the words change nothing: "5tudyHall-2026" is refused. Such
    a word in a longer password of one's own is welcome. (The idea is NIST SP 800-63B, 3.1.1.2: context-specific
    words.)
    """

    def validate(self, password: str, user=None) -> None:
        """Raise ``ValidationError`` where ``password`` is little else than such words, or absurdly long."""
        if len(password) > LONGEST:
            raise ValidationError(TOO_LONG, code="password_too_long")
        read = skeleton(password)
        left = re.sub("|".join(map(re.escape, self._words(user))), " ", read)
        if left != read and sum(character.isalnum() for character in left) < OWN_ENOUGH:
            raise ValidationError(GUESSABLE, code="password_context_word")

    def get_help_text(self) -> str:
        return gettext(
            "It can't be made of the site's name, the subject's words or your own name. A few unrelated words are best."
        )

    @staticmethod
    def _words(user) -> list[str]:
        """The skeletons to look for, longest first, so that "hairloss" goes as one word."""
        own = (getattr(user, "username", ""), getattr(user, "email", "").partition("@")[0])
        words = {*CONTEXT_WORDS, *settings.SITE_NAME.split(), *(name for name in own if len(name) >= SHORTEST_NAME)}
        return sorted(filter(None, map(skeleton, words)), key=len, reverse=True)
