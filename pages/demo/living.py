"""What the demo community has besides its words: polls, answers, lists, saves, and what waits for its moderators.

It all happens by the verbs that members and moderators have; ``data/life.json`` says what.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import Flair, Member
from forum import polls, saving, solving
from forum.models import Category, CategoryModerator, Comment, Post
from moderation import acting, reporting
from moderation.models import Rule
from moderation.models.sanction import Kind
from studies.models import ReadingList, Study

LIFE = Path(__file__).parent / "data" / "life.json"


def live(members: Mapping[str, Member], posts: Mapping[str, Post]) -> None:
    """Let it all happen. ``posts`` are found by the keys of their files, members by their names."""
    life = json.loads(LIFE.read_text(encoding="utf-8"))
    _ask(life["polls"], members, posts)
    _answer(life["answers"], members, posts)
    _keep(life["saves"], life["lists"], members, posts)
    _moderate(life, members, posts)
    _report(life["reports"], members, posts)
    _send_first_words(life["waiting"], members)


def _ask(asked: list[dict[str, Any]], members: Mapping[str, Member], posts: Mapping[str, Post]) -> None:
    for facts in asked:
        post, open_for = posts[facts["post"]], facts.get("days_open")
        terms = polls.Terms(
            tuple(facts["options"]), facts["question"], facts.get("is_multiple", False), facts.get("is_open", False),
            facts.get("results", "always"),
        )  # fmt: skip
        polls.set_terms(post, terms)
        poll = post.poll
        chance = random.Random(facts["post"])  # noqa: S311 - no secret hangs on it
        could = [member for member in members.values() if member.date_joined < post.posted_at]
        chosen: dict[Member, list[int]] = {}
        for option, wanted in zip(poll.options.all(), facts["votes"], strict=True):
            free = could if terms.is_multiple else [member for member in could if member not in chosen]
            for member in chance.sample(free, min(wanted, len(free))):
                chosen.setdefault(member, []).append(option.pk)
        for member, options in chosen.items():
            polls.vote(poll, member, options)
        if open_for:
            type(poll).objects.filter(pk=poll.pk).update(closes_at=post.posted_at + timedelta(days=open_for))


def _answer(answers: dict[str, str], members: Mapping[str, Member], posts: Mapping[str, Post]) -> None:
    for key, name in answers.items():
        solving.mark(_first_comment(posts[key], members[name]), posts[key].author)


def _first_comment(post: Post, author: Member) -> Comment:
    return post.comments.filter(author=author).earliest("pk")


def _keep(
    saves: list[dict[str, Any]],
    lists: list[dict[str, Any]],
    members: Mapping[str, Member],
    posts: Mapping[str, Post],
) -> None:
    for facts in saves:
        member = members[facts["member"]]
        folder = saving.folder_named(member, facts["folder"])
        saving.write_note(member, posts[facts["post"]], facts["note"], folder)
    for facts in lists:
        made = ReadingList.start(
            members[facts["owner"]],
            title=facts["title"],
            description=facts["description"],
            is_public=facts["is_public"],
        )
        for pmid, note in facts["studies"]:
            made.add(Study.objects.get(pmid=pmid), note)


def _moderate(life: dict[str, Any], members: Mapping[str, Member], posts: Mapping[str, Post]) -> None:
    moderator, admin = members["tobias_h"], members["ines"]
    for rule in life["rules"]:
        Rule.objects.create(is_on=True, **rule)
    for shelf, name in life["moderates"].items():
        CategoryModerator.objects.create(category=Category.objects.get(slug=shelf), member=members[name])
    for facts in life["flair"]:
        Flair.objects.create(
            member=members[facts["member"]], words=facts["words"], proof=facts["proof"], granted_by=admin
        )
    sold = life["sold"]
    post = Post.write(
        author=members[sold["author"]],
        category=Category.objects.get(slug=sold["category"]),
        title=sold["title"],
        body=sold["body"],
        posted_at=timezone.now() - timedelta(days=sold["days_ago"]),
    )
    _do("hide", post, moderator, sold["reason"])
    _do("ban", members[sold["author"]], moderator, sold["reason"], kinds=[Kind.SIGN_IN], days=0)
    for facts in life["warned"]:
        _do("warn", members[facts["member"]], moderator, facts["reason"])


def _do(name: str, thing: Any, moderator: Member, reason: str, **values: Any) -> None:
    kind = acting.moderable_of(thing)
    verb = kind.verb(name) if kind else None
    if verb is None:
        raise LookupError(f"Nobody can {name} {thing}.")
    acting.act(verb, thing, moderator, reason, **values)


def _report(reports: list[dict[str, Any]], members: Mapping[str, Member], posts: Mapping[str, Post]) -> None:
    for facts in reports:
        told = members[facts["by"]], facts["reason"], facts["note"]
        if "post" in facts:
            reporting.report(posts[facts["post"]], "post", *told)
        else:
            key, author = facts["comment"]
            reporting.report(_first_comment(posts[key], members[author]), "comment", *told)


def _send_first_words(waiting: list[dict[str, Any]], members: Mapping[str, Member]) -> None:
    """Posts by members who wrote nothing before: where first words wait, a moderator finds them."""
    if not settings.HOLD_FIRST:
        return
    for facts in waiting:
        Post.write(
            author=members[facts["author"]],
            category=Category.objects.get(slug=facts["category"]),
            title=facts["title"],
            body=facts["body"],
            tags=facts["tags"],
        )
