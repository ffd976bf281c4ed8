"""The demo while it runs: its database, its web server and its job worker, started together and stopped together."""

import contextlib
import ctypes
import fcntl
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

from environs import Env

from common.embedded import DATABASE, Cluster, EmbeddedDatabaseError

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 60
STOP_SECONDS = 10
EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 -- only when --host says so
BACKPRESSURE = 256  # requests that one worker holds; more wait in the system's queue


class Stopped(BaseException):
    """Somebody asked the demo to end."""


class Failed(Exception):
    """The demo cannot go on; the message is what a person should read."""


class Demo:
    """The demo community of one ``VAR_DIR``, served on one host and port."""

    def __init__(self, host: str, port: int) -> None:
        Env().read_env(ROOT / ".env", recurse=False)
        self.host, self.port = host, port
        self.var = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
        self.logs = self.var / "log"
        self.state = self.var / "demo.json"
        self.url = f"http://{'localhost' if host in EVERY_ADDRESS else _in_url(host)}:{port}"
        self.cluster = None if os.environ.get("DATABASE_URL") else Cluster(self.var / "postgres")
        self.owns_database = False
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, reset: bool) -> int:
        """Serve until asked to stop; return the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            with self._alone():
                try:
                    self._serve(reset)
                finally:
                    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                        signal.signal(number, signal.SIG_IGN)
                    self._stop()
        except Stopped:
            say("Stopped.")
            return 0
        except (Failed, EmbeddedDatabaseError) as error:
            say(str(error), sys.stderr)
            return 1
        return 0

    # ── Starting ─────────────────────────────────────────────────────────────────────────────────

    def _serve(self, reset: bool) -> None:
        began = time.monotonic()
        if reset:
            self._reset()
        self._start_database()
        self._prepare()
        self._start("web server", "web.log", self._granian())
        self._start("job worker", "jobs.log", self._manage("procrastinate", "worker", "--concurrency", "3"))
        self._await_answer()
        self._welcome(time.monotonic() - began)
        while True:
            self._require_children()
            self._require_database()
            time.sleep(0.25)

    def _reset(self) -> None:
        if self.cluster is None:
            raise Failed("--reset deletes only the embedded database, and DATABASE_URL chooses another one.")
        say("Deleting the demo's data …")
        self.cluster.remove()
        for name in ("media", "mail", "log"):
            shutil.rmtree(self.var / name, ignore_errors=True)
        self.state.unlink(missing_ok=True)

    def _start_database(self) -> None:
        if self.cluster is None:
            say("Using the database that DATABASE_URL names.")
            return
        # A demo that was killed has left its database running: it is this one's to stop.
        running = self.cluster.is_running()
        self.owns_database = not running or self.state.exists()
        if self.owns_database:
            self.state.write_text(json.dumps({"database": "started by the demo"}))
        if not running:
            say("Starting the database …")
            self.cluster.start()
        self.cluster.ensure_database(DATABASE)

    def _prepare(self) -> None:
        """Bring tables, community and static files up to date; the last two at the same time."""
        self.logs.mkdir(parents=True, exist_ok=True)
        sign_ins = self.logs / "sign-ins.txt"
        stamp, fingerprint = self.var / "static.stamp", self._static_fingerprint()
        static = None
        if not stamp.exists() or stamp.read_text() != fingerprint or not (self.var / "static").is_dir():
            static = self._start("static files", "static.log", self._manage("collectstatic", "--noinput", "-v0"))
        python = [sys.executable, str(Path(__file__).with_name("prepare_demo.py")), str(sign_ins)]
        prepared = self._start("preparation", None, python)
        if prepared.wait():
            raise Failed("The demo's data could not be prepared: the reason stands above.")
        if static is not None:
            if static.wait():
                raise Failed(f"The static files could not be prepared:\n{self._last_lines('static.log')}")
            stamp.write_text(fingerprint)
        self.children.clear()

    def _static_fingerprint(self) -> str:
        """Changes when any file that is served as it is may have changed."""
        files = [ROOT / "requirements.txt", ROOT / "config/settings.py", *(ROOT / "static").rglob("*")]
        facts = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(files) if file.is_file()]
        return hashlib.sha256(repr(facts).encode()).hexdigest()

    def _granian(self) -> list[str]:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        address = "127.0.0.1" if self.host == "localhost" else self.host
        return [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", address, "--port", str(self.port)),
            *("--workers", str(cores), "--blocking-threads", "1", "--backpressure", str(BACKPRESSURE)),
            *("--no-ws", "--workers-kill-timeout", "5", "config.wsgi:application"),
        ]

    def _manage(self, *arguments: str) -> list[str]:
        return [sys.executable, "manage.py", *arguments]

    def _start(self, name: str, log: str | None, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a program of the demo; what it says goes to the log, or is shown when there is none."""
        output: IO[bytes] | None = (self.logs / log).open("wb") if log else None
        with output or contextlib.nullcontext():
            child = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,  # Ctrl-C reaches only us, and we end them in order
                preexec_fn=_end_with_parent,  # safe: we have one thread
            )
        self.children[name] = child
        return child

    def _environment(self) -> dict[str, str]:
        environment = {**os.environ, "STUDYHALL_MODE": "demo", "DJANGO_SETTINGS_MODULE": "config.settings"}
        environment |= {"VAR_DIR": str(self.var), "SITE_URL": self.url, "SECRET_KEY": self._secret_key()}
        environment["ALLOWED_HOSTS"] = ",".join(self._names())
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else every program of ours compiles Django again
        return environment

    def _names(self) -> list[str]:
        """What a browser may call us."""
        names = ["localhost", "127.0.0.1", "[::1]"]
        if self.host != "localhost":
            names += [_in_url(self.host), socket.gethostname(), *_addresses()]
        return list(dict.fromkeys(names))

    def _secret_key(self) -> str:
        """This demo's own key, made at its first run."""
        path = self.var / "secret-key"
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
        return path.read_text()

    # ── While it runs ────────────────────────────────────────────────────────────────────────────

    def _await_answer(self) -> None:
        """Wait until a page comes."""
        deadline = time.monotonic() + READY_SECONDS
        status = 0
        while not 0 < status < 500:
            self._require_children()
            if time.monotonic() > deadline:
                problem = f"answers {status}" if status else "gives no answer"
                raise Failed(f"The web server {problem}. It said last:\n{self._last_lines('web.log')}")
            time.sleep(0.1)
            with contextlib.suppress(OSError, http.client.HTTPException):
                status = self._ask()

    def _ask(self) -> int:
        address = "127.0.0.1" if self.host in ("localhost", *EVERY_ADDRESS) else self.host
        connection = http.client.HTTPConnection(address, self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", "/", headers={"Host": f"localhost:{self.port}"})
            return connection.getresponse().status

    def _require_children(self) -> None:
        for name, child in self.children.items():
            code = child.poll()
            if code is not None:
                log = {"web server": "web.log", "job worker": "jobs.log"}[name]
                raise Failed(f"The {name} ended by itself ({_ending(code)}). It said last:\n{self._last_lines(log)}")

    def _require_database(self) -> None:
        if self.cluster and not self.cluster.is_running():
            raise Failed(f"The database ended by itself; {self.cluster.log} tells more.")

    def _last_lines(self, log: str) -> str:
        text = (self.logs / log).read_text(errors="replace").strip()
        return "\n".join(text.splitlines()[-20:]) or "nothing."

    def _welcome(self, seconds: float) -> None:
        sign_ins = (self.logs / "sign-ins.txt").read_text().strip()
        say(
            f"\nThe demo community is ready, after {seconds:.0f} s:\n\n    {self.url}\n\n"
            f"Sign in as\n{_indented(sign_ins)}\n\n"
            "Next steps\n"
            f"    1. Read a study at {self.url}/studies/pmid/21383913 and follow “Discuss this study”.\n"
            f"    2. Sign up as somebody new: the mail with the code lands at {self.url}/demo/mail/.\n"
            f"    3. Sign in as the admin and open the moderators’ desk at {self.url}/admin/.\n\n"
            f"Ctrl-C stops everything; the data stays in {self.var}.\n"
        )
        if self.host not in ("localhost", "127.0.0.1", "::1"):
            names = [f"http://{name}:{self.port}" for name in self._names()[3:] if name not in EVERY_ADDRESS]
            say(f"Others reach it at {' or '.join(names)}: anyone can sign in with the passwords above.\n")

    # ── Stopping ─────────────────────────────────────────────────────────────────────────────────

    def _stop(self) -> None:
        """End every program of ours, then the database when it was ours to start."""
        for child in self.children.values():
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            _signal(child, signal.SIGKILL)  # and whatever it started and left
            child.wait()
        if self.cluster and self.owns_database:
            self.cluster.stop()
            self.state.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the demo's lock; the system lets go of it however we end."""
        try:
            self.var.mkdir(parents=True, exist_ok=True)
            lock = (self.var / "demo.lock").open("a+")
        except OSError as error:
            raise Failed(
                f"{self.var} cannot be used ({error.strerror}): set VAR_DIR to a folder of your own."
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                where = lock.read().strip() or "starting"
                raise Failed(f"The demo of {self.var} runs already ({where}): stop it first, or set VAR_DIR.") from None
            lock.truncate(0)
            lock.write(self.url)
            lock.flush()
            yield


def say(text: str, file: Any = None) -> None:
    """Print, unless the terminal is gone."""
    with contextlib.suppress(OSError):
        print(text, file=file, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _end_with_parent() -> None:
    """In a new child: be told to end when the demo is killed without a chance to tell (Linux only)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the child and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _addresses() -> list[str]:
    """The addresses by which others may reach this machine."""
    found: list[str] = []
    with contextlib.suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)]
    # The address that a packet to elsewhere would leave from; a UDP socket sends none to find out.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found.append(probe.getsockname()[0])
    return [_in_url(address) for address in found if not address.startswith("127.")]


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
