"""The forms in which members name themselves and tell about themselves."""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings
from allauth.account import forms as allauth
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from accounts import names
from accounts.models import Member
from common.text import clean_text


class LoginForm(allauth.LoginForm):
    """Sign in by name or e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Name or e-mail address"
        self.fields["login"].widget = forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": 254}
        )
        self.fields["password"].help_text = ""  # the page links to the reset itself


class SignupForm(allauth.SignupForm):
    """Sign up with an e-mail address that stays private, a name that is shown, and a password."""

    field_order = ("email", "username", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, name, password = (self.fields[field] for field in self.field_order)
        email.label, email.help_text = "E-mail address", "Never shown to anyone. We send a code to it."
        email.widget = forms.EmailInput(attrs={"autocomplete": "email", "maxlength": 254})
        name.label, name.help_text = "Name", f"What others see; a pseudonym is fine. {names.RULE}"
        name.widget = forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "maxlength": names.LONGEST,
            }
        )
        password.help_text = "8 characters or more; a few unrelated words are best."
        if trap := app_settings.SIGNUP_FORM_HONEYPOT_FIELD:
            # allauth moves it off the page with an inline style, which our CSP forbids; this needs none.
            self.fields[trap].label = "Leave this empty"
            self.fields[trap].widget = forms.TextInput(attrs={"hidden": True, "tabindex": "-1", "autocomplete": "off"})

    def try_save(self, request: HttpRequest) -> Any:
        """As allauth's, in the same time for an address that is known as for one that is new."""
        if self.account_already_exists:
            # Hashing is by far the longest part of making a member; leaving it out would tell who is one.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class BioForm(forms.Form):
    """What a member tells about themselves."""

    bio = forms.CharField(
        label="About you",
        help_text="Up to 2,000 characters, for everyone to read. Markdown works.",
        max_length=Member._meta.get_field("bio").max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean_bio(self) -> str:
        return clean_text(self.cleaned_data["bio"])
