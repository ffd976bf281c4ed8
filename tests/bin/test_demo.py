"""``bin/demo`` as a newcomer meets it: what it says when it cannot go on, and one whole run."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from common.embedded import Cluster

DEMO = settings.BASE_DIR / "bin/demo"
READY_SECONDS = 120

pytestmark = pytest.mark.slow


def environment(**variables: str) -> dict[str, str]:
    """A newcomer's environment: nothing of the test run's own settings."""
    ours = {"STUDYHALL_MODE", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL"}
    return {**{key: value for key, value in os.environ.items() if key not in ours}, **variables}


def demo(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(DEMO), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env=environment(**variables)
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program serves on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class TestSentences:
    def test_help_makes_nothing(self, tmp_path: Path) -> None:
        done = demo("--help", VAR_DIR=str(tmp_path / "var"))
        assert done.returncode == 0
        assert {"--port", "--host", "--reset"} <= set(re.findall(r"--\w+", done.stdout))
        assert not (tmp_path / "var").exists()

    def test_a_taken_port(self, taken_port: int) -> None:
        done = demo("--port", str(taken_port))
        assert done.returncode == 1
        assert done.stderr == (
            f"Port {taken_port} is taken: stop the program that serves on it, or choose another --port.\n"
        )

    def test_a_port_that_others_would_share(self) -> None:
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind(("127.0.0.1", 0))
            server.listen()
            done = demo("--port", str(server.getsockname()[1]))
        assert done.returncode == 1
        assert "is taken" in done.stderr

    @pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1", "9" * 5000, "٣"])
    def test_a_port_that_is_none(self, port: str) -> None:
        done = demo(f"--port={port}")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr

    def test_a_host_that_is_not_this_machine(self) -> None:
        done = demo("--host", "192.0.2.1", "--port", str(free_port()))
        assert done.returncode == 1
        assert done.stderr == "192.0.2.1 is no address of this machine: choose another --host.\n"

    def test_no_python_that_is_new_enough(self, tmp_path: Path) -> None:
        old = tmp_path / "python3"
        old.write_text("#!/bin/sh\nexit 1\n")
        old.chmod(0o755)
        done = demo(PATH=str(tmp_path))
        assert done.returncode == 1
        assert done.stderr.startswith("Studyhall needs Python 3.11")
        assert done.stderr.count("\n") == 1

    def test_a_python_without_venv(self, tmp_path: Path) -> None:
        """A copy of the project whose Python can neither use uv nor make environments."""
        for name in ("bin", "requirements.txt"):
            source = settings.BASE_DIR / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
        broken = tmp_path / "broken"
        broken.mkdir()
        (broken / "venv.py").write_text("raise SystemExit('ensurepip is not available')")
        python = tmp_path / "python3"
        python.write_text(f'#!/bin/sh\nexec "{getattr(sys, "_base_executable", sys.executable)}" "$@"\n')
        python.chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", str(tmp_path / "bin/demo"), "--port", str(free_port())],
            capture_output=True,
            text=True,
            check=False,
            env=environment(PATH=str(tmp_path), PYTHONPATH=str(broken)),
        )
        assert done.returncode == 1
        assert "its module venv is missing or incomplete" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_folder_that_cannot_be_used(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        done = demo("--port", str(free_port()), VAR_DIR=str(tmp_path / "file"))
        assert done.returncode == 1
        assert "set VAR_DIR to a folder of your own" in done.stderr
        assert "Traceback" not in done.stderr


class TestOneRun:
    @pytest.fixture
    def var(self, tmp_path: Path) -> Iterator[Path]:
        yield tmp_path / "var"
        Cluster(tmp_path / "var/postgres").remove()

    def test_serves_until_told_to_stop(self, var: Path) -> None:
        port = free_port()
        command = ["/bin/sh", str(DEMO), "--port", str(port)]
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(VAR_DIR=str(var))
        )
        try:
            said = read_until(running, "Ctrl-C stops everything")
            assert f"http://localhost:{port}" in said
            assert {"maren_k", "tobias_h", "ines"} <= set(re.findall(r"\w+", said))
            with urllib.request.urlopen(f"http://localhost:{port}/studies/") as answer:
                assert answer.status == 200
            again = demo("--port", str(free_port()), VAR_DIR=str(var))
            assert again.returncode == 1
            assert "runs already" in again.stderr
        finally:
            running.send_signal(signal.SIGTERM)
            rest, _ = running.communicate(timeout=60)
        assert running.returncode == 0, rest
        assert programs_of(var) == []
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def read_until(running: "subprocess.Popen[str]", words: str) -> str:
    """What the program said, up to the line with the words."""
    said, deadline = "", time.monotonic() + READY_SECONDS
    assert running.stdout
    for line in running.stdout:
        said += line
        if words in line or time.monotonic() > deadline:
            break
    assert words in said, said
    return said


def programs_of(var: Path) -> list[str]:
    """The living programs that were told to use the folder, or work in it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(var) in told:
            found.append((entry / "cmdline").read_text())
    return found
