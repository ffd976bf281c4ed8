"""What a file made to do harm costs its reader: memory, processor seconds, and the same beside a yardstick.

``STUDYHALL_MODE=test python benchmarks/hostile_files.py``. A file may cost 64 MB and 3 seconds of a quiet machine
(docs/security.md). On a busy machine seconds grow dear; then the yardstick's have grown too, and their ratio stays.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.tools.hostile import FILES, make, measuring
from tests.tools.yardstick import yardstick


def main() -> None:
    print(f"the yardstick took {yardstick():.3f} s")
    with tempfile.TemporaryDirectory() as folder, measuring() as cost:
        for name in FILES:
            spent = cost(make(Path(folder) / "x", name))
            print(
                f"{name:30}{spent.megabytes:4} MB{spent.seconds:7.2f} s{spent.yardsticks:7.1f} yardsticks", flush=True
            )


if __name__ == "__main__":
    main()
