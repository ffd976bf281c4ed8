"""What a verb asks a moderator for, besides the reason."""

from __future__ import annotations

import re
from datetime import timedelta

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.forms import LineField, TagsField, TextField
from forum.models import Category, Comment, Post

MOST_AT_ONCE = 50  # comments that one split names


class ThingField(LineField):
    """A post or comment, by its address or number; gives the row."""

    def __init__(self, *, rows, kind: str, **kwargs):
        super().__init__(max_length=500, **kwargs)
        self.rows, self.kind = rows, kind
        self.pattern = re.compile(rf"(?:\S*/{kind}s/)?(?P<pk>[0-9]{{1,18}})(?:/\S*)?")

    def clean(self, value):
        line = super().clean(value)
        found = self.pattern.fullmatch(line)
        thing = self.rows.filter(pk=int(found["pk"])).first() if found else None
        if thing is None:
            raise forms.ValidationError(
                gettext("There is no %(kind)s at “%(line)s”: give its address or its number.")
                % {"kind": self.kind, "line": line[:80]}
            )
        return thing


class CommentsField(LineField):
    """Several comments by their addresses or numbers, with spaces or commas between; gives the rows."""

    def clean(self, value):
        words = super().clean(value).replace(",", " ").split()
        if len(words) > MOST_AT_ONCE:
            raise forms.ValidationError(
                gettext("Up to %(most_at_once)s comments at once, please.") % {"most_at_once": MOST_AT_ONCE}
            )
        one = ThingField(rows=Comment.objects.filter(deleted_at__isnull=True), kind="comment")
        return list({comment.pk: comment for comment in map(one.clean, words)}.values())


class MoveForm(forms.Form):
    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("To"), error_messages={"required": _("Choose the category to move to.")}
    )


class RetagForm(forms.Form):
    tags = TagsField(
        label=_("Tags"),
        required=False,
        max_length=1000,
        help_text=format_lazy(_("Up to {tags_limit}, commas between."), tags_limit=settings.TAGS_LIMIT),
    )


class PinForm(forms.Form):
    everywhere = forms.BooleanField(label=_("On top of all posts, not only of its category"), required=False)
    until = forms.DateField(
        label=_("Until the end of"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": _("Give the day as 2026-12-31.")},
    )  # fmt: skip

    def clean_until(self):
        day = self.cleaned_data["until"]
        if day and day < timezone.localdate():
            raise forms.ValidationError(gettext("That day is over."))
        return day


class SlowForm(forms.Form):
    minutes = forms.IntegerField(
        label=_("One comment each in … minutes"), min_value=0, max_value=10_080, help_text=_("0 ends slow mode.")
    )


class CloseForm(forms.Form):
    days = forms.IntegerField(
        label=_("Close in … days"), min_value=0, max_value=3650, help_text=_("0 lets it stay open."),
    )  # fmt: skip

    def clean_days(self):
        return timedelta(days=self.cleaned_data["days"])


class DuplicateForm(forms.Form):
    of = ThingField(
        rows=Post.objects.filter(deleted_at__isnull=True, is_hidden=False), kind="post", label=_("Of the post")
    )


class MergeForm(forms.Form):
    into = ThingField(rows=Post.objects.filter(deleted_at__isnull=True), kind="post", label=_("Into the post"))


class SplitForm(forms.Form):
    comments = CommentsField(
        label=_("These comments"), max_length=5000,
        help_text=_("Their addresses or numbers; what hangs under them comes along. The first becomes the post."),
    )  # fmt: skip
    title = LineField(label=_("Title of the new post"), max_length=settings.TITLE_LIMIT)
    category = forms.ModelChoiceField(Category.objects.all(), label=_("In"))


class ConvertForm(forms.Form):
    title = LineField(label=_("Title of the new post"), max_length=settings.TITLE_LIMIT)
    category = forms.ModelChoiceField(Category.objects.all(), label=_("In"))


class RewordPostForm(forms.Form):
    title = LineField(label=_("Title"), max_length=settings.TITLE_LIMIT)
    body = TextField(label=_("Text"), max_length=settings.BODY_LIMIT)


class RewordCommentForm(forms.Form):
    body = TextField(label=_("Text"), max_length=settings.COMMENT_LIMIT)


class SeenForm(forms.Form):
    """Which version of the thing the moderator has before them."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)
