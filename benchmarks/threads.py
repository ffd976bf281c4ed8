"""What a thread of 10,000 comments costs: queries, time, rows and size of each of its pages. All of it is rolled back.

``python benchmarks/threads.py [times]``: medians; "cpu" is what this process used, without the database. Run it with
``STUDYHALL_MODE=demo``: in development every query is recorded, which costs more than some pages.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STUDYHALL_MODE", "development")


def main(times: int) -> None:
    import django

    from common import embedded

    embedded.start_if_chosen()
    django.setup()
    from django.conf import settings
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from forum.models import Comment
    from tests.builders import make_long_thread, make_member, make_post

    settings.HOLD_FIRST = 0  # else the post of a newcomer waits, and nobody sees it
    settings.KEPT_PAGES_MB = 0
    with transaction.atomic():
        began = time.perf_counter()
        writers = [make_member() for _ in range(40)]
        post = make_post()
        root = make_long_thread(post, writers)
        print(f"10,000 comments made in {time.perf_counter() - began:.1f} s")
        deep = Comment.objects.filter(root=root).order_by("-pk").first()
        member = Client(headers={"host": "localhost"})
        member.force_login(writers[0])
        here = post.get_absolute_url()
        pages = {
            "best": here,
            "new": f"{here}?sort=new",
            "old": f"{here}?sort=old",
            "5,000 replies": f"{here}?at={root}",
            "level 40": f"{here}?at={deep and deep.pk}",
        }
        print(f"{'':>28} queries  ms    cpu (database)   comments   kB")
        for name, browser in (("guest", Client(headers={"host": "localhost"})), ("member", member)):
            for page, address in pages.items():
                browser.get(address)
                with CaptureQueriesContext(connection) as queries:
                    answer = browser.get(address)
                asked, database = len(queries), sum(float(query["time"]) for query in queries) * 1000
                took, used = [], []
                for _ in range(times):
                    began, begun = time.perf_counter(), time.process_time()
                    browser.get(address)
                    took.append((time.perf_counter() - began) * 1000)
                    used.append((time.process_time() - begun) * 1000)
                shown, size = answer.text.count('<li class="comment'), len(answer.content) // 1000
                spent = f"{median(took):5.0f} {median(used):6.1f} ({database:6.1f})"
                print(f"{name + ', ' + page:>28} {asked:7} {spent} {shown:13} {size:6}")
        print(f"memory at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 15)
