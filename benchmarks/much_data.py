"""Fills a database with a part of a large community and library, by SQL: skewed as real ones are.

One tag on a third of everything, one thread of 10,000 comments, one member with a twentieth of all words, and words of
a made-up language (``wa1`` is in nearly every text, ``wa900`` in few, ``rareword`` in twenty).
"""

from __future__ import annotations

import os
import time
from typing import Any

POSTS, COMMENTS, VOTES, MEMBERS = 1_000_000, 10_000_000, 20_000_000, 200_000
STUDIES, CITATIONS = 100_000, 1_000_000
LONG_THREAD, TAGS, AUTHORS, JOURNALS = 10_000, 2_000, 50_000, 500
WORDS = 5_000  # of the made-up language; the first are the commonest


def fill(part: float) -> None:
    from django.conf import settings
    from django.db import connection

    from common import embedded

    settings.HOLD_FIRST = 0
    if not os.environ.get("DATABASE_URL"):
        connection.settings_dict["USER"] = (
            embedded.OWNER
        )  # may pass over foreign keys: they would take most of the time
        connection.settings_dict["OPTIONS"] = {}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        if not os.environ.get("DATABASE_URL"):
            cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for step in (_members, _posts, _comments, _votes, _studies, _told, _reported):
            began = time.perf_counter()
            step(cursor, part)
            print(f"{step.__name__[1:]} made in {time.perf_counter() - began:.0f} s", flush=True)
        cursor.execute("VACUUM ANALYZE")


def _text(length: int, key: str, every: int) -> str:
    """SQL that gives the ``words`` of a text, others for each ``key``; one in ``every`` has the rare word."""
    return (
        f"SELECT string_agg('wa' || 1 + floor(power(random(), 4) * {WORDS})::int, ' ')"
        f" || CASE WHEN {key} % {every} = 7 THEN ' rareword' ELSE '' END words"
        f" FROM generate_series(1, {length}) w WHERE {key} > 0"
    )


def _rows(cursor: Any, table: str, pattern: int, count: float, **values: str) -> None:
    """As many rows like that one, but for these values (SQL over ``g.n``)."""
    from benchmarks.search import copy

    copy(cursor, table, pattern, int(count), values, None)


def _ids(cursor: Any, table: str) -> tuple[int, int]:
    cursor.execute(f"SELECT min(id), count(*) FROM {table} WHERE id > (SELECT min(id) FROM {table})")
    return cursor.fetchone()


def _members(cursor: Any, part: float) -> None:
    from accounts.models import Member

    one = Member.objects.create_user("pattern_one", "pattern@example.org")
    name = "'someone_' || g.n || 'x'"
    when = "now() - interval '8 years' * random()"
    _rows(cursor, "accounts_member", one.pk, MEMBERS * part, username=name, name_key="'s' || g.n || 'x'",
          email="g.n || '@example.org'", date_joined=when)  # fmt: skip
    reader = Member.objects.create_user("reader_here", "reader@example.org")
    Member.objects.filter(pk=reader.pk).update(date_joined="2020-01-01T00:00:00Z")


def _posts(cursor: Any, part: float) -> None:
    from accounts.models import Member
    from common.models import Tag
    from forum.models import Category, Post

    shelves = [Category.objects.create(name=f"Shelf {n}", slug=f"shelf-{n}").pk for n in range(8)]
    Tag.objects.bulk_create(Tag(name=f"tag {n}", slug=f"tag-{n}") for n in range(TAGS))
    member, members = _ids(cursor, "accounts_member")
    reader = Member.objects.get(username="reader_here")
    pattern = Post.write(author=reader, category=Category.objects.get(pk=shelves[0]), title="Pattern", body="Pattern")
    number = int(POSTS * part)
    when = f"now() - interval '8 years' * (1 - g.n::float / {number}) - interval '1 minute'"
    author = f"CASE WHEN g.n % 20 = 3 THEN {reader.pk} ELSE {member} + (g.n::bigint * 7919) % {members} END"
    _rows(cursor, "forum_post", pattern.pk, number, token="gen_random_uuid()", title="'Post ' || g.n || ' of it'",
          author_id=author,
          category_id=f"({shelves[0]} + floor(power(random(), 2) * 8))::bigint", posted_at=when, last_active_at=when,
          score="floor(10 * power(random(), 3))::int", is_hidden="g.n % 100 = 7",
          deleted_at="CASE WHEN g.n % 100 = 8 THEN now() END", gist="'What it is about.'")  # fmt: skip
    cursor.execute(
        "INSERT INTO forum_posttext (post_id, title, body, body_html, renderer_version, tag_words)"
        f" SELECT p.id, p.title, t.words, '<p>' || t.words || '</p>', 1, '' FROM forum_post p,"
        f" LATERAL ({_text(40, 'p.id', number // 20)}) t"
        f" WHERE p.id > {pattern.pk}"
    )
    first = Tag.objects.get(slug="tag-0").pk
    cursor.execute(
        "INSERT INTO forum_posttag (content_object_id, tag_id)"
        f" SELECT id, {first} FROM forum_post WHERE id % 10 < 3 UNION"
        f" SELECT p.id, {first} + 1 + floor(power(random(), 3) * {TAGS - 1})::bigint"
        " FROM forum_post p, generate_series(1, 2) ORDER BY 1"
    )


def _comments(cursor: Any, part: float) -> None:
    from forum.models import Post

    pattern = Post.objects.get(title="Pattern")
    one = pattern.add_comment(pattern.author, "Pattern")
    member, members = _ids(cursor, "accounts_member")
    post, posts = _ids(cursor, "forum_post")
    longest = post + posts - 10
    long, number = int(LONG_THREAD / 2), int(COMMENTS * part / 2)
    when = f"now() - interval '8 years' * (1 - g.n::float / {number}) - interval '1 minute'"
    signed = {
        "author_id": f"CASE WHEN g.n % 20 = 5 THEN {pattern.author_id}"
        f" ELSE {member} + (g.n::bigint * 104729) % {members} END",
        "token": "gen_random_uuid()",
        "score": "g.n % 4 + CASE WHEN g.n % 1000 = 0 THEN 100 ELSE 0 END",
        "posted_at": when,
        "is_hidden": "g.n % 200 = 7",
    }
    _rows(cursor, "forum_comment", one.pk, number, **signed,
          post_id=f"CASE WHEN g.n > {number - long} THEN {longest}"
                  f" ELSE {post} + (g.n::float * {posts - 1} / {number} * random() ^ 0.1)::bigint END")  # fmt: skip
    answerer = f"{member} + (id * 15485863) % {members}"
    cursor.execute(
        "INSERT INTO forum_comment"
        " (post_id, author_id, parent_id, root_id, ancestors, token, score, posted_at, version, is_hidden)"
        f" SELECT post_id, {answerer}, id, id, ARRAY[id], gen_random_uuid(), id % 3, posted_at, 1, false"
        f" FROM forum_comment WHERE id > {one.pk} ORDER BY id"
    )
    cursor.execute(
        "INSERT INTO forum_commenttext (comment_id, body, body_html, renderer_version)"
        f" SELECT c.id, t.words, '<p>' || t.words || '</p>', 1 FROM forum_comment c,"
        f" LATERAL ({_text(20, 'c.id', number // 10)}) t"
        f" WHERE c.id > {one.pk} ORDER BY c.id"
    )
    cursor.execute(
        "UPDATE forum_post p SET comment_count = c.number FROM (SELECT post_id, count(*) number FROM forum_comment"
        " WHERE NOT is_hidden GROUP BY 1) c WHERE c.post_id = p.id"
    )


def _votes(cursor: Any, part: float) -> None:
    member, members = _ids(cursor, "accounts_member")
    number = int(VOTES * part)
    for table, things, share in (("forum_postvote", "forum_post", 4), ("forum_commentvote", "forum_comment", 1.34)):
        thing, count = _ids(cursor, things)
        each = max(1, int(number / share / count))
        cursor.execute(
            f"INSERT INTO {table} (thing_id, member_id, voted_at)"
            f" SELECT t.id, {member} + (t.id * 31 + k * 7919) % {members}, now() FROM {things} t,"
            f" generate_series(1, {each + 1}) k WHERE t.id >= {thing} AND (k <= {each} OR t.id % 2 = 0) ORDER BY t.id"
            " ON CONFLICT DO NOTHING"
        )


def _studies(cursor: Any, part: float) -> None:
    from common.models import Tag
    from tests.builders import make_journal, make_study

    number = int(STUDIES * part)
    journal = make_journal("Journal of the pattern")
    _rows(cursor, "studies_journal", journal.pk, JOURNALS, title="'Journal ' || g.n", title_key="'journal ' || g.n",
          slug="'journal-' || g.n")  # fmt: skip
    pattern = make_study("A pattern", authors=["Pattern"], tldr="What it found.", journal=journal)
    _rows(cursor, "studies_study", pattern.pk, number, title="'A trial of wa' || g.n % 5000 || ' in ' || g.n",
          journal_id=f"{journal.pk} + (g.n % {JOURNALS})", published_year="1980 + (45 * power(random(), 0.5))::int",
          published_month="1 + (random() * 11)::int", added_at="now() - interval '3 years' * random()",
          doi="'10.1000/' || g.n", pmid="(10000000 + g.n)::text", reference_count="10",
          evidence_level="(ARRAY['1-synthesis', '2-trial', '3-observational', ''])[1 + g.n % 4]",
          retraction="CASE WHEN g.n % 200 = 3 THEN 'retracted' ELSE '' END")  # fmt: skip
    study, studies = _ids(cursor, "studies_study")
    cursor.execute(
        "INSERT INTO studies_studytext (study_id, abstract, abstract_html, title, names, tag_words, plain)"
        f" SELECT s.id, t.words, '<p>' || t.words || '</p>', s.title, '', '', '' FROM studies_study s,"
        f" LATERAL ({_text(120, 's.id', number // 20)}) t"
        f" WHERE s.id > {pattern.pk}"
    )
    cursor.execute(
        "INSERT INTO studies_summary (study_id, tldr, body, body_html, writer_kind, writer_name, written_on,"
        " reviewer_name, version) SELECT s.id, 'What ' || s.id || ' found.', '', '', p.writer_kind, '', now(), '', 1"
        f" FROM studies_study s, studies_summary p WHERE p.study_id = {pattern.pk} AND s.id > {pattern.pk}"
    )
    first = Tag.objects.get(slug="tag-0").pk
    cursor.execute(
        "INSERT INTO studies_studytag (content_object_id, tag_id)"
        f" SELECT id, {first} FROM studies_study WHERE id % 10 < 3 UNION"
        f" SELECT s.id, {first} + 1 + floor(power(random(), 3) * {TAGS - 1})::bigint"
        " FROM studies_study s, generate_series(1, 4) ORDER BY 1"
    )
    cursor.execute(
        "UPDATE common_tag t SET use_count = u.number FROM (SELECT tag_id, count(*) number FROM"
        " (SELECT tag_id FROM forum_posttag UNION ALL SELECT tag_id FROM studies_studytag) b GROUP BY 1) u"
        " WHERE u.tag_id = t.id"
    )
    cursor.execute(
        "INSERT INTO studies_author (key, family, given, collective, orcid)"
        f" SELECT 'k' || n, 'Family' || n, 'G', '', '' FROM generate_series(1, {int(AUTHORS * part)}) n"
    )
    author, authors = _ids(cursor, "studies_author")
    cursor.execute(
        "INSERT INTO studies_authorship (study_id, author_id, position)"
        f" SELECT s.id, {author} + (s.id * 7 + k * 7919) % {authors}, k FROM studies_study s, generate_series(1, 4) k"
        f" WHERE s.id > {pattern.pk}"
    )
    each = CITATIONS // STUDIES
    cursor.execute(
        "INSERT INTO studies_citation (study_id, position, text, doi, pmid, pmcid, cited_id)"
        f" SELECT s.id, k, 'Somebody. A work. 2001', '', '', '',"
        f" CASE WHEN k % 3 > 0 THEN NULLIF({study} + floor(power(random(), 3) * {studies})::bigint, s.id) END"
        f" FROM studies_study s, generate_series(1, {each}) k WHERE s.id > {pattern.pk}"
    )
    for counter, by in (("cited_by_count", "cited_id"), ("cites_count", "study_id")):
        cursor.execute(
            f"UPDATE studies_study s SET {counter} = c.number FROM (SELECT {by} id, count(*) number"
            " FROM studies_citation WHERE cited_id IS NOT NULL GROUP BY 1) c WHERE c.id = s.id"
        )


def _told(cursor: Any, part: float) -> None:
    """What members were told, follow, and have read: one of them 10,000 of each."""
    from django.contrib.contenttypes.models import ContentType

    from accounts.models import Member
    from common.models import Tag
    from notices.models import Notification

    reader = Member.objects.get(username="reader_here")
    member, members = _ids(cursor, "accounts_member")
    one = Notification.objects.create(member=reader, kind="standing", key="0", words="News", url="/")
    _rows(cursor, "notices_notification", one.pk, 10_000, key="g.n::text", is_unread="g.n % 2 = 0")
    _rows(cursor, "notices_notification", one.pk, MEMBERS * part * 10, key="'o' || g.n",
          member_id=f"{member} + g.n % {members}")  # fmt: skip
    tag = Tag.objects.get(slug="tag-0")
    cursor.execute(
        "INSERT INTO notices_follow (object_id, level, followed_at, content_type_id, member_id)"
        " SELECT %s, 'all', now(), %s, id FROM accounts_member WHERE id %% 3 = 0 OR id = %s",
        [tag.pk, ContentType.objects.get_for_model(Tag).pk, reader.pk],
    )
    cursor.execute(
        "INSERT INTO forum_visit (member_id, post_id, since_id, last_id)"
        " SELECT %s, id, (SELECT max(id) - 50000 FROM forum_comment), (SELECT max(id) - 5000 FROM forum_comment)"
        " FROM forum_post ORDER BY id DESC LIMIT 10000",
        [reader.pk],
    )


def _reported(cursor: Any, part: float) -> None:
    """Open cases, each with a report; closed ones by the ten thousand."""
    from accounts.models import Member
    from forum.models import Post
    from moderation.models import Case
    from moderation.reporting import report

    post = Post.objects.filter(is_hidden=False, deleted_at=None).order_by("-pk")[0]
    reporter = Member.objects.get(username="pattern_one")
    report(post, "post", reporter, "rude")
    case = Case.objects.latest("pk")
    first, posts = _ids(cursor, "forum_post")
    _rows(cursor, "moderation_case", case.pk, min(5_000, posts // 2), object_id=f"{first} + g.n", opened_at="now()")
    _rows(cursor, "moderation_case", case.pk, 200_000 * part, object_id=f"{first} + (g.n * 7) % {posts}",
          state=f"'{Case.State.REJECTED}'", closed_at="now()")  # fmt: skip
    cursor.execute(
        "INSERT INTO moderation_report (reason, note, weight, reported_at, case_id, reporter_id)"
        f" SELECT 'rude', '', 0.5, now(), id, {reporter.pk} FROM moderation_case WHERE id > {case.pk}"
    )
