"""What each kind of page costs: queries, wall time and CPU time for each request, medians over many.

Run it on the demo database: ``STUDYHALL_MODE=demo python benchmarks/pages.py [--requests 40]``. The pages are asked for
in turn (A B C … A B C …), so that a slow moment of the machine falls on all of them alike: each made anew, then as it
is kept for guests.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def addresses() -> dict[str, str]:
    """One address of each kind, taken from what the database holds; the busiest of its kind."""
    from accounts.models import Member
    from common.models import Tag
    from forum.models import Post
    from studies.models import Study

    study = Study.objects.order_by("-reference_count", "-pk").first()
    post = Post.objects.order_by("-comment_count").first()
    tag = Tag.objects.order_by("-use_count").first()
    member = Member.objects.order_by("pk").first()
    if not (study and post and tag and member):
        sys.exit("The database is empty. Load the demo first: bin/demo")
    return {
        "home": "/",
        "library": "/studies/",
        "study": study.get_absolute_url(),
        "similar": f"{study.get_absolute_url()}similar/",
        "community": "/community/",
        "post": post.get_absolute_url(),
        "tag": tag.get_absolute_url(),
        "search, one word": "/search/?q=minoxidil",
        "search, five words": "/search/?q=does+topical+finasteride+cause+shedding",
        "profile": member.get_absolute_url(),
    }


def measure(requests: int) -> None:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    kinds = addresses()
    settings.KEPT_PAGES_MB, kept_mb = 0, settings.KEPT_PAGES_MB or 32
    client, keeping = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    client.get("/")
    settings.KEPT_PAGES_MB = kept_mb
    keeping.get("/")
    queries, size = {}, {}
    for name, address in kinds.items():
        client.get(address)  # the first request of a kind compiles its templates
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        if answer.status_code != 200:
            sys.exit(f"{address} answered {answer.status_code}")
        queries[name], size[name] = len(captured), len(answer.content)
        keeping.get(address)
    wall: dict[str, list[float]] = {name: [] for name in kinds}
    cpu: dict[str, list[float]] = {name: [] for name in kinds}
    kept: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(requests):
        for name, address in kinds.items():
            started, used = time.perf_counter(), time.process_time()
            client.get(address)
            wall[name].append(1000 * (time.perf_counter() - started))
            cpu[name].append(1000 * (time.process_time() - used))
            used = time.process_time()
            keeping.get(address)
            kept[name].append(1000 * (time.process_time() - used))
    heads = f"{'queries':>8}{'wall ms':>9}{'cpu ms':>8}{'kept: cpu ms':>14}{'kB':>7}"
    print(f"{'page (guest)':<20}{heads}   medians of {requests}")
    for name in kinds:
        times = f"{median(wall[name]):>9.1f}{median(cpu[name]):>8.1f}{median(kept[name]):>14.1f}"
        print(f"{name:<20}{queries[name]:>8}{times}{size[name] / 1000:>7.1f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=40, help="measured requests of each page")
    requests = options.parse_args().requests
    from common import embedded

    embedded.start_if_chosen()
    import django

    django.setup()
    measure(requests)


if __name__ == "__main__":
    main()
