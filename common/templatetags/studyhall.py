"""Template tags that every page may use (a builtin library)."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from django import template
from django.forms import BaseForm, BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language, gettext, ngettext_lazy

from common import wording
from common.addresses import absolute

register = template.Library()


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A drawing of ``static/img/icons.svg``; decoration only, so it is hidden from screen readers.

    The same on every page, and a page has hundreds.
    """
    return format_html(
        '<svg aria-hidden="true" width="16" height="16"><use href="{}#{}"></use></svg>', static("img/icons.svg"), name
    )


@register.simple_tag
@cache
def words_of(language: str) -> str:
    """The address of what scripts say in this language."""
    return static(f"js/sentences.{language}.js")


@register.filter
def wrong_fields(form: BaseForm) -> list[BoundField]:
    """The fields of a form that its reader sees, and that were not taken."""
    return [field for field in form.visible_fields() if field.errors]


# What a list's address may say that makes it another list; everything else (sort, tracking marks) is one page.
TELLING = ("q", "tag", "journal", "year", "level", "open", "retracted", "show", "after")


@register.simple_tag(takes_context=True)
def canonical(context: Any) -> SafeString:
    """The page's one address, for search engines: of the site's own name, with only what makes it another page."""
    query = {name: context.request.GET[name] for name in TELLING if context.request.GET.get(name)}
    path = context.request.path
    address = absolute(f"{quote(path)}?{urlencode(query)}" if query else quote(path))
    return format_html('<link rel="canonical" href="{}">', address)


# Each a whole sentence: what "ago" does to a noun is another thing in another language.
AGO: Any = {
    "year": ngettext_lazy("%(num)d year ago", "%(num)d years ago", "num"),
    "month": ngettext_lazy("%(num)d month ago", "%(num)d months ago", "num"),
    "week": ngettext_lazy("%(num)d week ago", "%(num)d weeks ago", "num"),
    "day": ngettext_lazy("%(num)d day ago", "%(num)d days ago", "num"),
    "hour": ngettext_lazy("%(num)d hour ago", "%(num)d hours ago", "num"),
    "minute": ngettext_lazy("%(num)d minute ago", "%(num)d minutes ago", "num"),
}


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago, in one unit: ``11 months ago``; ``just now`` under a minute."""
    if moment is None:
        return ""
    if (timezone.now() - moment).total_seconds() < 60:
        return gettext("just now")
    return timesince(moment, depth=1, time_strings=AGO).replace("\xa0", " ")


def exactly(moment: datetime) -> str:
    """The moment in UTC, as the language of the page writes it."""
    if get_language() == "en":
        return moment.strftime("%-d %B %Y, %H:%M UTC")
    return f"{date_format(moment, 'DAY_AND_TIME')} UTC"


@register.simple_tag
def age(moment: datetime) -> SafeString:
    """``<time>`` with the age in words, the exact moment on hover."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        exactly(moment),
        ago(moment),
    )


@register.simple_tag
def english() -> SafeString:
    """`` lang="en"`` on a page in another language, for what authors and summaries say: nobody has translated it."""
    return mark_safe("" if get_language() == "en" else ' lang="en"')  # noqa: S308 - our own words


@register.filter
def translated(words: str) -> str:
    """A sentence that Python marked by ``gettext_noop``, or one that is stored, in the language of the page."""
    return wording.in_words_of_reader(words)


@register.filter
def rendered(html: str) -> SafeString:
    """HTML that ``common.markdown.render`` made and stored. The only door by which stored HTML reaches a page."""
    return mark_safe(html)  # noqa: S308 - sanitised by nh3 at save


PLACE = re.compile(r"""(<(?:li|a)\b[^<>]*?) id="fn[A-Za-z0-9-]*\"""")


@register.filter
def without_places(html: str) -> SafeString:
    """The same stored HTML without the ids of its footnotes, for a page that shows a text a second time."""
    return mark_safe(PLACE.sub(r"\1", html))  # noqa: S308 - sanitised by nh3 at save


@register.filter
def contained_in(thing: Any, ids: Any) -> bool:
    """Whether the thing's id is among ``ids``."""
    return thing.pk in (ids or ())


@register.filter
def may_edit(thing: Any, user: Any) -> bool:
    return thing.can_be_edited_by(user)


@register.filter
def is_by(thing: Any, user: Any) -> bool:
    return thing.is_by(user)


@register.filter
def may_delete(thing: Any, user: Any) -> bool:
    return thing.can_be_deleted_by(user)


@register.filter
def may_read(thing: Any, user: Any) -> bool:
    return thing.can_be_read_by(user)


@register.filter
def may_answer(thing: Any, user: Any) -> bool:
    return thing.can_be_answered_by(user)


@register.filter
def may_upvote(thing: Any, user: Any) -> bool:
    return thing.can_be_upvoted_by(user)


@register.filter
def may_report(thing: Any, user: Any) -> bool:
    return user.is_authenticated and not thing.is_by(user)


@register.simple_tag
def member_link(member: Any, words: str | None = None) -> SafeString:
    """The member's name, as a link to the profile where there is one; ``words`` where there is no member."""
    if member is None:
        return format_html("{}", gettext("a former member") if words is None else gettext(words))
    if not member.is_active:
        return format_html("{}", member.username)
    return format_html('<a href="{}">{}</a>', member.get_absolute_url(), member.username)
