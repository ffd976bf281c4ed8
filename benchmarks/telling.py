"""How long it takes to tell followers of a large import. Everything it makes is rolled back.

python benchmarks/telling.py [studies] [followers] [searches]
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STUDYHALL_MODE", "development")


def main(studies: int, followers: int, asked: int) -> None:
    import django

    from common import embedded

    embedded.start_if_chosen()
    django.setup()

    from django.db import connection, transaction
    from django.http import QueryDict

    from accounts.models import Member
    from common.tags import get_or_create
    from notices.following import follow
    from notices.models import Notification
    from studies import arrivals, feeds, searches
    from studies.models import Study, StudyTag, StudyText

    with transaction.atomic():
        members = Member.objects.bulk_create(
            Member(username=f"reader{n}_x", name_key=f"reader{n}x", email=f"r{n}@example.org") for n in range(followers)
        )
        [tag] = get_or_create(["foam of the benchmark"])
        while arrivals.tell_of_new_studies():
            pass
        for member in members:
            follow(member, tag)
        for number, member in enumerate(members[:asked]):
            searches.save(member, QueryDict(f"q=foam+{number}&level=2-trial"))
        began = time.perf_counter()
        rows = (Study(title=f"A trial of foam {number}", evidence_level="2-trial") for number in range(studies))
        made = Study.objects.bulk_create(rows, batch_size=1000)
        print(f"{studies} studies inserted, with the trigger: {time.perf_counter() - began:.2f} s")
        StudyTag.objects.bulk_create((StudyTag(content_object=study, tag=tag) for study in made), batch_size=1000)
        StudyText.objects.bulk_create((StudyText(study=study, title=study.title) for study in made), batch_size=1000)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE studies_study")
        rounds, began = 0, time.perf_counter()
        while arrivals.tell_of_new_studies():
            rounds += 1
        took = time.perf_counter() - began
        told = Notification.objects.filter(key__startswith=f"new_studies:tag:{tag.pk}:")
        print(f"{rounds} rounds tell {followers} followers and ask {asked} searches: {took:.2f} s")
        print(f"{told.count()} notifications: {told.first()}")
        began = time.perf_counter()
        entries = feeds.followed_by(members[0].pk)
        print(f"private feed of {len(entries)} entries: {(time.perf_counter() - began) * 1000:.1f} ms")
        transaction.set_rollback(True)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    main(*(given + [20_000, 1_000, 100][len(given) :]))
