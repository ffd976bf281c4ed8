"""The embedded PostgreSQL: it starts and stops whatever was left behind, for whoever asks, and lets nobody else in."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from common import embedded, embedded_system
from common.embedded import Cluster, EmbeddedDatabaseError
from common.embedded_system import Account

IS_ROOT = os.geteuid() == 0
NOBODY = Account(65534, 65534)
pytestmark = pytest.mark.slow


def remove(folder: Path) -> None:
    for data_dir in {lock.parent for lock in folder.rglob("lock")}:
        Cluster(data_dir).remove()
    shutil.rmtree(folder)


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """An empty folder with a short path that every account may pass through."""
    made = Path(tempfile.mkdtemp(prefix="sh-"))
    made.chmod(0o711)
    yield made
    remove(made)


def run_cluster(folder: Path, fsync: bool = False) -> Cluster:
    made = Cluster(folder / "postgres", fsync=fsync)
    made.start()
    made.ensure_database("studyhall")
    return made


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as made:
        yield made


@pytest.fixture
def cluster(folder: Path) -> Cluster:
    """A running cluster with the site's database, for one test that may break it."""
    return run_cluster(folder)


@pytest.fixture(scope="module")
def shared() -> Iterator[Cluster]:
    """A running cluster with the site's database, for all tests that leave it as it is."""
    with short_folder() as made:
        yield run_cluster(made)


def ask(cluster: Cluster, query: str, user: str = embedded.ROLE) -> tuple[object, ...] | None:
    with psycopg.connect(cluster.connection("studyhall", user), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchone() if cursor.description else None


def postmaster(cluster: Cluster) -> int:
    pid = cluster._processes.postmaster()
    assert pid is not None
    return pid


def kill(cluster: Cluster) -> None:
    os.kill(postmaster(cluster), signal.SIGKILL)
    embedded_system.wait_for(lambda: cluster._processes.postmaster() is None, 5)


def start_elsewhere(data_dir: Path) -> "subprocess.Popen[str]":
    """Start the cluster from a process of its own, which prints whether it was the one."""
    code = "import sys, common.embedded as e; print(e.Cluster(e.Path(sys.argv[1])).start())"
    root = Path(embedded.__file__).resolve().parent.parent
    return subprocess.Popen([sys.executable, "-c", code, str(data_dir)], cwd=root, stdout=subprocess.PIPE, text=True)


class TestStartAndStop:
    def test_keeps_its_data(self, cluster: Cluster) -> None:
        ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert cluster.stop()
        assert not cluster.is_running()
        assert cluster.start()
        assert ask(cluster, "SELECT answer FROM kept") == (42,)

    def test_does_nothing_when_it_runs(self, shared: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
        pid = postmaster(shared)
        monkeypatch.setattr(subprocess, "Popen", None)  # no program is run for it
        assert not shared.start()
        assert postmaster(shared) == pid

    def test_stops_twice(self, cluster: Cluster) -> None:
        assert cluster.stop()
        assert not cluster.stop()

    def test_stops_with_sessions_open(self, cluster: Cluster) -> None:
        with contextlib.closing(psycopg.connect(cluster.connection())) as session:
            session.execute("SELECT 1")
            assert cluster.stop()
        assert cluster._processes.alive() == []

    def test_starts_once_for_four_at_once(self, folder: Path) -> None:
        starters = [start_elsewhere(folder / "postgres") for _ in range(4)]
        assert sorted(starter.communicate(timeout=60)[0].strip() for starter in starters) == ["False"] * 3 + ["True"]
        assert Cluster(folder / "postgres").is_running()

    def test_removes_everything(self, cluster: Cluster) -> None:
        cluster.remove()
        assert not cluster.data_dir.exists()
        assert cluster._processes.alive() == []


class TestAfterAKill:
    def test_has_all_that_was_committed(self, folder: Path) -> None:
        cluster = run_cluster(folder, fsync=True)
        ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
        with contextlib.closing(psycopg.connect(cluster.connection())) as session:
            session.execute("SELECT 1")
            kill(cluster)
            assert not cluster.is_running()
            assert cluster.start()
        assert ask(cluster, "SELECT answer FROM kept") == (42,)

    def test_starts_when_its_process_id_is_anothers_now(self, cluster: Cluster) -> None:
        kill(cluster)
        lines = cluster._processes.pid_file.read_text().splitlines()
        cluster._processes.pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        socket_lock = cluster.socket_dir / ".s.PGSQL.5432.lock"
        socket_lock.write_text(f"{os.getpid()}\n")
        assert not cluster.is_running()
        assert cluster.start()

    def test_starts_when_the_pid_file_is_garbled(self, cluster: Cluster) -> None:
        cluster._processes.pid_file.write_text("\0 nonsense")
        assert cluster.start()
        assert cluster.stop()
        assert cluster._processes.alive() == []

    def test_makes_the_data_anew_when_the_first_run_was_killed(self, folder: Path) -> None:
        cluster = Cluster(folder / "postgres", fsync=False)
        (cluster.data_dir / "cluster.new").mkdir(parents=True)
        (cluster.data_dir / "cluster.new/PG_VERSION").write_text("18")
        assert cluster.start()


class TestPlaces:
    def test_a_path_longer_than_a_socket_may_have(self, folder: Path) -> None:
        data_dir = folder / ("a long name with spaces, 'quotes' and \"more\" " * 3).strip() / "postgres"
        assert len(str(data_dir)) > 120
        cluster = Cluster(data_dir, fsync=False)
        cluster.start()
        cluster.ensure_database("studyhall")
        sockets = cluster.socket_dir
        assert ask(cluster, "SELECT 1") == (1,)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert embedded.settings_for(data_dir, "studyhall")["HOST"] == str(sockets)
        cluster.remove()
        assert not sockets.exists()

    def test_a_copy_of_the_folder_is_a_cluster_of_its_own(self, cluster: Cluster) -> None:
        ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
        ask(cluster, "CHECKPOINT", user=embedded.OWNER)
        copy = Cluster(cluster.data_dir.with_name("copy"), fsync=False)
        subprocess.run(["cp", "-r", cluster.data_dir, copy.data_dir], check=True)
        assert copy.start()
        assert postmaster(copy) != postmaster(cluster)
        assert ask(copy, "SELECT answer FROM kept") == (42,)

    @pytest.mark.skipif(not IS_ROOT, reason="only root runs the server as another account")
    def test_root_keeps_it_elsewhere_when_the_account_cannot_reach_the_folder(self, folder: Path) -> None:
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        cluster = Cluster(closed / "postgres", fsync=False)
        cluster.start()
        cluster.ensure_database("studyhall")
        home = cluster.home
        assert home.is_relative_to(embedded.ROOT_HOME)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert ask(cluster, "SELECT 1") == (1,)
        cluster.remove()
        assert not home.exists()

    @pytest.mark.skipif(not IS_ROOT, reason="only root can become another OS user")
    def test_two_os_users_have_one_each(self, shared: Cluster, folder: Path) -> None:
        if not NOBODY.may_use(embedded.find_programs() / "bin/postgres"):
            pytest.skip("this checkout can only be reached by root")
        theirs = folder / "theirs"
        theirs.mkdir()
        os.chown(theirs, NOBODY.uid, NOBODY.gid)

        def start_and_stop() -> bool:
            own = Cluster(theirs / "postgres", fsync=False)
            return own.start() and own.is_running() and own.stop()

        def enter_ours() -> bool:
            return Cluster(shared.data_dir).is_running()

        assert as_nobody(start_and_stop)
        assert not as_nobody(enter_ours)
        assert shared.is_running()

    def test_a_folder_of_somebody_else_gets_a_sentence(self, folder: Path) -> None:
        if IS_ROOT:
            pytest.skip("root may use every folder")
        with pytest.raises(EmbeddedDatabaseError, match="cannot be used by this OS user"):
            Cluster(Path("/"), fsync=False).start()


def as_nobody(question: Callable[[], bool]) -> bool:
    """Answer the question in a child process that is the OS user nobody."""
    child = os.fork()
    if child == 0:
        answer = False
        try:
            os.setgroups([])
            os.setgid(NOBODY.gid)
            os.setuid(NOBODY.uid)
            answer = question()
        finally:
            os._exit(0 if answer else 1)
    return os.waitpid(child, 0)[1] == 0


class TestTheDatabase:
    def test_is_only_for_this_os_user(self, shared: Cluster) -> None:
        assert stat.S_IMODE(shared.socket_dir.stat().st_mode) == 0o700
        assert ask(shared, "SHOW listen_addresses", user=embedded.OWNER) == ("",)

    def test_sorts_by_code_points_on_every_machine(self, shared: Cluster) -> None:
        facts = "datlocprovider, datlocale, pg_encoding_to_char(encoding)"
        query = f"SELECT {facts} FROM pg_database WHERE datname = current_database()"
        assert ask(shared, query) == ("b", "C.UTF-8", "UTF8")
        assert ask(shared, "SELECT lower('ÄÖÉ')") == ("äöé",)

    def test_is_made_once(self, shared: Cluster) -> None:
        assert not shared.ensure_database("studyhall")
        assert shared.ensure_database("another")

    def test_the_site_signs_in_without_power_over_the_server(self, shared: Cluster) -> None:
        query = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert ask(shared, query) == (False, False, True)

    def test_writes_no_statement_into_its_log(self, shared: Cluster) -> None:
        with pytest.raises(psycopg.Error):
            ask(shared, "SELECT 'a secret of a member'::int")
        assert "secret" not in shared.log.read_text()


class TestStartIfChosen:
    @pytest.fixture(autouse=True)
    def machine(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.setenv("VAR_DIR", str(folder))

    @pytest.fixture
    def without_wheel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(embedded_system, "PACKAGE", "a_package_that_nobody_has")

    def test_starts_and_makes_the_database(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
        embedded.start_if_chosen()
        assert ask(Cluster(folder / "postgres"), "SELECT current_user") == (embedded.ROLE,)

    def test_leaves_it_alone_when_another_is_chosen(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://db.example/studyhall")
        embedded.start_if_chosen()
        assert list(folder.iterdir()) == []

    @pytest.mark.parametrize(
        "words",
        [
            [],
            ["--help"],
            ["migrate", "--help"],
            ["help", "migrate"],
            ["check", "--deploy"],
            ["makemigrations", "--check"],
        ],
    )
    def test_leaves_it_alone_where_no_database_is_needed(
        self, monkeypatch: pytest.MonkeyPatch, folder: Path, words: list[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["manage.py", *words])
        embedded.start_if_chosen()
        assert list(folder.iterdir()) == []

    @pytest.mark.usefixtures("without_wheel")
    def test_ends_with_a_sentence_where_there_is_no_build(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["manage.py", "migrate"])
        with pytest.raises(SystemExit, match="set DATABASE_URL"):
            embedded.start_if_chosen()

    def test_settings_start_nothing(self, folder: Path) -> None:
        settings = embedded.settings_for(folder / "postgres", "studyhall")
        assert settings["NAME"] == "studyhall"
        assert settings["HOST"] == str(folder / "postgres")
        assert list(folder.iterdir()) == []
