"""What a study costs on its way out: milliseconds and bytes for each, by format, citation style and picture.

Run it on any filled database: ``STUDYHALL_MODE=demo python benchmarks/ways_out.py [--studies 2000]``. The open data is
measured by ``manage.py export_library DIR`` itself, which tells rows and bytes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    import django

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    wanted = parser.parse_args().studies
    django.setup()

    from studies.exporting import FORMATS
    from studies.exporting.answering import written
    from studies.exporting.card import draw
    from studies.exporting.citing import STYLES, cited
    from studies.exporting.head import Head
    from studies.exporting.loading import item_of, keywords_of, whole
    from studies.models import Study

    ids = list(Study.objects.order_by("-pk").values_list("pk", flat=True)[:wanted])
    if not ids:
        sys.exit("The database is empty. Load the demo first: bin/demo")
    print(f"{len(ids):,} studies, means of each")
    for kind in FORMATS.values():
        start, cpu = time.perf_counter(), time.process_time()
        size = sum(len(piece.encode()) for piece in written(ids, kind))
        told(kind.name, start, cpu, len(ids), f"{size / len(ids):,.0f} bytes")
    some = whole(ids[:100])
    items = [item_of(study) for study in some]
    for style, about in STYLES.items():
        cited(items[0], style)  # the style's file is read once for each worker
        start, cpu = time.perf_counter(), time.process_time()
        for item in items:
            cited(item, style)
        told(about.name, start, cpu, len(items))
    start, cpu = time.perf_counter(), time.process_time()
    for study in some:
        Head(study, study.authorships_in_order, keywords_of(study), ())
    told("head of the page", start, cpu, len(some))
    start, cpu = time.perf_counter(), time.process_time()
    size = sum(len(draw(study)) for study in some[:20])
    told("picture", start, cpu, len(some[:20]), f"{size / len(some[:20]):,.0f} bytes")


def told(name: str, start: float, cpu: float, count: int, more: str = "") -> None:
    wall, used = time.perf_counter() - start, time.process_time() - cpu
    print(f"{name:20} {wall / count * 1000:7.2f} ms {used / count * 1000:7.2f} ms CPU  {more}")


if __name__ == "__main__":
    main()
