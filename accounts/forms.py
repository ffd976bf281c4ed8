"""The forms in which members name themselves and tell about themselves."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from allauth.account import app_settings
from allauth.account import forms as allauth
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as mfa
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm as MfaAuthenticateForm
from allauth.mfa.base.forms import BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MfaReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django import forms
from django.contrib.auth.hashers import make_password
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import names
from accounts.models import Member
from accounts.models.member import Language
from common.text import clean_text

CODE_LIVES = mfa.TOTP_PERIOD * (1 + 2 * mfa.TOTP_TOLERANCE)  # seconds in which a code of the app is taken
ADVICE = _("8 characters or more; a few unrelated words are best.")


class Plain:
    """Our words for the fields of allauth's forms, and no placeholder that repeats the label."""

    LABELS = {
        "email": _("E-mail address"),
        "oldpassword": _("The password you have now"),
        "password1": _("New password"),
        "password2": _("New password, once more"),
    }
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if name == "oldpassword":
                field.help_text = ""  # the page links to the reset itself
            elif name == "password1":
                field.help_text = ADVICE
            elif name == "code":
                field.widget.attrs |= {"autocapitalize": "characters", "spellcheck": "false"}


class AddEmailForm(Plain, allauth.AddEmailForm):
    pass


class ChangePasswordForm(Plain, allauth.ChangePasswordForm):
    pass


class ResetPasswordForm(Plain, allauth.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Plain, allauth.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(Plain, allauth.ReauthenticateForm):
    pass


class ConfirmEmailForm(Plain, allauth.ConfirmEmailVerificationCodeForm):
    pass


class ConfirmResetForm(Plain, allauth.ConfirmPasswordResetCodeForm):
    pass


class AppCode(Plain):
    """A code of an authenticator app, or a recovery code: digits only, so phones show their number pad."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class ActivateAppForm(AppCode, ActivateTOTPForm):
    pass


class CodeOnce(AppCode, BaseAuthenticateForm):
    """Takes a code of the app once for as long as it is valid; allauth forgets it sooner than that."""

    def clean_code(self) -> str:
        code = super().clean_code()
        once = f"code-{self.user.pk}-{normalize_user_code(code)}"
        if not caches["default"].add(once, True, timeout=CODE_LIVES):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(CodeOnce, MfaAuthenticateForm):
    pass


class ReauthenticateByAppForm(CodeOnce, MfaReauthenticateForm):
    pass


class LoginForm(Plain, allauth.LoginForm):
    """Sign in by name or e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = gettext("Name or e-mail address")
        self.fields["login"].widget = forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": 254}
        )
        self.fields["password"].help_text = ""  # the page links to the reset itself

    def user_credentials(self) -> dict[str, Any]:
        """What was typed, as an address or as a name, never as both.

        allauth offers an address as a name too and then hashes the password twice where the address is known, so that
        the time would tell who is a member. No name of ours holds an "@".
        """
        credentials = super().user_credentials()
        if "email" in credentials:
            credentials.pop("username", None)
        return credentials


class SignupForm(Plain, allauth.SignupForm):
    """Sign up with an e-mail address that stays private, a name that is shown, and a password."""

    field_order = ("email", "username", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, name, password = (self.fields[field] for field in self.field_order)
        email.help_text = gettext("Never shown to anyone. We send a code to it.")
        email.widget = forms.EmailInput(attrs={"autocomplete": "email", "maxlength": 254})
        name.label, name.help_text = (
            gettext("Name"),
            gettext("What others see; a pseudonym is fine. %(rule)s") % {"rule": names.RULE},
        )
        name.widget = forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "maxlength": names.LONGEST,
            }
        )
        password.label = gettext("Password")
        if trap := app_settings.SIGNUP_FORM_HONEYPOT_FIELD:
            # allauth moves it off the page with an inline style, which our CSP forbids; this needs none.
            self.fields[trap].label = gettext("Leave this empty")
            self.fields[trap].widget = forms.TextInput(attrs={"hidden": True, "tabindex": "-1", "autocomplete": "off"})

    def try_save(self, request: HttpRequest) -> Any:
        """As allauth's, in the same time for an address that is known as for one that is new."""
        if self.account_already_exists:
            # Hashing is by far the longest part of making a member; leaving it out would tell who is one.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class OrcidSignupForm(Plain, SocialSignupForm):
    """What ORCID does not tell us: a name that is shown, and an address, to which a code is sent."""

    field_order = ("email", "username")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = gettext("Never shown to anyone. We send a code to it.")
        self.fields["username"].label = gettext("Name")
        self.fields["username"].help_text = gettext("What others see; a pseudonym is fine. %(rule)s") % {
            "rule": names.RULE
        }


class BioForm(forms.Form):
    """What a member tells about themselves."""

    bio = forms.CharField(
        label=_("About you"),
        help_text=_("Up to 2,000 characters, for everyone to read. Markdown works."),
        max_length=Member._meta.get_field("bio").max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def clean_bio(self) -> str:
        return clean_text(self.cleaned_data["bio"])


@cache
def _zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))


class AppearanceForm(forms.ModelForm):
    """How the pages look. The zones are those that this machine knows."""

    language = forms.ChoiceField(
        label=_("Language"),
        choices=Language.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Moments are told in it."),
        required=False,
        choices=lambda: [("", "UTC"), *((zone, zone.replace("_", " ")) for zone in _zones())],
    )

    class Meta:
        model = Member
        fields = ("theme", "text_size", "language", "time_zone")
        labels = {"theme": _("Colours"), "text_size": _("Size of text")}
        widgets = {"theme": forms.RadioSelect, "text_size": forms.RadioSelect}

    def clean_language(self) -> str:
        """Who was not asked keeps the one they have."""
        return self.cleaned_data["language"] or self.instance.language


class PrivacyForm(forms.ModelForm):
    class Meta:
        model = Member
        fields = ("hides_activity", "hides_from_search")
        labels = {
            "hides_activity": _("Keep the lists of what I wrote off my profile"),
            "hides_from_search": _("Leave me out of the search for members and of suggestions"),
        }
        help_texts = {
            "hides_activity": _("Posts and comments stay where they are. Moderators still see the lists."),
            "hides_from_search": _("Who knows your name can still open your profile and mention you."),
        }


class LeaveForm(forms.Form):
    """How a member leaves. Who has no password to give once more types their name instead."""

    choice = forms.ChoiceField(
        label=_("What you wrote"),
        choices=[
            ("remove", _("Remove my posts and comments. Where others answered, an empty place stays.")),
            ("keep", _("Keep my posts and comments, without my name.")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, member: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        if not get_reauthentication_flows(member):
            self.fields["name"] = forms.CharField(
                label=gettext("Your name here, to be sure"),
                max_length=names.LONGEST,
                widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
            )

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if name.lower() != self.member.username.lower():
            raise forms.ValidationError(gettext("This is not your name here."))
        return name
