"""What a search costs on much data: 200,000 posts and 500,000 comments, by rare and common words and filters.

``python benchmarks/search.py fill`` makes them in the database of the environment (one that holds nothing of worth:
``STUDYHALL_MODE=development VAR_DIR=…``); ``python benchmarks/search.py`` measures. For each question it tells
the time of its slowest round, how many rows the plan read, what was found, and which plans read a whole table.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

POSTS, COMMENTS, AUTHORS = 200_000, 500_000, 2_000
WORDS = 3_000  # of the made-up language; the first are the commonest
LENGTH = 40  # words of a text

QUESTIONS = [
    ("a common word", "wa1"),
    ("a middling word", "wa300"),
    ("a rare word (20 of each)", "rareword"),
    ("a word of old texts alone", "oldword"),
    ("no such word", "nosuchword"),
    ("three words", "wa1 wa300 wa700"),
    ("a common word, without another", "wa1 -wa2"),
    ("a phrase", '"wa1 wa2"'),
    ("a common word, an author of three", "wa1 author:rare_author"),
    ("a rare word, an author of three", "rareword author:rare_author"),
    ("a common word, an author of many", "wa1 author:busy_author"),
    ("a rare word, a common tag", "rareword tag:common"),
    ("a common word, a rare tag", "wa1 tag:scarce"),
    ("a rare word, a common category", "rareword category:common"),
    ("a common word, a rare category", "wa1 category:scarce"),
    ("a middling word, a common tag, a category", "wa300 tag:common category:common"),
    ("a common word, an old year", "wa1 year:2012"),
    ("a common tag alone", "tag:common"),
    ("only what names a study", "wa1 has:study"),
    ("leaving out a common tag", "wa300 -tag:common"),
]


def fill() -> None:
    from django.conf import settings
    from django.db import connection, transaction

    from accounts.models import Member
    from common.models import Tag
    from forum.models import Category, Post

    settings.HOLD_FIRST = 0  # else the pattern waits, and nobody can answer it

    def member(name: str, address: str) -> Any:
        return Member.objects.filter(username=name).first() or Member.objects.create_user(name, address)

    made: dict[str, Any] = {"common": None, "scarce": None}
    for name in made:
        made[name] = (
            Category.objects.get_or_create(name=name, slug=name)[0],
            Tag.objects.get_or_create(name=name, slug=name)[0],
        )
    rare = member("rare_author", "rare@example.org")
    busy = member("busy_author", "busy@example.org")
    others = [member(f"author_no_{number}_x", f"a{number}@example.org") for number in range(AUTHORS // 20)]
    pattern = Post.write(author=rare, category=made["common"][0], title="Pattern", body="Pattern")
    pattern.add_comment(rare, "Pattern")
    ids = [busy.pk, busy.pk, *(each.pk for each in others)]
    text = (
        f"(SELECT string_agg('wa' || 1 + floor(power(random(), 4) * {WORDS})::int, ' ')"
        f" FROM generate_series(1, {LENGTH}) w WHERE g.n > 0)"
        " || CASE WHEN g.n %% {every} = 7 THEN ' rareword' ELSE '' END"
        " || CASE WHEN g.n < {old} THEN ' oldword' ELSE '' END"
    )
    when = "now() - interval '14 years' * (1 - g.n::float / {total})"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        copy(cursor, "forum_post", pattern.pk, POSTS, {
            "author_id": "(%(authors)s::bigint[])[1 + g.n %% cardinality(%(authors)s::bigint[])]",
            "category_id": "CASE WHEN g.n %% 40000 = 11 THEN %(scarce)s ELSE %(common)s END",
            "token": "gen_random_uuid()",
            "title": "'Post ' || g.n",
            "posted_at": when.format(total=POSTS),
            "last_active_at": when.format(total=POSTS),
        }, {"authors": ids, "scarce": made["scarce"][0].pk, "common": made["common"][0].pk})  # fmt: skip
        cursor.execute(
            "INSERT INTO forum_posttext (post_id, title, body, body_html, renderer_version, tag_words)"
            f" SELECT p.id, p.title, {text.format(every=POSTS // 20, old=2000)}, '', 1, ''"
            " FROM (SELECT id, title, row_number() OVER (ORDER BY id) n FROM forum_post WHERE id > %s) g,"
            " LATERAL (SELECT g.id, g.title) p",
            [pattern.pk],
        )
        cursor.execute(
            "INSERT INTO forum_posttag (content_object_id, tag_id)"
            " SELECT id, %s FROM forum_post WHERE id %% 2 = 0 UNION ALL"
            " SELECT id, %s FROM forum_post WHERE id %% 50000 = 9",
            [made["common"][1].pk, made["scarce"][1].pk],
        )
        cursor.execute("UPDATE common_tag SET use_count = 100000 WHERE slug IN ('common', 'scarce')")
        comment = pattern.comments.get().pk
        cursor.execute("SELECT min(id) FROM forum_post WHERE id > %s", [pattern.pk])
        first = cursor.fetchone()[0]
        copy(cursor, "forum_comment", comment, COMMENTS, {
            "author_id": "(%(authors)s::bigint[])[1 + g.n %% cardinality(%(authors)s::bigint[])]",
            "post_id": f"{first} + (g.n::bigint * 7919) %% {POSTS}",
            "token": "gen_random_uuid()",
            "posted_at": when.format(total=COMMENTS),
        }, {"authors": ids})  # fmt: skip
        cursor.execute(
            "INSERT INTO forum_commenttext (comment_id, body, body_html, renderer_version)"
            f" SELECT g.id, {text.format(every=COMMENTS // 20, old=2000)}, '', 1"
            " FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM forum_comment WHERE id > %s) g",
            [comment],
        )
        for table in ("forum_post", "forum_comment"):
            cursor.execute(
                f"UPDATE {table} SET author_id = %s WHERE id IN"
                f" (SELECT id FROM {table} ORDER BY id LIMIT 2 OFFSET 5000)",
                [rare.pk],
            )
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")


def copy(
    cursor: Any, table: str, pattern: int, count: int, values: dict[str, str], params: dict[str, Any] | None
) -> None:
    """As many rows like one row of the table, but for these values (SQL over ``g.n``)."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND is_generated = 'NEVER' AND column_name <> 'id' ORDER BY ordinal_position",
        [table],
    )
    columns = [name for (name,) in cursor.fetchall()]
    exprs = ", ".join(values.get(name, f"t.{name}") for name in columns)
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {exprs}"
        f" FROM {table} t, generate_series(1, {count}) g (n) WHERE t.id = {pattern} ORDER BY g.n",
        params,
    )


def measure() -> None:
    from common.search import patience

    for name, typed in QUESTIONS:
        for kind in ("post", "comment"):
            with patience(60_000):
                tell(name, typed, kind)


def tell(name: str, typed: str, kind: str) -> None:
    from django.contrib.auth.models import AnonymousUser
    from django.db import connection

    from common.search import finding
    from pages.searching.kinds import LISTED, VECTOR, Search

    search = Search.of(typed, AnonymousUser())
    if kind not in search.kinds:
        return
    rows, near = LISTED[kind](search.rows(kind)), search.near(kind)
    times, reads, whole = [], 0, set()
    for query in search.question.rounds() or [None]:
        sql, params = finding.statement(rows, VECTOR, search.question, query, 25, near)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
            (plan,) = cursor.fetchone()
            plan = plan if isinstance(plan, list) else json.loads(plan)
            reads = max(reads, read_rows(plan[0]["Plan"], whole))
            took = []
            for _ in range(3):
                start = time.perf_counter()
                cursor.execute(sql, params)
                cursor.fetchall()
                took.append(time.perf_counter() - start)
        times.append(min(took))
    found = finding.search(rows, VECTOR, search.question, 25, near)
    tables = f"; whole: {', '.join(sorted(whole))}" if whole else ""
    shown = f"{len(found.rows):3} of {found.count}{tables}"
    print(f"{name:45} {kind:8} {max(times) * 1000:7.1f} ms {reads:9,} rows  {shown}", flush=True)


def read_rows(node: dict[str, Any], whole: set[str]) -> int:
    """Rows that the scans of a plan produced or threw away."""
    count = 0
    if "Scan" in node["Node Type"] and node["Node Type"] not in ("CTE Scan", "Subquery Scan", "Bitmap Index Scan"):
        thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        count = int((node["Actual Rows"] + thrown) * node["Actual Loops"])
        if node["Node Type"] == "Seq Scan" and node["Actual Loops"] and count > 20_000:
            whole.add(node.get("Relation Name", ""))
    return count + sum(read_rows(child, whole) for child in node.get("Plans", []))


if __name__ == "__main__":
    import django

    from common import embedded

    embedded.start_if_chosen()
    django.setup()
    fill() if sys.argv[1:] == ["fill"] else measure()
