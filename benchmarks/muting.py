"""What lists cost a reader who mutes a tag that 300,000 posts carry, all of them on top. All of it is rolled back.

python benchmarks/muting.py [posts] [of them under the muted tag]
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STUDYHALL_MODE", "development")

TIMES = 7


def main(number: int, loud: int) -> None:
    import django

    from common import embedded

    embedded.start_if_chosen()
    django.setup()
    from django.db import connection, transaction
    from django.test import Client

    from common.tags import get_or_create
    from forum.models import Post
    from notices import muting
    from tests.builders import make_category, make_many_posts, make_member

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        began = time.perf_counter()
        calm, shout = get_or_create(["calm of the benchmark", "loud of the benchmark"])
        shelf = make_category()
        make_many_posts(number - loud, tag=calm, category=shelf)
        top = make_many_posts(loud, tag=shout, category=shelf)  # the newest, and so the hottest
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO forum_posttag (content_object_id, tag_id) SELECT unnest(%s::bigint[]), %s",
                [top, calm.pk],
            )
            cursor.execute("UPDATE common_tag SET use_count = %s WHERE id = %s", [number, calm.pk])
            cursor.execute("ANALYZE forum_post, forum_posttag")
        print(f"{number:,} posts, {loud:,} of them under the tag, in {time.perf_counter() - began:.0f} s")
        other, reader = make_member(), make_member()
        muting.mute(reader, "tag", shout.pk)
        for pk in top[:1000]:
            muting.mute(reader, "post", pk)
        lists = ["", "?sort=new", "?sort=top&period=all"]
        addresses = ["/", *(f"/community/{rest}" for rest in lists), shelf.get_absolute_url()]
        addresses += [calm.get_absolute_url(), f"{calm.get_absolute_url()}?show=posts"]
        print(f"{'milliseconds of':>40} who mutes nothing   who mutes the tag")
        for address in addresses:
            row = []
            for member in (other, reader):
                client = Client(headers={"host": "localhost"})
                client.force_login(member)
                row.append(_took(lambda: client.get(address)))  # noqa: B023 - called at once
            print(f"{address:>40} {row[0]:17.0f} {row[1]:19.0f}")
        listed = Post.objects.listed_for(reader).order_by("-hotness", "-pk")[:26]
        print("without the bound on what is looked at:", f"{_took(lambda: list(listed.all()), 1):.0f} ms")
        joined = Post.objects.exclude(pk__in=Post.objects.filter(tags=shout)).order_by("-hotness", "-pk")[:26]
        print("with NOT IN all posts of the tag:", _at_most(lambda: list(joined.all()), 20))
        window = Post.objects.visible_to(reader).order_by("-hotness", "-pk")
        from forum.listing import sieve

        sift = sieve(reader)
        assert sift
        print(sift(window.filter(pk__in=window.values("pk")[:2000]))[:26].explain(analyze=True, buffers=True))
        transaction.set_rollback(True)


def _at_most(work, seconds: int) -> str:
    """How long it took, or that it was stopped: where what is left out fits in no memory, it never ends."""
    from django.db import OperationalError, connection, transaction

    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {seconds * 1000}")
            return f"{_took(work, 1):.0f} ms"
    except OperationalError:
        return f"more than {seconds} s"


def _took(work, times: int = TIMES) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return median(taken)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*(given + [400_000, 300_000][len(given) :]))
