"""Gives every test run a machine of its own: an embedded PostgreSQL in a throw-away folder, and no ``.env``.

A pytest plugin, named with ``-p`` in ``pyproject.toml`` because pytest-django reads the settings before any
``conftest.py``. A ``DATABASE_URL`` in the environment chooses another PostgreSQL. It also finds Chromium: tests marked
``browser`` are skipped without it, and with ``CI=true`` its absence fails the run.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from environs import Env

from common.embedded import DATABASE, Cluster

PREFIX = "studyhall-test-"
OWNER = "owner"  # a file with the process id of the run that the folder belongs to
RUN = "STUDYHALL_TEST_RUN"  # in the environment: the folder of the whole run, which all its processes share
# The first is the same browser without windows and tool bars, at little more than half the processor time.
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
)

# A developer's own .env says nothing about the tests. What the environment itself says stays.
Env.read_env = lambda *arguments, **options: True
os.environ["STUDYHALL_MODE"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"


def find_chromium(*, whole: bool = False) -> str | None:
    """The path of the system's Chromium, or of the browser that ``CHROMIUM`` names; ``whole``: not one without windows."""
    named = os.environ.get("CHROMIUM")
    return next(filter(None, map(shutil.which, [named] if named else BROWSERS[1:] if whole else BROWSERS)), None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Iterator[None]:
    """Start the database before pytest-django reads the settings."""
    if _is_worker():
        _take_folder_of_its_own()
    elif "--help" not in args:
        _remove_forgotten()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        folder.chmod(0o711)  # root's database runs as another account, which must pass through
        (folder / OWNER).write_text(str(os.getpid()))
        early_config.add_cleanup(lambda: _remove(folder))
        os.environ["VAR_DIR"] = os.environ[RUN] = str(folder)  # files that tests write lie there too
        if not os.environ.get("DATABASE_URL"):
            cluster = Cluster(folder / "postgres", fsync=False)
            cluster.start()
            cluster.ensure_database(DATABASE)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """With several processes, make ahead the database that each will copy, while they collect their tests."""
    if not _is_worker() and config.getoption("numprocesses", None) and not config.option.collectonly:
        maker = subprocess.Popen(
            [sys.executable, "-m", "tests.databases"], cwd=config.rootpath, stderr=subprocess.DEVNULL
        )
        config.add_cleanup(maker.wait)  # before the database goes; whoever failed here is told of it by the processes


def pytest_report_header(config: pytest.Config) -> list[str]:
    if _is_worker():
        return []
    database = "the one DATABASE_URL names" if os.environ.get("DATABASE_URL") else "embedded PostgreSQL"
    browser = find_chromium() or "no Chromium found, so browser tests are skipped"
    return [f"database: {database}", f"browser: {browser}"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and find_chromium() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed, and with CI=true browser tests must run.", pytrace=False)
        pytest.skip("Chromium is not installed")


def _is_worker() -> bool:
    """Whether this is one of several processes of a run: the first one has done everything."""
    return "PYTEST_XDIST_WORKER" in os.environ


def _take_folder_of_its_own() -> None:
    """Give this process of several a folder for the files that its tests write: a test that counts them, or looks
    whether one is gone, must not meet those of another. The one database is in it by a link."""
    run = Path(os.environ[RUN])
    own = run / os.environ["PYTEST_XDIST_WORKER"]
    own.mkdir(exist_ok=True)
    if (run / "postgres").exists() and not (own / "postgres").exists():
        (own / "postgres").symlink_to(run / "postgres")
    os.environ["VAR_DIR"] = str(own)


def _remove(folder: Path) -> None:
    Cluster(folder / "postgres").remove()
    shutil.rmtree(folder, ignore_errors=True)


def _remove_forgotten() -> None:
    """Remove what runs left that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, ValueError):
            if folder.lstat().st_uid == os.getuid() and not _lives(int((folder / OWNER).read_text())):
                _remove(folder)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
