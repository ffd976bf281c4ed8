"""What reading files costs alone, without the library: records a second of CPU time, and the process's peak of memory.

Run it on any files that can be imported: ``python benchmarks/reading.py FILE…``. Each is read in a process of its own.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STUDYHALL_MODE", "test")


def measure(name: str) -> str:
    import django

    django.setup()
    from studies.importing import opening
    from studies.importing.record import Refusal

    path = Path(name)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    kinds: Counter[str] = Counter()
    refused = 0
    for kind, item in opening.read(path):
        kinds[kind] += 1
        refused += isinstance(item, Refusal)
    seconds = time.process_time() - start
    count = sum(kinds.values())
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    return (
        f"{path.name}: {count:,} records ({', '.join(filter(None, kinds))}), {refused:,} refused, "
        f"{count / seconds:,.0f} and {path.stat().st_size / seconds / 1e6:,.1f} MB a second, {peak} MB more memory"
    )


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with get_context("spawn").Pool(1) as pool:
            print(pool.apply(measure, (name,)), flush=True)
