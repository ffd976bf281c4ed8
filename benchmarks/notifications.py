"""How long telling and reading take for one who has been told much, and for a thing that many follow. All rolled back.

python benchmarks/notifications.py [notifications] [followers]
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STUDYHALL_MODE", "development")


def main(count: int, followers: int) -> None:
    import django

    from common import embedded

    embedded.start_if_chosen()
    django.setup()

    from django.conf import settings
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection, transaction
    from django.test import Client
    from django.utils import timezone

    from accounts.models import Member
    from forum.models import Category, Post
    from notices import audiences
    from notices.models import Audience, Follow, Letter, Notification, Preference

    settings.ALLOWED_HOSTS = ["*"]
    settings.HOLD_FIRST = 0  # else the post of a newcomer waits, and nobody is told

    def timed(words: str, work, times: int = 5) -> None:
        took = []
        for _ in range(times):
            began = time.perf_counter()
            work()
            took.append((time.perf_counter() - began) * 1000)
        print(f"{words}: {sorted(took)[len(took) // 2]:.1f} ms")

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        members = Member.objects.bulk_create(
            Member(username=f"reader{n}_x", name_key=f"reader{n}x", email=f"r{n}@example.org") for n in range(followers)
        )
        reader = members[0]
        Notification.objects.bulk_create(
            (Notification(member=reader, kind="standing", key=str(n), words="News", url="/") for n in range(count)),
            1000,
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE notices_notification")
        client = Client()
        client.force_login(reader)
        timed(f"page of {count} notifications", lambda: client.get("/notifications/"))
        fresh = {"If-None-Match": client.get("/notifications/unread/")["ETag"]}
        timed("the bell, 304", lambda: client.get("/notifications/unread/", headers=fresh))
        timed("mark all read", lambda: client.post("/notifications/read/", {"until": timezone.now().isoformat()}), 1)

        quiet = Category.objects.create(name="Nobody follows it", slug="nobody-follows-it")
        category = Category.objects.create(name="Many follow it", slug="many-follow-it")
        kind = ContentType.objects.get_for_model(Category)
        Follow.objects.bulk_create(
            (Follow(member=each, content_type=kind, object_id=category.pk) for each in members), batch_size=1000
        )
        Preference.objects.bulk_create(
            Preference(member=each, kind="new_posts", place="mail") for each in members[: followers // 10]
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE notices_follow, accounts_member, notices_preference")

        def post(under: Category = category) -> None:
            Post.write(author=members[1], category=under, title="Foam", body="Words")

        timed("a post where nobody follows, in the request", lambda: post(quiet))
        timed(f"a post where {followers} follow, in the request", post)

        def tell() -> None:
            audience = Audience.objects.latest("pk")
            while audiences.step(audience.pk):
                pass

        timed(f"telling them all, in the job, steps of {audiences.STEP}", tell, 1)
        print(f"{Letter.objects.count()} letters wait to become mails")
        transaction.set_rollback(True)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*(given + [10_000, 10_000][len(given) :]))
