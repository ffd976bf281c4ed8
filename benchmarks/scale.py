"""What the main pages cost on much data: a million posts, ten million comments, or a part of that.

``python benchmarks/scale.py fill [part]`` makes a tenth of it (or another part: 1 is all) in the database of the
environment, which must hold nothing of worth: ``STUDYHALL_MODE=demo VAR_DIR=…``, migrated, its static files collected.
``python benchmarks/scale.py [words]`` then asks each page (whose name has the words), and tells: queries, median
milliseconds, those of the processor here, those of the slowest query, and the rows of the worst step of a plan. What
grows with the tables shows in the last two. ``python benchmarks/scale.py deeds`` tells what writing, voting, hiding and
the like cost there. Nothing of it stays.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TIMES = 5
EXPLAINED_FROM = 4.0  # milliseconds
Asked = tuple[float, str]


def addresses() -> dict[str, str]:
    from accounts.models import Member
    from common.models import Tag
    from forum.models import Category, Post
    from studies.models import Author, Study

    longest = Post.objects.order_by("-comment_count")[0].get_absolute_url()
    cited = Study.objects.order_by("-cited_by_count")[0].get_absolute_url()
    tag = Tag.objects.get(slug="tag-0").get_absolute_url()
    some = Tag.objects.get(slug="tag-900").get_absolute_url()
    shelf = Category.objects.order_by("pk")[0].get_absolute_url()
    writer = Member.objects.get(username="reader_here").get_absolute_url()
    author = Author.objects.filter(authorships__isnull=False).first()
    return {
        "home": "/",
        "community, hot": "/community/",
        "community, new": "/community/?sort=new",
        "community, top ever": "/community/?sort=top&period=all",
        "community, top of the week": "/community/?sort=top&period=week",
        "community, unanswered": "/community/?sort=unanswered",
        "category": shelf,
        "category, active": f"{shelf}?sort=active",
        "large tag": tag,
        "large tag, posts": f"{tag}?show=posts",
        "large tag, studies": f"{tag}?show=studies",
        "middling tag": some,
        "two tags": f"{tag.rstrip('/')},tag-900/",
        "tags": "/tags/",
        "thread of 10,000": longest,
        "thread of 10,000, new": f"{longest}?sort=new",
        "usual post": Post.objects.filter(is_hidden=False, deleted_at=None).order_by("-pk")[5].get_absolute_url(),
        "study most cited": cited,
        "its citing studies": f"{cited}cited-by/",
        "its similar ones": f"{cited}similar/",
        "studies": "/studies/",
        "studies, most cited": "/studies/?sort=cited",
        "studies of a level": "/studies/?level=2-trial",
        "studies of a tag": "/studies/?tag=tag-0",
        "author": author.get_absolute_url() if author else "/studies/",
        "search, rare": "/search/?q=rareword",
        "search, middling": "/search/?q=wa900",
        "search, frequent": "/search/?q=wa1",
        "search, frequent, posts": "/search/?q=wa1&show=post",
        "search, frequent, comments": "/search/?q=wa1&show=comment",
        "search, frequent, a tag": "/search/?q=wa1+tag:tag-900&show=post",
        "search, frequent, a year": "/search/?q=wa1+year:2019&show=post",
        "search, three words": "/search/?q=wa1+wa20+wa300",
        "member": writer,
        "member's comments": f"{writer}?show=comments",
        "feed": "/community/feed.atom",
        "feed of the tag": f"{tag}feed.atom",
        "notifications": "/notifications/",
        "bell": "/notifications/unread/",
        "the desk": "/admin/",
        "queue": "/admin/moderation/case/",
        "posts at the desk": "/admin/forum/post/",
        "posts at the desk, searched": "/admin/forum/post/?q=wa900",
        "members at the desk": "/admin/accounts/member/",
        "comments at the desk": "/admin/forum/comment/",
    }


def measure(only: str) -> None:
    from django.conf import settings
    from django.db import transaction
    from django.test import Client

    from accounts.models import Member
    from tests.builders import make_moderator

    logging.disable(logging.CRITICAL)
    settings.KEPT_PAGES_MB = 0
    settings.LIMITS_ON = False
    visitors = {name: Client(headers={"host": "localhost"}) for name in ("guest", "member", "moderator")}
    with transaction.atomic():
        visitors["member"].force_login(Member.objects.get(username="reader_here"))
        visitors["moderator"].force_login(make_moderator())
        print(f"{'':>38} queries   ms    cpu  slowest query   rows of the worst step")
        for page, address in addresses().items():
            for visitor, client in visitors.items():
                mine = page in ("notifications", "bell") and visitor == "member"
                desk = address.startswith("/admin/")
                if only not in page or (desk and visitor != "moderator") or (not desk and visitor == "moderator"):
                    continue
                if page in ("notifications", "bell") and not mine:
                    continue
                with transaction.atomic():
                    _tell(f"{page}, {visitor}", address, client)
                    transaction.set_rollback(True)
        transaction.set_rollback(True)


@contextmanager
def watched(asked: list[Asked], explained: list[tuple[int, str]] | None = None) -> Iterator[None]:
    """Adds each query that is asked meanwhile: its milliseconds and its words; the worst step of slow ones if wanted.

    It is explained at once: a search sets for itself how PostgreSQL shall plan.
    """
    from django.db import connection

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("EXPLAIN"):
            return execute(sql, params, many, context)
        began = time.perf_counter()
        answer = execute(sql, params, many, context)
        took = (time.perf_counter() - began) * 1000
        asked.append((took, sql))
        if explained is not None and took > EXPLAINED_FROM:
            explained.append(_worst(connection, sql, params))
        return answer

    with connection.execute_wrapper(watch):
        yield


def _tell(name: str, address: str, client: Any) -> None:
    asked: list[Asked] = []
    answer = client.get(address)
    if answer.status_code in (301, 302):
        address = answer.headers["Location"]
        answer = client.get(address)
    took, used = [], []
    for _ in range(TIMES):
        asked.clear()
        began, begun = time.perf_counter(), time.process_time()
        with watched(asked):
            answer = client.get(address)
            _ = answer.getvalue() if answer.streaming else answer.content
        took.append((time.perf_counter() - began) * 1000)
        used.append((time.process_time() - begun) * 1000)
    slowest = max((each[0] for each in asked), default=0.0)
    explained: list[tuple[int, str]] = [(0, "")]
    with watched([], explained):
        client.get(address)
    worst = max(explained)
    status = "" if answer.status_code == 200 else f"  ANSWERED {answer.status_code}"
    spent = f"{median(took):5.0f} {median(used):6.1f} {slowest:13.1f}"
    print(f"{name:>38} {len(asked):7} {spent} {worst[0]:10,} {worst[1]}{status}", flush=True)


def deeds() -> None:
    from django.conf import settings
    from django.db import transaction

    from accounts.models import Member
    from common.models import Tag
    from forum.models import Category, Post
    from moderation.reporting import report
    from notices import muting
    from notices.following import follow
    from studies.models import Study
    from tests.builders import make_moderator

    settings.HOLD_FIRST = settings.HOLD_DOMAINS_BELOW = 0
    with transaction.atomic():
        member, moderator = Member.objects.get(username="pattern_one"), make_moderator()
        long, shelf = Post.objects.order_by("-comment_count")[0], Category.objects.order_by("pk")[0]
        comment = long.comments.order_by("pk")[0]
        tag, study = Tag.objects.get(slug="tag-0"), Study.objects.order_by("-cited_by_count")[0]
        sent = {"author": member, "category": shelf, "title": "T", "body": "Words @reader_here", "tags": ["tag 0"]}
        did: list[tuple[str, Any]] = [
            ("a post under the large tag", lambda: Post.write(**sent)),
            ("another", lambda: Post.write(**sent)),
            ("a comment on the long thread", lambda: long.add_comment(member, "Words")),
            ("an answer in it", lambda: long.add_comment(member, "Words", parent=comment)),
            ("an upvote", lambda: long.upvote(member)),
            ("withdrawn", lambda: long.withdraw(member)),
            ("a report", lambda: report(long, "post", member, "rude")),
            ("the long thread hidden", lambda: long.hide(moderator, "Rude")),
            ("shown again", lambda: long.unhide(moderator, "Not rude")),
            ("a comment hidden", lambda: comment.hide(moderator, "Rude")),
            ("a discussion of a study", lambda: study.open_discussion(member)),
            ("the large tag followed", lambda: follow(member, tag)),
            ("the large tag muted", lambda: muting.mute(member, "tag", tag.pk)),
        ]
        print(f"{'':>30} queries   ms  slowest query")
        for name, do in did:
            asked: list[Asked] = []
            began = time.perf_counter()
            with transaction.atomic(), watched(asked):
                do()
            took = (time.perf_counter() - began) * 1000
            print(
                f"{name:>30} {len(asked):7} {took:4.0f} {max((each[0] for each in asked), default=0.0):14.1f}",
                flush=True,
            )
        transaction.set_rollback(True)


def _worst(connection: Any, sql: str, params: Any) -> tuple[int, str]:
    """The most rows that a step of the plan read, and which step it is."""
    if not sql.lstrip().startswith(("SELECT", "WITH")):
        return 0, ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    return _step((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])


def _step(node: dict[str, Any]) -> tuple[int, str]:
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    rows = int((node["Actual Rows"] + thrown) * node["Actual Loops"])
    mine = rows, f"{node['Node Type']} {node.get('Index Name') or node.get('Relation Name') or ''}"
    return max([mine, *(_step(child) for child in node.get("Plans", []))])


if __name__ == "__main__":
    from common import embedded

    embedded.start_if_chosen()
    import django

    django.setup()
    if sys.argv[1:2] == ["fill"]:
        from benchmarks.much_data import fill

        fill(float(sys.argv[2]) if sys.argv[2:] else 0.1)
    elif sys.argv[1:2] == ["deeds"]:
        deeds()
    else:
        measure(" ".join(sys.argv[1:]))
