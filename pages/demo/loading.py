"""The demo community: real studies, and invented members who discuss them.

Everything goes in by the same verbs and the same import that a living site uses, in one transaction; dates are
counted back from now, so that the community is as old on every day it is shown.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.demo import DEMO_DOMAIN
from accounts.models import Member
from accounts.models.member import LIBRARIANS, MODERATORS
from common import recount
from forum import known, reactions
from forum.models import Category, Comment, CommentVote, Post, PostVote, Reaction, ReactionKind
from forum.models.vote import Vote
from moderation import badges, reputation
from notices.models import Notification
from pages.demo import living
from studies.importing.importing import import_records
from studies.importing.record import StudyRecord
from studies.models import (
    Citation,
    Correction,
    ErrorReport,
    Study,
    StudySource,
    StudySuggestion,
    Summary,
    SummaryProposal,
)

DATA = Path(__file__).parent / "data"
PASSWORD = "read-the-study-first"  # noqa: S105 - of demo accounts, which exist nowhere else
UNREAD = 3  # notifications that wait for each member
SIGN_INS = (("member", "maren_k"), ("moderator", "tobias_h"), ("librarian", "odile_b"), ("admin", "ines"))
SUMMARIES_WRITTEN = date(2026, 11, 23)

SENSITIVE = ("treatment", "minoxidil", "finasteride")  # here members may post without their name, and tell what helped
REACTIONS = (("Helped me", False, 5), ("No effect", False, 3), ("Side effect", True, 2))  # name, with words, how often
WITH_WORDS = (
    (
        "kumar-eleven-months-oral",
        "zinc_or_swim",
        "Fluff on my cheekbones from the third month on. I shave it and go on.",
    ),
    ("foam-day-nine-sink", "silverscale", "The foam made my scalp flake for two weeks. Then it stopped by itself."),
    (
        "every-other-day-question",
        "spotless_mia",
        "Tender chest for some days at the start; my doctor knew of it, and it went.",
    ),
)

CATEGORIES = (
    ("research", "Research", "Studies, methods and what they mean."),
    ("treatment", "Treatment", "What people take, do and stop doing."),
    ("product", "Product", "Shampoos, caps, combs and other things one buys."),
    ("minoxidil", "Minoxidil", "Foam, solution, tablets, and the waiting."),
    ("finasteride", "Finasteride", "Finasteride and dutasteride, by mouth or on the skin."),
    ("experiences", "Experiences", "How it has been for you."),
    ("skin", "Skin", "Acne, lupus, psoriasis, eczema and the rest of the largest organ."),
    ("diet", "Diet", "Iron, zinc, supplements and what is on the plate."),
    ("off-topic", "Off-topic", "Everything else."),
    ("meta", "Meta", "About this place and how we run it."),
)


class NotADemo(Exception):
    """Demo accounts have a known password; they may exist only where the demo runs."""


@transaction.atomic
def load() -> dict[str, int]:
    """Load the whole demo into an empty database; gives how many of each thing there are now.

    Raises ``NotADemo`` outside demo and test settings.
    """
    if settings.MODE not in ("demo", "test"):
        raise NotADemo("Demo accounts have a known password, so they are made only with STUDYHALL_MODE=demo.")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    members = _load_members()
    _load_studies()
    posts = _load_community(members)
    _load_asked(members)
    known.learn()
    living.live(members, posts)
    _read_most_notifications()
    models = {"members": Member, "studies": Study, "posts": Post, "comments": Comment}
    return {name: model._default_manager.count() for name, model in models.items()}


def study_files() -> Iterator[dict[str, Any]]:
    """The facts and texts of each demo study, in a fixed order."""
    for path in sorted((DATA / "studies").glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def post_files() -> Iterator[dict[str, Any]]:
    """Each post and each study discussion of the demo, with its comments."""
    for path in sorted((DATA / "posts").glob("*.json")):
        yield from json.loads(path.read_text(encoding="utf-8"))


def _ago(days: float):
    return timezone.now() - timedelta(days=days)


def _load_members() -> dict[str, Member]:
    # One hash for all that can sign in: hashing is slow on purpose, and the password is public.
    hashed = make_password(PASSWORD)
    can_sign_in = {name for _, name in SIGN_INS}
    groups = {
        "moderator": Group.objects.get_or_create(name=MODERATORS)[0],
        "librarian": Group.objects.get_or_create(name=LIBRARIANS)[0],
    }
    members = {}
    for facts in json.loads((DATA / "members.json").read_text(encoding="utf-8")):
        name, role = facts["name"], facts["role"]
        member = Member(
            username=name,
            email=f"{name}@{DEMO_DOMAIN}",
            bio=facts["bio"],
            date_joined=_ago(facts["joined_days_ago"]),
            is_staff=role != "member",
            is_superuser=role == "admin",
            password=hashed if name in can_sign_in else make_password(None),
        )
        member.save()
        EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
        if role in groups:
            member.groups.add(groups[role])
        members[name] = member
    return members


def _load_studies() -> None:
    facts = list(study_files())
    # The newest come in last: home shows what came into the library last.
    facts.sort(key=lambda each: each["published"])
    report = import_records((_record(each) for each in facts), StudySource.Kind.DEMO)
    if report.refused:
        raise ValueError(f"The demo library does not load: {report.refused[0]}")
    for each in facts:
        study = Study.objects.identified_by(doi=(each["doi"] or "").lower(), pmid=each["pmid"] or "").get()
        Summary.objects.create(
            study=study,
            tldr=each["tldr"],
            body=each["summary"],
            writer_kind=Summary.Writer.MODEL,
            writer_name="",
            written_on=SUMMARIES_WRITTEN,
        )


def _load_asked(members: dict[str, Member]) -> None:
    """A few things that wait for the librarians or were answered by them, so that their pages are not empty."""
    librarian, reader, other = members["odile_b"], members["maren_k"], members["tobias_h"]
    lupus = Study.objects.get(pmid="21383913")
    summary = Summary.objects.get(study=lupus)
    Summary.write(
        lupus,
        tldr=summary.tldr.replace("did best", "improved most").replace(
            "discoid lesions worst", "discoid lesions least"
        ),
        body=summary.body,
        editor=librarian,
        version=summary.version,
        reason="“Best” and “worst” sounded like a verdict on people.",
        keeps_writer=True,
    )
    minoxidil = Study.objects.get(pmid="12196747")
    SummaryProposal.send(
        minoxidil,
        reader,
        tldr="In men, 5% minoxidil regrew 45% more hair than 2% in 48 weeks, but it itched and irritated more.",
        body=minoxidil.summary.body,
        reason="Says in whom, and the catch, in one sentence.",
    )
    answered, _ = ErrorReport.send(
        lupus, other, kind=ErrorReport.Kind.OTHER, words="The link to the journal's page was slow when I tried it."
    )
    answered.settle(librarian, ErrorReport.Status.NO_ERROR, "It opens for us; the journal may have been busy.")
    ErrorReport.send(
        minoxidil,
        reader,
        kind=ErrorReport.Kind.SUMMARY,
        words="“Grew 45% more hair” reads as if hair had doubled nearly.",
    )
    Correction.send(lupus, reader, field="language", before="", after="English", reason="The article is in English.")
    if wanted := Citation.objects.filter(cited=None).exclude(pmid="").order_by("pk").first():
        for member in (reader, other):
            StudySuggestion.ask(
                StudySuggestion.Kind.PMID, wanted.pmid, member, "Cited here, and I would like to read it."
            )


def _read_most_notifications() -> None:
    """Leave each member the three newest to read: loading told of years at once, which nobody has waiting."""
    newest = Notification.objects.filter(member=OuterRef("member")).order_by("-pk").values("pk")[:UNREAD]
    Notification.objects.exclude(pk__in=Subquery(newest)).update(is_unread=False)


def _record(facts: dict[str, Any]) -> StudyRecord:
    retraction = facts.get("retraction") or {}
    journal = facts["journal"]
    return StudyRecord.from_json(
        facts
        | {
            "keywords": facts["tags"],
            "mesh": [{"descriptor": name} for name in facts["mesh"]],
            "references": facts["cites"],
            "journal": journal | {"issns": [journal["issn"]] if journal.get("issn") else []},
            "retraction": retraction.get("state") or "",
            "retraction_notice": retraction.get("notice") or "",
            "retraction_date": retraction.get("date") or "",
        }
    )


def _load_community(members: dict[str, Member]) -> dict[str, Post]:
    """Everything that is posted there; gives the posts by the keys of their files."""
    shelves = {
        slug: Category.objects.update_or_create(
            slug=slug,
            defaults={
                "name": name,
                "description": description,
                "position": position,
                "allows_pseudonyms": slug in SENSITIVE,
            },
        )[0]
        for position, (slug, name, description) in enumerate(CATEGORIES)
    }
    moderator, admin = members["tobias_h"], members["ines"]
    votes: list[Vote] = []
    by_key: dict[str, Post] = {}
    # The oldest first, so that ids grow with time as they do in life.
    for facts in sorted(post_files(), key=lambda each: -_days_ago(each)):
        if "discussion_of" in facts:
            post = _open_discussion(facts, members)
            votes += _votes(PostVote, post, facts, members)
        else:
            post = Post.write(
                author=members[facts["author"]],
                category=shelves[facts["category"]],
                title=facts["title"],
                body=facts["body"],
                own_gist=facts["gist"],
                tags=facts["tags"],
                posted_at=_ago(facts["days_ago"]),
                masked=facts.get("masked", False),
            )
            by_key[facts["key"]] = post
            votes += _votes(PostVote, post, facts, members)
        for comment in facts["comments"]:
            votes += _load_comment(post, None, comment, members)
        if facts.get("pinned"):
            post.pin(admin, "For everyone who is new")
        if facts.get("locked"):
            post.lock(moderator, facts["locked_reason"])
    _cast(votes)
    _load_reactions([shelves[slug] for slug in SENSITIVE], by_key, members)
    return by_key


def _load_reactions(shelves: list[Category], by_key: dict[str, Post], members: dict[str, Member]) -> None:
    """What some members told of the posts of these categories, the same each time."""
    kinds = []
    for position, (name, asks, weight) in enumerate(REACTIONS):
        kind = ReactionKind.objects.create(name=name, position=position, asks_for_comment=asks)
        kind.categories.set(shelves)
        kinds.append((kind, weight))
    for key, name, words in WITH_WORDS:
        reactions.react(by_key[key], kinds[-1][0], members[name], words)
    plain = [(kind, weight) for kind, weight in kinds if not kind.asks_for_comment]
    told = []
    for post in Post.objects.filter(category__in=shelves, is_hidden=False, deleted_at=None).order_by("pk"):
        chance = random.Random(f"told of {post.pk}")  # noqa: S311 - no secret hangs on it
        could = [member for member in members.values() if not post.is_by(member)]
        for member in chance.sample(could, min(chance.randrange(9), len(could))):
            [kind] = chance.choices([kind for kind, _ in plain], [weight for _, weight in plain])
            told.append(Reaction(post=post, kind=kind, member=member))
    Reaction.objects.bulk_create(told)
    for proof in reactions.PROOFS:
        proof.mend()


def _days_ago(facts: dict[str, Any]) -> float:
    return facts.get("days_ago") or max(comment["days_ago"] for comment in facts["comments"]) + 0.1


def _open_discussion(facts: dict[str, Any], members: dict[str, Member]) -> Post:
    wanted = facts["discussion_of"]
    study = Study.objects.identified_by(**{"doi" if wanted.startswith("10.") else "pmid": wanted}).get()
    post = study.open_discussion(members[facts["author"]])
    moment = _ago(_days_ago(facts))
    Post.objects.filter(pk=post.pk).update(posted_at=moment, last_active_at=moment)
    return post


def _load_comment(post: Post, parent: Comment | None, facts: dict[str, Any], members: dict[str, Member]) -> list[Vote]:
    """Write the comment and all below it; gives the votes on them."""
    author = members[facts["author"]]
    comment = post.add_comment(author, facts["body"], parent=parent, posted_at=_ago(facts["days_ago"]))
    votes = _votes(CommentVote, comment, facts, members)
    for reply in facts["replies"]:
        votes += _load_comment(post, comment, reply, members)
    if facts["deleted"]:
        comment.delete_by_author()
    return votes


def _votes(kind: Any, thing: Post | Comment, facts: dict[str, Any], members: dict[str, Member]) -> list[Vote]:
    """As many votes as the file says, by members chosen the same way each time, most of them soon after the post."""
    chance = random.Random(f"{thing.pk}{facts.get('key', '')}")  # noqa: S311 - no secret hangs on it
    posted = _ago(_days_ago(facts))
    could = [member for member in members.values() if not thing.is_by(member) and member.date_joined < posted]
    voters = chance.sample(could, min(facts.get("upvotes", 0), len(could)))
    span = timezone.now() - posted
    return [kind(thing=thing, member=member, voted_at=posted + span * chance.random() ** 6) for member in voters]


def _cast(votes: list[Vote]) -> None:
    """Store all votes at once, and let the scores follow them."""
    kinds: tuple[tuple[Any, str], ...] = ((PostVote, "forum_post"), (CommentVote, "forum_comment"))
    for kind, table in kinds:
        kind.objects.bulk_create([vote for vote in votes if isinstance(vote, kind)])
        for counter in recount.counters():
            if (counter.table, counter.column) == (table, "score"):
                counter.mend()
    for counter in reputation.COUNTERS:
        counter.mend()
    badges.award_all()
