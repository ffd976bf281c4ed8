"""The community's one thread about a study."""

from __future__ import annotations

from django.conf import settings

from common.text import shortened
from forum.models import Category, Post
from studies.models import Study
from studies.standing import subject_note

CATEGORY_SLUG = "research"


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
        summary = getattr(locked, "summary", None)
        thread = Post.write(
            author=None,
            category=discussion_category(),
            title=shortened(locked.title, settings.TITLE_LIMIT),
            body=f"**TL;DR** {summary.tldr}" if summary else "What do you make of this study?",
            own_gist=shortened(summary.tldr, settings.GIST_LIMIT) if summary else "",
            tags=[tag.name for tag in locked.tags.all()[: settings.TAGS_LIMIT]],
            subject_title=locked.title,
            subject_url=locked.get_absolute_url(),
            subject_note=subject_note(locked.retraction),
        )
        locked.discussion = thread
        locked.save(update_fields=["discussion"])
    study.discussion = thread
    return thread


def discussion_category() -> Category:
    """The shelf of study discussions, made when a new site has none."""
    return Category.objects.get_or_create(
        slug=CATEGORY_SLUG, defaults={"name": "Research", "description": "Studies, methods and what they mean."}
    )[0]
