"""What share of real posts the lens would have moderators read first, how fast, and some of them to judge by eye.

python benchmarks/lens.py posts.jsonl.gz [how many to show of each badge]

A line of the file is an object with "title" and "body". Nothing of it is kept.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STUDYHALL_MODE", "test")

AROUND = 60  # characters shown on both sides of what was found


def main(path: Path, shown: int) -> None:
    import django

    django.setup()
    from moderation import lens

    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = [f"{row.get('title') or ''}\n{row.get('body') or ''}" for row in rows]
    lens.look.cache_clear()
    began = time.perf_counter()
    looked = [lens.look.__wrapped__(text) for text in texts]
    each = (time.perf_counter() - began) / len(texts) * 1000
    counts = Counter(badge for concern in looked for badge in concern.badges)
    print(f"{len(texts):,} texts, {each:.2f} ms each")
    for badge, number in counts.items():
        print(f"  {badge}: {number} ({number / len(texts):.2%})")
    draw = random.Random(5)
    for badge in counts:
        flagged = [text for text, concern in zip(texts, looked, strict=True) if badge in concern.badges]
        print(f"\n{badge}:")
        for text in draw.sample(flagged, min(shown, len(flagged))):
            print("-", " … ".join(lens.found_in(text, AROUND))[:300])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 25)
