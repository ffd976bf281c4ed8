"""The forum's work that no request waits for."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from procrastinate.contrib.django import app

from accounts import avatars
from forum import drafts, flagging, history, pictures
from forum.models import CommentText, PostText
from forum.moderating import sweeping


@app.periodic(cron="41 4 * * *")
@app.task(name="forum.erase_removed", queueing_lock="forum.erase_removed")
def erase_removed(timestamp: int) -> None:
    """Every night: earlier versions that their authors had taken out a month ago."""
    history.erase_removed()


@app.periodic(cron="37 3 * * *")
@app.task(name="forum.flag", lock="forum.flag", queueing_lock="forum.flag")
def flag(timestamp: int) -> None:
    """Every night: words that are the same elsewhere, and votes for each other, for a moderator to look at."""
    flagging.flag_copies()
    flagging.flag_rings()


@app.periodic(cron="47 4 * * *")
@app.task(name="forum.sweep_drafts", queueing_lock="forum.sweep_drafts")
def sweep_drafts(timestamp: int) -> None:
    """Every night: drafts that nobody has written on for three months."""
    drafts.sweep()


@app.periodic(cron="53 4 * * *")
@app.task(name="forum.sweep_pictures", queueing_lock="forum.sweep_pictures")
def sweep_pictures(timestamp: int) -> None:
    """Every night: pictures that no text has shown for a week, and files without a picture."""
    pictures.sweep()
    pictures.sweep_files()
    avatars.sweep_files()


@app.task(name="forum.render_texts")
def render_texts(posts: list[int], comments: list[int]) -> None:
    """Render these texts again: what they show has changed, not their words."""
    texts: tuple[Iterable[Any], ...] = (
        PostText.objects.filter(pk__in=posts).select_related("post").iterator(100),
        CommentText.objects.filter(pk__in=comments).select_related("comment").iterator(100),
    )
    for text in chain(*texts):
        text.save(update_fields=["body_html", "renderer_version"])


@app.task(name="forum.sweep")
def sweep(sweep_id: int) -> None:
    """Go on hiding everything of a member, or showing it again: each thing in a transaction of its own."""
    sweeping.work(sweep_id)
