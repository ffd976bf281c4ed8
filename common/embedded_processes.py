"""The processes of one embedded PostgreSQL: which live, and how they end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from common.embedded_system import wait_for

NO_SUCH_PID = 2**31 - 2  # above every system's highest process id
STOP_SECONDS = 30  # for a gentle stop; then it is stopped at once
ABORT_SECONDS = 5  # for that; then it is killed


class Processes:
    """The server's processes, known by the data folder they work in: a process id alone may be anybody's."""

    def __init__(self, pgdata: Path) -> None:
        self.pgdata = pgdata
        self.pid_file = pgdata / "postmaster.pid"

    def is_ready(self) -> bool:
        """Whether the server has written down that it takes connections; it may have been killed since."""
        lines = self._lines()
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def postmaster(self) -> int | None:
        """The process id of the living server, whether it is ready or not."""
        lines = self._lines()
        if not lines or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        return pid if self._works_here(pid) else None

    def alive(self) -> list[int]:
        """All living processes of the server, also those a killed one left. Without ``/proc``, only the first."""
        if not _has_proc():
            postmaster = self.postmaster()
            return [] if postmaster is None else [postmaster]
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [pid for pid in pids if self._works_here(pid) and _is_postgres(pid)]

    def stop(self) -> bool:
        """End the server, gently first, and wait until no process is left. Returns whether it ran."""
        ran = self.postmaster() is not None
        # SIGINT ends sessions and writes everything down; SIGQUIT drops all and leaves recovery to the next start.
        for number, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, ABORT_SECONDS)):
            postmaster = self.postmaster()
            if postmaster is not None:
                _signal(postmaster, number)
                wait_for(lambda: self.postmaster() is None, seconds)
        self.kill()
        return ran

    def kill(self) -> None:
        """End whatever still lives, at once."""
        for pid in self.alive():
            _signal(pid, signal.SIGKILL)
        wait_for(lambda: not self.alive(), STOP_SECONDS)

    def disown_pid_file(self) -> None:
        """Make the pid file of a dead server harmless: its number may be another program's by now.

        PostgreSQL needs the file's other lines: by them it makes sure that nothing of the old server is left.
        """
        lines = self._lines()
        if len(lines) >= 7:
            self.pid_file.write_text("\n".join([str(NO_SUCH_PID), *lines[1:]]) + "\n")
        else:
            self.pid_file.unlink(missing_ok=True)

    def _lines(self) -> list[str]:
        try:
            return self.pid_file.read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    def _works_here(self, pid: int) -> bool:
        """Whether the process is alive (not a zombie) and works in our data folder."""
        if _has_proc():
            try:
                return os.readlink(f"/proc/{pid}/cwd") == str(self.pgdata)
            except OSError:
                return False
        ps = ["ps", "-o", "stat=,command=", "-p", str(pid)]
        asked = subprocess.run(ps, capture_output=True, text=True, check=False)
        return not asked.stdout.startswith("Z") and str(self.pgdata) in asked.stdout


def _has_proc() -> bool:
    return Path("/proc/self/cwd").exists()


def _is_postgres(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().startswith("postgres")
    except OSError:
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
