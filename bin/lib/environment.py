"""Makes ``.venv`` and installs the locked packages into it. Needs only Python's own library."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
UV = Path(__file__).with_name("uv.txt")
STAMP = "studyhall.json"  # inside the environment: what was installed into it

PROBE = """
import importlib.util, sys
sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 14) and all(map(importlib.util.find_spec, sys.argv[1:]))))
"""
PACKAGES = ("django", "psycopg", "granian", "procrastinate")


def run_in_environment(script: str, development: bool = False) -> None:
    """Go on in the environment's Python: returns when this process is it, else replaces this process.

    ``script`` is the file to run there, with the arguments of this process; ``development`` adds the tools for tests.
    """
    python = ensure(development)
    if Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), script, *sys.argv[1:]])  # noqa: S606 -- our own interpreter


def ensure(development: bool = False) -> Path:
    """Return the Python of an environment that holds the locked packages; make or mend it where it does not."""
    wanted = [RUNTIME, DEVELOPMENT] if development else [RUNTIME]
    venv = ROOT / ".venv"
    if is_ready(venv, wanted):
        return python_of(venv)
    if not os.access(ROOT, os.W_OK):
        var = os.environ.get("VAR_DIR") or give_up(
            f"{ROOT} cannot be written to by this OS user: set VAR_DIR to a folder of your own and run it again."
        )
        venv = Path(var).resolve() / ".venv"
    venv.parent.mkdir(parents=True, exist_ok=True)
    with locked(venv.parent):
        if not is_ready(venv, wanted):
            make(venv, wanted)
    return python_of(venv)


def python_of(venv: Path) -> Path:
    return venv / "bin/python"


def is_ready(venv: Path, wanted: list[Path]) -> bool:
    """Whether the environment works and holds what the wanted files lock."""
    try:
        installed = json.loads((venv / STAMP).read_text())
    except (OSError, ValueError):
        return False
    if any(installed.get(file.name) != fingerprint(file) for file in wanted):
        return False
    return works(venv, *PACKAGES, *(["pytest"] if DEVELOPMENT in wanted else []))


def works(venv: Path, *packages: str) -> bool:
    """Whether the environment's Python is one we run on, still starts (it may be gone) and finds the packages."""
    try:
        return quiet([python_of(venv), "-c", PROBE, *packages]).returncode == 0
    except OSError:
        return False


def fingerprint(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def make(venv: Path, wanted: list[Path]) -> None:
    """Make the environment where there is none that starts, and install the last of the wanted files."""
    file = wanted[-1]  # the larger one holds all of the smaller
    first = not (venv / STAMP).exists()
    print(f"Installing Python packages into {shown(venv)}{' (only the first time)' if first else ''} …", flush=True)
    complaints = []
    for way in (with_uv, with_pip):
        complaint = way(venv, file)
        if not complaint:
            break
        complaints.append(complaint)
    else:
        give_up(f"The Python packages could not be installed.\n{complaints[-1]}")
    (venv / STAMP).write_text(json.dumps({file.name: fingerprint(file) for file in wanted}, indent=1))


def with_uv(venv: Path, file: Path) -> str:
    """Install with the uv that is on the PATH; return what went wrong, or nothing."""
    uv = shutil.which("uv")
    if uv is None or quiet([uv, "--version"]).returncode:
        return "uv is not installed."
    if not works(venv):
        clear(venv)
        made = quiet([uv, "venv", "--quiet", "--no-project", "--python", base_python(), venv])
        if made.returncode:
            return last_lines(made)
    return install_with(uv, venv, file)


def with_pip(venv: Path, file: Path) -> str:
    """Install with Python's own tools, and with uv as soon as they have fetched it: it is much faster."""
    if not works(venv) or quiet([python_of(venv), "-m", "pip", "--version"]).returncode:
        clear(venv)
        made = quiet([base_python(), "-m", "venv", venv])
        if made.returncode:
            clear(venv)
            give_up(
                f"This Python ({base_python()}) cannot make virtual environments, because its module venv is missing "
                "or incomplete: install it (on Debian and Ubuntu: apt install python3-venv), or install uv."
            )
    pip = [python_of(venv), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if quiet([*pip, "-r", UV]).returncode == 0 and not install_with(str(venv / "bin/uv"), venv, file):
        return ""
    return last_lines(quiet([*pip, "-r", file]))


def install_with(uv: str, venv: Path, file: Path) -> str:
    command = [uv, "pip", "install", "--quiet", "--python", python_of(venv), "--require-hashes", "-r", file]
    return last_lines(quiet([*command, *([] if has_cache() else ["--no-cache"])]))


def clear(venv: Path) -> None:
    """Remove an environment that does not work; leave alone what is none."""
    if venv.is_symlink() or (venv.exists() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists()):
        give_up(f"{venv} is in the way and is no virtual environment of ours: move it away first.")
    shutil.rmtree(venv, ignore_errors=True)


def base_python() -> str:
    """The Python that this one was made from, which stays when the environment is removed."""
    return getattr(sys, "_base_executable", None) or sys.executable


def has_cache() -> bool:
    """Whether uv can keep what it downloads: an OS user may have no home folder."""
    if os.environ.get("UV_CACHE_DIR"):
        return True
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def quiet(command: list[Any]) -> subprocess.CompletedProcess[str]:
    """Run a program from the root folder without showing what it says."""
    # A Python of its own: no other environment, no other folder to import from.
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "VIRTUAL_ENV")}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    words = [str(word) for word in command]
    return subprocess.run(words, cwd="/", capture_output=True, text=True, check=False, env=environment)


def last_lines(done: subprocess.CompletedProcess[str]) -> str:
    """What a failed program said last; nothing when it did not fail."""
    if done.returncode == 0:
        return ""
    return "\n".join((done.stderr or done.stdout or "It said nothing.").strip().splitlines()[-8:])


def shown(path: Path) -> str:
    """The path as a person at the root folder would write it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time work on the environment of the folder."""
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def give_up(sentence: str) -> NoReturn:
    raise SystemExit(sentence)
