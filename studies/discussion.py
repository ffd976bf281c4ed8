"""The community's one thread about a study."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from common import wording
from common.text import shortened
from forum.errors import Locked, StaleEdit
from forum.models import Category, Post
from notices.following import followers_of
from notices.telling import tell
from studies.models import Study
from studies.standing import subject_note

CATEGORY_SLUG = "research"


BEGUN = gettext_noop("The discussion of a study you follow has begun: %(title)s")
wording.know(BEGUN)


def open_discussion(study: Study, member) -> Post:
    """The study's thread; made now, by the house, if nobody has opened it yet.

    Call it in a transaction (``Study.open_discussion`` does): the study's row is locked, so that everyone who
    presses at the same moment gets the same thread. ``member`` is who pressed; the thread itself has no
    author, so nobody can edit or delete it for the others.
    """
    # The thread is not joined: whoever waited for the lock would see the study anew, but the joined thread as before.
    locked = Study.objects.select_for_update().get(pk=study.pk)
    thread = locked.discussion
    if thread is None:
        thread = Post.write(
            author=None,
            category=discussion_category(),
            title=shortened(locked.title, settings.TITLE_LIMIT),
            **_opening(locked),
            tags=[tag.name for tag in locked.tags.all()[: settings.TAGS_LIMIT]],
            subject_title=locked.title,
            subject_url=locked.get_absolute_url(),
            subject_note=subject_note(locked.retraction),
        )
        locked.discussion = thread
        locked.save(update_fields=["discussion"])
        tell(
            followers_of(locked),
            kind="discussion",
            key=f"discussion:{locked.pk}",
            words=BEGUN % {"title": locked.title},
            url=thread.get_absolute_url(),
            besides=member,
        )
    study.discussion = thread
    return thread


def _opening(study: Study) -> dict[str, Any]:
    """What the house says first in the thread: the TL;DR, and whether anybody has reviewed it."""
    summary = getattr(study, "summary", None)
    if summary is None:
        return {"body": "What do you make of this study?", "own_gist": ""}
    mark = f" *({summary.mark})*" if summary.mark else ""
    return {
        "body": f"**TL;DR** {summary.tldr}{mark}",
        "own_gist": shortened(summary.tldr_with_mark, settings.GIST_LIMIT),
    }


def follow_summary(study: Study) -> None:
    """Let the thread's first words be what the summary says now. A locked or hidden thread stays as it is."""
    thread = Post.objects.filter(discussed_study=study, author=None).select_related("text", "category").first()
    if thread is None or not hasattr(thread, "text"):
        return
    opening = _opening(study)
    if (thread.text.body, thread.own_gist) == (opening["body"], opening["own_gist"]):
        return
    with suppress(Locked, StaleEdit):
        thread.edit(
            category=thread.category,
            title=thread.title,
            tags=[tag.name for tag in thread.tags.all()],
            version=thread.version,
            **opening,
        )


def discussion_category() -> Category:
    """The shelf of study discussions, made when a new site has none."""
    return Category.objects.get_or_create(
        slug=CATEGORY_SLUG, defaults={"name": "Research", "description": "Studies, methods and what they mean."}
    )[0]
