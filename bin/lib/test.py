"""What ``bin/test`` runs: makes the environment with the tools for tests, then starts pytest with its arguments."""

import os
import sys

import environment

WORKERS = min(4, os.cpu_count() or 1)
# Given any of these, the caller has said how many processes there should be, or wants to talk to one.
ALONE = ("-n", "--numprocesses", "no:xdist", "-pno:xdist", "--pdb", "--trace", "--collect-only", "--co", "--help", "-h")


def main() -> None:
    environment.run_in_environment(__file__, development=True)
    os.chdir(environment.ROOT)
    arguments = sys.argv[1:]
    chosen = any(word.startswith(ALONE[:2]) or word in ALONE or "::" in word for word in arguments)
    # Each process is given files in a row, so that what a file makes once is made once; at the end they share.
    workers = [] if chosen or WORKERS == 1 else ["-n", str(WORKERS), "--dist", "worksteal"]
    # The same order and the same draws each time, so that a red run is a fault of what was changed.
    anew = os.environ.get("DRAWS_ANEW") or any("randomly" in word for word in arguments)
    order = [] if anew else ["--randomly-seed=1"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *order, *arguments])  # noqa: S606 -- our own interpreter


if __name__ == "__main__":
    main()
