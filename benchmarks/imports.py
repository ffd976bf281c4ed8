"""What it costs to import studies: records a second, CPU seconds here and in PostgreSQL, and memory at its highest.

``STUDYHALL_MODE=development VAR_DIR=$(mktemp -d) python benchmarks/imports.py RECORDS.jsonl.gz`` turns normalised
records into a file (``tests/tools/normalised.py``) and imports them into the database that the environment names, which
should be a fresh one: the embedded one of a folder of its own. Runs 2,000 and then 20,000 records, so that memory can
be compared; ``--again`` imports the last file once more, which must write nothing. ``--profile N`` imports N in this
process under cProfile instead and prints where the time goes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TICKS = os.sysconf("SC_CLK_TCK")


def server_cpu() -> float:
    """CPU seconds of the database server and all its processes so far; 0 where it is not on this machine."""
    from django.conf import settings

    pidfile = Path(settings.VAR_DIR) / "postgres" / "cluster" / "postmaster.pid"
    if not pidfile.exists():
        return 0.0
    first = int(pidfile.read_text().split()[0])
    spent = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid, parent = int(stat.parent.name), int(fields[1])
        if pid == first:
            spent += sum(map(int, fields[11:15]))  # its own and that of children which have ended
        elif parent == first:
            spent += int(fields[11]) + int(fields[12])
    return spent / TICKS


def run(path: Path, count: int, arguments: list[str]) -> None:
    before, started = server_cpu(), time.perf_counter()
    process = subprocess.Popen([sys.executable, "manage.py", "import_studies", str(path), *arguments], cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    # The children of the importer are in its sums; peak memory is that of the largest single process.
    ours, theirs = used.ru_utime + used.ru_stime, server_cpu() - before
    print(
        f"{count:>7,} records  {wall:7.1f} s  {count / wall:6.0f}/s   cpu {ours:6.1f} s here, {theirs:6.1f} s in "
        f"PostgreSQL ({count / (ours + theirs) * 2:5.0f}/s on two whole cores)   peak {used.ru_maxrss / 1024:5.0f} MB"
        f"   status {os.waitstatus_to_exitcode(status)}",
        flush=True,
    )


def profile(path: Path) -> None:
    import cProfile
    import pstats

    from studies.importing import opening
    from studies.importing.importing import import_records

    profiler = cProfile.Profile()
    profiler.enable()
    report = import_records((item for _, item in opening.read(path)), "pubmed")
    profiler.disable()
    print(report)
    for order in ("cumulative", "tottime"):
        pstats.Stats(profiler).sort_stats(order).print_stats(45)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("records", type=Path)
    options.add_argument("--names", type=Path, help="printed texts of references (JSON lines, gzipped)")
    options.add_argument("--counts", type=int, nargs="*", default=[2_000, 20_000])
    options.add_argument("--suffix", default="xml", choices=["xml", "json"], help="PubMed XML or CSL-JSON")
    options.add_argument("--again", action="store_true")
    options.add_argument("--profile", type=int, metavar="N")
    given, rest = options.parse_known_args()
    from common import embedded

    embedded.start_if_chosen()
    import django

    django.setup()
    from django.core.management import call_command

    from tests.tools import normalised

    call_command("migrate", verbosity=0)
    texts = normalised.names(given.names) if given.names else {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"records.{given.suffix}"
        for count in [given.profile] if given.profile else given.counts:
            written = normalised.write(normalised.records(given.records, count), path, texts)
            profile(path) if given.profile else run(path, written, rest)
        if given.again:
            run(path, written, rest)


if __name__ == "__main__":
    main()
