"""Mentions kept true: what posts and comments name, written with their words and followed when studies come and go.

Whoever changes mentions first locks, always in this order, the post, the studies, the works: so counts taken at the end
see everybody who was there before, and nobody waits in a circle. A post and an import that are written at the same
moment do not see each other; whichever is committed last looks again (``_settle``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction

from common import markdown, naming
from common.counting import CAP
from forum.models import CommentText, PostText
from studies.naming import key_of, parts

# The study that a work's identifier leads to. Several studies may report one trial: the first that came is meant.
LEADS_TO = """
CASE WHEN w.kind = 'registration'
     THEN (SELECT min(s.id) FROM studies_study s WHERE s.registration = w.value AND s.registration <> '')
     ELSE COALESCE(
        CASE w.kind WHEN 'doi' THEN (SELECT s.id FROM studies_study s WHERE s.doi = w.value)
                    WHEN 'pmid' THEN (SELECT s.id FROM studies_study s WHERE s.pmid = w.value)
                    WHEN 'pmcid' THEN (SELECT s.id FROM studies_study s WHERE s.pmcid = w.value) END,
        (SELECT o.study_id FROM studies_otheridentifier o WHERE o.name = w.kind AND o.value = w.value))
END"""
IN_SIGHT = """
(SELECT NOT p.is_hidden AND p.deleted_at IS NULL FROM forum_post p WHERE p.id = m.post_id)
AND COALESCE((SELECT NOT c.is_hidden AND c.deleted_at IS NULL FROM forum_comment c WHERE c.id = m.comment_id), true)"""


def newest_posts(work: str, most: str, before: str = "") -> str:
    """SQL that gives the newest ``most`` posts in sight that mention ``work``, each once, older than ``before``.

    One probe of the index (work, newest post first) for each. PostgreSQL takes a busy work for an average one, and
    would else sort all its mentions to give the first few.
    """
    newest = f"SELECT m.post_id FROM studies_mention m WHERE m.work_id = {work} AND m.in_sight"  # noqa: S608
    first = f" AND m.post_id < {before}" if before else ""
    return f"""
    WITH RECURSIVE seen (post_id) AS (
        ({newest}{first} ORDER BY m.post_id DESC LIMIT 1)
        UNION ALL
        SELECT ({newest} AND m.post_id < seen.post_id ORDER BY m.post_id DESC LIMIT 1)
        FROM seen WHERE seen.post_id IS NOT NULL
    ) SELECT post_id FROM seen WHERE post_id IS NOT NULL LIMIT {most}"""  # noqa: S608


# The counters, as ``manage.py recount`` proves them: never more than 1,001 posts of a work are read.
POSTS_OF_WORK = f"SELECT count(*) FROM ({newest_posts('t.id', str(CAP + 1))}) counted"  # noqa: S608 - words of ours
POSTS_OF_STUDY = f"""
SELECT count(*) FROM (
    SELECT DISTINCT near.post_id FROM studies_mentionedwork w
    CROSS JOIN LATERAL ({newest_posts("w.id", str(CAP + 1))}) near
    WHERE w.study_id = t.id LIMIT {CAP + 1}
) counted"""  # noqa: S608 - words of ours

STUDIES_NAMED = f"""
SELECT DISTINCT {LEADS_TO} FROM unnest(%(kinds)s::text[], %(values)s::text[]) w (kind, value)
UNION SELECT k.study_id FROM unnest(%(kinds)s::text[], %(values)s::text[]) w (kind, value)
      JOIN studies_mentionedwork k USING (kind, value)
"""  # noqa: S608
KNOW_WORKS = f"""
INSERT INTO studies_mentionedwork AS known (kind, value, study_id, post_count)
SELECT w.kind, w.value, {LEADS_TO}, 0 FROM unnest(%(kinds)s::text[], %(values)s::text[]) w (kind, value)
ORDER BY w.kind, w.value
ON CONFLICT (kind, value) DO UPDATE SET study_id = excluded.study_id
RETURNING id, kind, value, study_id
"""  # noqa: S608
WRITE = f"""
INSERT INTO studies_mention (post_id, comment_id, work_id, position, in_sight)
SELECT m.post_id, m.comment_id, m.work_id, m.position, {IN_SIGHT}
FROM (SELECT %(post)s::bigint AS post_id, %(comment)s::bigint AS comment_id, work_id, position
      FROM unnest(%(works)s::bigint[], %(positions)s::int[]) named (work_id, position)) m
ON CONFLICT (post_id, comment_id, work_id) DO UPDATE SET position = excluded.position
"""  # noqa: S608

# The works that these studies can have changed: those that lead to them now, and those that will.
RELINK = f"""
WITH candidate AS (
    SELECT id FROM studies_mentionedwork WHERE study_id = ANY(%(ids)s)
    UNION SELECT w.id FROM studies_study s JOIN studies_mentionedwork w ON w.kind = 'doi' AND w.value = s.doi
    WHERE s.id = ANY(%(ids)s)
    UNION SELECT w.id FROM studies_study s JOIN studies_mentionedwork w ON w.kind = 'pmid' AND w.value = s.pmid
    WHERE s.id = ANY(%(ids)s)
    UNION SELECT w.id FROM studies_study s JOIN studies_mentionedwork w ON w.kind = 'pmcid' AND w.value = s.pmcid
    WHERE s.id = ANY(%(ids)s)
    UNION SELECT w.id FROM studies_study s
    JOIN studies_mentionedwork w ON w.kind = 'registration' AND w.value = s.registration
    WHERE s.id = ANY(%(ids)s) AND s.registration <> ''
    UNION SELECT w.id FROM studies_otheridentifier o
    JOIN studies_mentionedwork w ON w.kind = o.name AND w.value = o.value WHERE o.study_id = ANY(%(ids)s)
    UNION SELECT w.id FROM unnest(%(kinds)s::text[], %(values)s::text[]) k (kind, value)
    JOIN studies_mentionedwork w USING (kind, value)
),
resolved AS (
    SELECT w.id, w.study_id AS before, {LEADS_TO} AS after FROM candidate JOIN studies_mentionedwork w USING (id)
)
UPDATE studies_mentionedwork w SET study_id = r.after FROM resolved r
WHERE w.id = r.id AND r.before IS DISTINCT FROM r.after
RETURNING r.before, r.after
"""  # noqa: S608


# ── What changes them ────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def record(post_id: int, comment_id: int | None, keys: Sequence[str]) -> None:
    """Let a post's own words, or a comment's, mention exactly the works of these keys, in this order."""
    thing, where = {"post": post_id, "comment": comment_id}, _of_thing(comment_id)
    wanted = {key: place for place, key in enumerate(keys, 1)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM forum_post WHERE id = %s FOR NO KEY UPDATE", [post_id])
        cursor.execute(
            "SELECT w.kind, w.value, m.position FROM studies_mention m JOIN studies_mentionedwork w ON w.id = m.work_id"  # noqa: S608
            f" WHERE {where}",
            thing,
        )
        before = {key_of(kind, value): place for kind, value, place in cursor.fetchall()}
        if before == wanted:
            return
        kinds, values = zip(*sorted(map(parts, before.keys() | wanted.keys())), strict=True)
        named = {"kinds": list(kinds), "values": list(values)}
        cursor.execute(STUDIES_NAMED, named)
        _lock_studies(cursor, (pk for (pk,) in cursor.fetchall()))
        cursor.execute(KNOW_WORKS, named)
        works, studies = {}, set()
        for pk, kind, value, study in cursor.fetchall():
            works[key_of(kind, value)] = pk
            studies.add(study)
        kept = [works[key] for key in wanted]
        cursor.execute(
            f"DELETE FROM studies_mention m WHERE {where} AND NOT m.work_id = ANY(%(works)s)",  # noqa: S608
            thing | {"works": kept},
        )
        cursor.execute(WRITE, thing | {"works": kept, "positions": list(wanted.values())})
        _count(cursor, works.values(), studies)
    if None in studies:
        transaction.on_commit(partial(_settle, (), list(map(parts, wanted))), robust=True)


@transaction.atomic
def look_again(post_id: int, comment_id: int | None) -> None:
    """Follow a post, and everything under it, or a comment, that went out of sight or came back."""
    thing, where = {"post": post_id, "comment": comment_id}, _of_thing(comment_id, all_under_a_post=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT w.id, w.study_id FROM studies_mention m JOIN studies_mentionedwork w ON w.id = m.work_id"  # noqa: S608
            f" WHERE {where}",
            thing,
        )
        found = cursor.fetchall()
        if not found:
            return
        works, studies = [work for work, _ in found], {study for _, study in found}
        _lock_studies(cursor, studies)
        cursor.execute("SELECT FROM studies_mentionedwork WHERE id = ANY(%s) ORDER BY kind, value FOR UPDATE", [works])
        cursor.execute(
            f"UPDATE studies_mention m SET in_sight = {IN_SIGHT} WHERE {where}"  # noqa: S608
            f" AND m.in_sight IS DISTINCT FROM ({IN_SIGHT})",
            thing,
        )
        _count(cursor, works, studies)


def link(studies: Iterable[int]) -> None:
    """Let every mentioned work that these studies' identifiers name, or named, lead to its study now.

    One statement for any number of studies, and the counts only where something changed. Takes ids; call it in the
    transaction that changed the studies.
    """
    ids = sorted(set(studies))
    if ids:
        _relink(ids, [])
        transaction.on_commit(partial(_settle, ids, []), robust=True)


def relink_keys(named: Sequence[tuple[str, str]]) -> None:
    """Let the works of these kinds and values lead to the studies they name now."""
    _relink([], named)


def _settle(studies: Sequence[int], named: Sequence[tuple[str, str]]) -> None:
    _relink(studies, named)


@transaction.atomic
def _relink(studies: Sequence[int], named: Sequence[tuple[str, str]]) -> None:
    kinds, values = [kind for kind, _ in named], [value for _, value in named]
    with connection.cursor() as cursor:
        cursor.execute(RELINK, {"ids": list(studies), "kinds": kinds, "values": values})
        touched = {pk for pair in cursor.fetchall() for pk in pair}
        _count(cursor, (), touched)


def _of_thing(comment_id: int | None, *, all_under_a_post: bool = False) -> str:
    if comment_id is not None:
        return "m.post_id = %(post)s AND m.comment_id = %(comment)s"
    return "m.post_id = %(post)s" if all_under_a_post else "m.post_id = %(post)s AND m.comment_id IS NULL"


def _lock_studies(cursor: Any, studies: Iterable[int | None]) -> None:
    ids = sorted(pk for pk in set(studies) if pk is not None)
    if ids:
        cursor.execute("SELECT FROM studies_study WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])


def _count(cursor: Any, works: Iterable[int], studies: Iterable[int | None]) -> None:
    """Make the counts of locked works and of studies true, and forget works that nothing mentions any more."""
    if ids := sorted(works):
        cursor.execute(
            f"UPDATE studies_mentionedwork t SET post_count = ({POSTS_OF_WORK}) WHERE t.id = ANY(%s)",  # noqa: S608
            [ids],
        )
        cursor.execute(
            "DELETE FROM studies_mentionedwork t WHERE t.id = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM studies_mention m WHERE m.work_id = t.id)",
            [ids],
        )
    if counted := sorted(pk for pk in set(studies) if pk is not None):
        _lock_studies(cursor, counted)
        cursor.execute(
            f"UPDATE studies_study t SET mention_count = ({POSTS_OF_STUDY})"  # noqa: S608
            f" WHERE t.id = ANY(%s) AND t.mention_count IS DISTINCT FROM ({POSTS_OF_STUDY})",
            [counted],
        )


# ── What the forum and the library tell ──────────────────────────────────────────────────────────


def words_written(sender: Any, *, post_id: int, comment_id: int | None, html: str, is_new: bool, **more: Any) -> None:
    keys = naming.keys_in(html)
    if keys or not is_new:
        record(post_id, comment_id, keys)


def sight_changed(sender: Any, *, post_id: int, comment_id: int | None, **more: Any) -> None:
    look_again(post_id, comment_id)


def comments_moved(sender: Any, *, comment_ids: Sequence[int], from_post: int, to_post: int, **more: Any) -> None:
    """What these comments mention is mentioned in another post now, which may be in sight where the first is not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT w.id, w.study_id FROM studies_mention m JOIN studies_mentionedwork w ON w.id = m.work_id"
            " WHERE m.comment_id = ANY(%s)",
            [list(comment_ids)],
        )
        found = cursor.fetchall()
        if not found:
            return
        works, studies = [work for work, _ in found], {study for _, study in found}
        _lock_studies(cursor, studies)
        cursor.execute("SELECT FROM studies_mentionedwork WHERE id = ANY(%s) ORDER BY kind, value FOR UPDATE", [works])
        cursor.execute(
            "UPDATE studies_mention SET post_id = %s WHERE comment_id = ANY(%s)", [to_post, list(comment_ids)]
        )
        cursor.execute(
            f"UPDATE studies_mention m SET in_sight = {IN_SIGHT} WHERE m.comment_id = ANY(%s)",  # noqa: S608
            [list(comment_ids)],
        )
        _count(cursor, works, studies)


def study_goes(sender: Any, instance: Any, **more: Any) -> None:
    """Before a study is deleted: remember what led to it."""
    from studies.models import MentionedWork

    instance.works_that_led_here = list(MentionedWork.objects.filter(study=instance).values_list("kind", "value"))


def study_gone(sender: Any, instance: Any, **more: Any) -> None:
    relink_keys(getattr(instance, "works_that_led_here", []))


# ── The proof ────────────────────────────────────────────────────────────────────────────────────

BATCH = 1000


def differences(*, mend: bool = False, from_source: bool = False) -> Iterator[str]:
    """What the tables say otherwise than the texts do, a sentence each; with ``mend`` it is put right.

    Compares every post's and every comment's mentions with what its stored HTML links (``from_source``: with what its
    words give when they are rendered now), and every work with the study it leads to.
    """
    texts: tuple[tuple[Any, str], ...] = ((PostText, "post"), (CommentText, "comment"))
    for model, what in texts:
        last = 0
        while True:
            rows = list(_texts(model, what, last, from_source))
            if not rows:
                break
            last = rows[-1][0]
            yield from _compare(rows, what, mend)
    yield from _misled(mend)


def _texts(model: Any, what: str, last: int, from_source: bool) -> Iterator[tuple[int, int, list[str]]]:
    column = "body" if from_source else "body_html"
    post = "post_id" if what == "post" else "comment__post_id"
    for pk, post_id, words in model.objects.filter(pk__gt=last).order_by("pk").values_list("pk", post, column)[:BATCH]:
        yield pk, post_id, naming.keys_in(markdown.render(words, works=True) if from_source else words)


def _compare(rows: list[tuple[int, int, list[str]]], what: str, mend: bool) -> Iterator[str]:
    ids = [pk for pk, *_ in rows]
    of_these = "m.comment_id = ANY(%s)" if what == "comment" else "m.post_id = ANY(%s) AND m.comment_id IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.{what}_id, w.kind, w.value, m.in_sight = ({IN_SIGHT})"  # noqa: S608
            " FROM studies_mention m JOIN studies_mentionedwork w ON w.id = m.work_id"
            f" WHERE {of_these} ORDER BY m.position",
            [ids],
        )
        stored = cursor.fetchall()
    kept: dict[int, list[str]] = {pk: [] for pk in ids}
    astray = set()
    for pk, kind, value, sight_is_true in stored:
        kept[pk].append(key_of(kind, value))
        if not sight_is_true:
            astray.add(pk)
    for pk, post_id, keys in rows:
        comment_id = pk if what == "comment" else None
        if kept[pk] != keys:
            yield f"{what} {pk} mentions {', '.join(keys) or 'nothing'}, stored is {', '.join(kept[pk]) or 'nothing'}"
            if mend:
                record(post_id, comment_id, keys)
        if pk in astray:
            yield f"the mentions of {what} {pk} are taken to be in sight, or out of it, wrongly"
            if mend:
                look_again(post_id, comment_id)


def _misled(mend: bool) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.kind, w.value FROM studies_mentionedwork w WHERE w.study_id IS DISTINCT FROM ({LEADS_TO})"  # noqa: S608
        )
        wrong = cursor.fetchall()
    for kind, value in wrong:
        yield f"{kind} {value} leads to another study than it names"
    if mend and wrong:
        relink_keys(wrong)
