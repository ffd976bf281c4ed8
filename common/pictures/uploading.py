"""A picture that is being sent: the field of the form, and the rule for its bytes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.pictures import judging, keeping
from common.uploads import LargeUploads


class PictureField(forms.FileField):
    """``kept`` says what is kept of the picture, after the kinds and the size that are taken."""

    widget = forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"})
    default_error_messages = {
        "required": _("Choose a picture first."),
        "empty": _("The file is empty. Please choose it again."),
    }

    def __init__(self, *, kept: Any, **options: Any) -> None:
        options.setdefault("label", _("Picture"))
        super().__init__(help_text=format_lazy(_("PNG, JPEG, GIF or WebP, up to 10 MB. {kept}"), kept=kept), **options)


def _sign_in_first(request: HttpRequest) -> HttpResponseBase | None:
    return None if request.user.is_authenticated else redirect_to_login(request.get_full_path())


UPLOADS = LargeUploads(
    limit=judging.BYTES_LIMIT + 100_000,
    folder=keeping.incoming,
    refusal=_sign_in_first,
    advice="Please make the picture smaller and try again.",
)
