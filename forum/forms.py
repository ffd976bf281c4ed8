"""Forms of the community: what members may send, cleaned once at the edge."""

from __future__ import annotations

import uuid

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common import tags as tagging
from common.pictures.uploading import PictureField
from common.text import clean_line, clean_text
from forum import polls, waiting_edits
from forum.models import Category, Post
from forum.poll_forms import PollFields

DAMAGED = _("Something hidden in this form is damaged. Copy your text, open the form anew, and send it from there.")


class TextField(forms.CharField):
    """Markdown as written: normalised, otherwise kept exactly. White space alone is empty."""

    widget = forms.Textarea

    def __init__(self, **kwargs):
        super().__init__(strip=False, **kwargs)

    def to_python(self, value):
        text = clean_text(super().to_python(value) or "")
        return text if text.strip() else ""


class LineField(forms.CharField):
    """One line of text, white space collapsed."""

    def to_python(self, value):
        return clean_line(super().to_python(value) or "")


class TagsField(LineField):
    """Comma-separated tags; gives a list of normalised names."""

    def clean(self, value):
        line = super().clean(value)
        names = tagging.parse(line)
        if len(names) > settings.TAGS_LIMIT:
            raise forms.ValidationError(
                gettext("Up to %(tags_limit)s tags, please; these are %(names)s.")
                % {"tags_limit": settings.TAGS_LIMIT, "names": len(names)}
            )
        return names

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list | tuple) else value


class TokenMixin(forms.Form):
    """A token made with the form: the same form sent twice, or twelve times at once, writes once."""

    token = forms.UUIDField(widget=forms.HiddenInput, required=False, error_messages={"invalid": DAMAGED})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid.uuid4


class VersionMixin(forms.Form):
    """The version an editor started from, so that a stale edit is told instead of overwriting."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), DAMAGED),
    )


class CommentForm(TokenMixin):
    """A new comment."""

    body = TextField(
        label=_("Your comment"),
        max_length=settings.COMMENT_LIMIT,
        help_text=_("Markdown works: **bold**, *italic*, > quote, lists, links."),
        error_messages={"required": _("Write something first.")},
    )


def edit_reason() -> LineField:
    return LineField(
        label=_("Why you change it"),
        max_length=settings.EDIT_REASON_LIMIT,
        required=False,
        help_text=_("If you like: one line, shown to everyone in the history."),
    )


class CommentEditForm(VersionMixin):
    """A comment that is there already."""

    body = TextField(label=_("Your comment"), max_length=settings.COMMENT_LIMIT)
    reason = edit_reason()


class RemovalForm(forms.Form):
    """Why an earlier version of one's own words should go."""

    reason = LineField(
        label=_("Why it should go"),
        max_length=300,
        help_text=_("Only moderators read this."),
        error_messages={"required": _("Say in a few words why it should go.")},
    )


class PostFields(forms.Form):
    field_order = ("title", "body", "category", "tags")  # as the page has them

    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("Category"), empty_label=_("Choose a category"), to_field_name="slug"
    )
    title = LineField(
        label=_("Title"), max_length=settings.TITLE_LIMIT, help_text=_("Say what it is about in one line.")
    )
    body = TextField(
        label=_("Text"),
        max_length=settings.BODY_LIMIT,
        help_text=_("Markdown works: **bold**, *italic*, > quote, lists, tables, links."),
    )
    tags = TagsField(
        label=_("Tags"),
        max_length=1000,
        required=False,
        help_text=format_lazy(
            _("What it is about, separated by commas: minoxidil, side effects. Up to {tags_limit}."),
            tags_limit=settings.TAGS_LIMIT,
        ),
    )
    own_gist = LineField(
        label=_("In one or two sentences"),
        max_length=settings.GIST_LIMIT,
        required=False,
        help_text=_("Shown in lists and beside studies. Left empty, the first sentences of your text are."),
    )

    def verb_arguments(self) -> dict:
        """What ``Post.write`` takes from this form."""
        data = self.cleaned_data
        return {name: data[name] for name in ("category", "title", "body", "tags", "own_gist")}


class PostForm(TokenMixin, PollFields, PostFields):
    """A new post, with a poll if it asks something."""

    masked = forms.BooleanField(label=_("Post without my name"), required=False)

    def clean(self) -> dict:
        data = super().clean() or self.cleaned_data
        category = data.get("category")
        if data.get("masked") and category and not category.allows_pseudonyms:
            self.add_error(
                "masked",
                gettext(
                    "%(category)s takes no posts without a name, and nothing was posted. Choose "
                    "another category, or untick this to post under your name."
                )
                % {"category": category},
            )
        return data

    def verb_arguments(self) -> dict:
        return super().verb_arguments() | {"masked": self.cleaned_data["masked"]}


class PostEditForm(VersionMixin, PollFields, PostFields):
    """A post that is there already."""

    reason = edit_reason()

    def leave_poll(self) -> None:
        """The poll that is there may not change any more."""
        for name in PollFields.base_fields:
            del self.fields[name]

    @classmethod
    def filled_from(cls, post: Post) -> PostEditForm:
        """The form as it opens on a post, or on the edit of it that waits or was not let through."""
        edit = waiting_edits.of(post)
        terms = waiting_edits.terms_in(edit) if edit and edit.poll else polls.terms_of(getattr(post, "poll", None))
        return cls(
            initial={
                "category": ((edit and edit.category) or post.category).slug,
                "title": edit.title if edit else post.title,
                "body": edit.body if edit else post.text.body,
                "tags": edit.tags if edit and edit.tags is not None else [tag.name for tag in post.tags.all()],
                "own_gist": edit.own_gist if edit and edit.own_gist is not None else post.own_gist,
                "version": post.version,
                "reason": edit.reason if edit else "",
                **cls.poll_initial(terms),
            }
        )


class PictureForm(forms.Form):
    """A picture, and what it shows for whoever can't see it."""

    file = PictureField(kept=_("Where and with what it was taken is not kept."))
    alt = LineField(
        label=_("What it shows"),
        max_length=settings.ALT_LIMIT,
        help_text=_("In a few words, for those who can't see it."),
        error_messages={"required": _("Say in a few words what the picture shows, for those who can't see it.")},
    )
