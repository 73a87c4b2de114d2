"""PostgreSQL and Valkey: started, stopped, killed, left behind, side by side, in a path with spaces."""

import os
import select
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from kombu import Connection

from hotline_ep.embedded import postgres, sockets, valkey
from hotline_ep.embedded.child import StartFailed, occupants
from hotline_ep.embedded.confinement import PLAIN, stepping_down

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    folder = sockets.private_folder()
    yield folder
    sockets.discard(folder)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Longer than a socket's path may be, with spaces and a quote."""
    folder = tmp_path / "a clone's path with spaces" / ("long " * 20).strip()
    folder.mkdir(parents=True)
    return folder


@contextmanager
def database(home: Path, socket_folder: Path, **options: object) -> Iterator[postgres.Server]:
    server = postgres.Server(home, socket_folder=socket_folder, log=home / "pg.log", disposable=True, **options)  # type: ignore[arg-type]
    try:
        server.start()
        yield server
    finally:
        server.stop()


def start_parent(role: str, home: Path, socket_folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A parent process of its own, and the pid of what it started."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.house.parents", role, str(home), str(socket_folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def ended_within(pidfd: int, seconds: float) -> bool:
    """Whether the process behind a pidfd ends in time; the kernel tells, nobody polls."""
    readable, _, _ = select.select([pidfd], [], [], seconds)
    os.close(pidfd)
    return bool(readable)


def test_the_application_may_change_rows_and_nothing_else(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder) as server:
        with psycopg.connect(server.owner_url) as owner:
            owner.execute("CREATE TABLE ledger (id int)")
        with psycopg.connect(server.app_url, autocommit=True) as app:
            app.execute("INSERT INTO ledger VALUES (1)")
            for forbidden in (
                "TRUNCATE ledger",
                "CREATE TABLE mine (id int)",
                "ALTER TABLE ledger ADD COLUMN more int",
                "DROP TABLE ledger",
                "CREATE ROLE other",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(forbidden)
            assert app.execute("SELECT id FROM ledger").fetchall() == [(1,)]


def test_a_database_made_for_a_test_has_the_same_law(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder) as server:
        with psycopg.connect(server.owner_url, autocommit=True) as owner:
            owner.execute("CREATE DATABASE another")
        with psycopg.connect(server.owner_url.replace("/hotline?", "/another?")) as owner:
            owner.execute("CREATE TABLE ledger (id int generated always as identity)")
        with psycopg.connect(server.app_url.replace("/hotline?", "/another?")) as app:
            app.execute("INSERT INTO ledger DEFAULT VALUES")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("TRUNCATE ledger")


def test_trigrams_of_chinese_are_not_empty(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder) as server, psycopg.connect(server.owner_url) as owner:
        owner.execute("CREATE EXTENSION pg_trgm")
        row = owner.execute("SELECT cardinality(show_trgm('客户服务')), current_setting('server_encoding')").fetchone()
        assert row == (5, "UTF8")


def test_no_password_no_entrance(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder) as server:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=str(socket_folder), user=postgres.SUPERUSER, dbname="hotline", password="guess")
        with psycopg.connect(server.superuser_url()) as db:
            assert db.execute("SHOW listen_addresses").fetchone() == ("",)


def test_what_we_write_is_ours_alone(home: Path, socket_folder: Path) -> None:
    rights_of_parent = stat.S_IMODE(home.parent.stat().st_mode)
    with database(home, socket_folder):
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "credentials.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
        assert (home / "data").stat().st_uid == os.geteuid()
        assert stat.S_IMODE(home.parent.stat().st_mode) == rights_of_parent


def test_a_second_start_keeps_everything(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder) as server, psycopg.connect(server.owner_url) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    with database(home, socket_folder) as server, psycopg.connect(server.app_url) as app:
        assert app.execute("SELECT seven FROM kept").fetchall() == [(7,)]


def test_a_half_made_cluster_is_made_again(home: Path, socket_folder: Path) -> None:
    (home / "data.new" / "base").mkdir(parents=True)
    with database(home, socket_folder) as server:
        assert server.ready()


def test_lost_credentials_are_not_replaced_by_new_ones(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder):
        pass
    (home / "credentials.json").unlink()
    with pytest.raises(StartFailed, match="Restore it"):
        postgres.Server(home, socket_folder=socket_folder, log=home / "pg.log").start()


def test_data_of_another_release_is_left_alone(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder):
        pass
    (home / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(StartFailed, match="made by PostgreSQL 12"):
        postgres.Server(home, socket_folder=socket_folder, log=home / "pg.log").start()


def test_a_pid_file_that_names_somebody_else_stops_nobody(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder):
        pass
    (home / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{home / 'data'}\n1\n5432\n{socket_folder}\n\n0 0\n")
    with database(home, socket_folder) as server:
        assert server.ready()


@pytest.mark.parametrize("role", ["database", "broker", "sleeper"])
def test_children_die_with_a_killed_parent(role: str, home: Path, socket_folder: Path) -> None:
    parent, child = start_parent(role, home, socket_folder)
    watched = os.pidfd_open(child)
    kill(parent)
    assert ended_within(watched, 20)
    assert occupants(home / "data", "postgres") == occupants(home, "valkey-server") == []


def test_a_killed_parent_leaves_a_database_that_starts(home: Path, socket_folder: Path) -> None:
    parent, _ = start_parent("database", home, socket_folder)
    kill(parent)
    with database(home, socket_folder) as server:
        assert server.ready()


def test_an_orphan_that_still_runs_is_ended_first(home: Path, socket_folder: Path) -> None:
    parent, orphan = start_parent("database", home, socket_folder)
    try:
        with database(home, socket_folder) as server:  # as if the first parent's wish had not been heard
            assert server.ready()
            assert server.child is not None
            assert occupants(home / "data", "postgres").count(orphan) == 0
    finally:
        kill(parent)


def test_two_clones_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.BEGUN_VARIABLE, raising=False)  # copies of one have its passwords
    with (
        postgres.disposable() as one,
        postgres.disposable() as two,
        valkey.disposable() as three,
        valkey.disposable() as four,
    ):
        assert all(server.ready() for server in (one, two, three, four))
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(one.app_url.split("@")[0] + "@" + two.app_url.split("@")[1])


def test_without_namespaces_root_steps_down_to_another_user(tmp_path: Path, socket_folder: Path) -> None:
    confinement = stepping_down() if os.geteuid() == 0 else PLAIN  # a plain user is already who the server may be
    closed = tmp_path / "closed like the home of root"
    closed.mkdir(mode=0o700)
    with database(closed, socket_folder, confinement=confinement) as server:
        with psycopg.connect(server.owner_url) as owner:
            owner.execute("CREATE TABLE t AS SELECT 1 AS one")
        assert (closed / "data").stat().st_uid != 0
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_valkey_serves_every_client_we_use(home: Path, socket_folder: Path) -> None:
    server = valkey.Server(home, socket_folder=socket_folder, log=home / "valkey.log")
    server.start()
    try:
        with redis.Redis.from_url(server.url) as client:
            client.set("bell", "rung")
            assert client.get("bell") == b"rung"
        kombu_url = server.url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        with Connection(kombu_url) as connection:
            queue = connection.SimpleQueue("q")
            queue.put("ding")
            assert queue.get(timeout=5).payload == "ding"
            queue.close()
    finally:
        server.stop()
    assert not server.ready()


def test_an_open_session_does_not_hold_up_the_end(home: Path, socket_folder: Path) -> None:
    with database(home, socket_folder) as server, psycopg.connect(server.app_url):
        assert server.child is not None
        watched = os.pidfd_open(server.child.pid)
        server.child.ask_to_end()
        assert ended_within(watched, 10)
    assert "received fast shutdown request" in (home / "pg.log").read_text()
