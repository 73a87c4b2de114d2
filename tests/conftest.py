"""A PostgreSQL for each worker, two roles, and template databases, an empty one and what most tests begin with: a test gets a
rolled-back transaction or a clone of its own. Tables, plan and company are made once a run (`tests.beginning`).

The log refuses TRUNCATE, so nothing here flushes tables.
"""

import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg import sql
from psycopg.conninfo import make_conninfo
from whitenoise.middleware import WhiteNoiseMiddleware

from common.memory import settled
from engine import worlds
from engine.clearance import clear
from hotline_ep.embedded import postgres, valkey
from notifications import bundling
from people.services.turns import duties_follow, duties_locked
from plans.models import PlanVersion
from tests import beginning
from tests.beginning import COMPANY, EMPTY, PLANNED, ROSTERED
from tests.cast import Cast, standing_cast

LONGEST_NAME = 200  # characters of a value
ROOMY = 4 << 30  # bytes; a worker's server takes some 200 MB and a gigabyte of its log at most
# What a test asks for by the name of a fixture → the template that holds it, the fullest first.
HOLDING = {"rostered": ROSTERED, "cast": COMPANY, "fresh_cast": COMPANY, "planned": PLANNED}
# Where tests that roll back look.
SHARED = {EMPTY: "hotline_shared", COMPANY: "hotline_shared_company", ROSTERED: "hotline_shared_rostered"}


def template_for(fixtures: Collection[str]) -> str:
    return next((template for name, template in HOLDING.items() if name in fixtures), EMPTY)


@dataclass(frozen=True)
class TestServer:
    """The run's PostgreSQL; makes and drops databases."""

    __test__ = False

    app_url: str
    owner_url: str
    superuser_url: str
    held: dict[str, psycopg.Connection] = field(default_factory=dict)

    def _does(self, url: str, statement: sql.Composed) -> None:
        """By one connection a role, kept: two new ones for every database would be a quarter of what it takes to make it. They look
        at a database that none is copied from."""
        if url not in self.held or self.held[url].closed:
            self.held[url] = psycopg.connect(make_conninfo(url, dbname="postgres"), autocommit=True)
        self.held[url].execute(statement)

    def owner(self, statement: sql.Composed) -> None:
        self._does(self.owner_url, statement)

    def clone(self, name: str, template: str = EMPTY) -> None:
        names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
        self.owner(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy").format(**names))

    def drop(self, name: str) -> None:
        # As the superuser: autovacuum may be at work in there, and only it may cut that off.
        self._does(self.superuser_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def urls(self, name: str) -> dict[str, str]:
        """The environment of a process that works on this database."""
        return {
            "DATABASE_URL": make_conninfo(self.app_url, dbname=name),
            "OWNER_DATABASE_URL": make_conninfo(self.owner_url, dbname=name),
        }


def cleared_for_letters(name: str, server: TestServer) -> None:
    """Let letters leave a database that is nobody's backup, as the first process to look at it does."""
    beginning.point_to(name, server)
    clear()
    connections.close_all()


def stand_still_longer() -> None:
    """A test's own process may stand still inside a transaction while browsers run beside it; the product's may not."""
    options = connections.settings["default"]["OPTIONS"]
    options["options"] = settings.APP_SESSION + " -c idle_in_transaction_session_timeout=15s"


def roomy_memory() -> Path | None:
    """Where a thousand files are copied for every database of a test's own: in memory where there is plenty, for a busy disk
    takes a second for what takes a tenth of one there."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= ROOMY
    return memory if roomy else None


def static_files_listed_once() -> None:
    """Every client of a test makes the whole stack anew, and the static files were read with each: a third of many a test."""
    listed: dict[str, Any] = {}
    read = WhiteNoiseMiddleware.add_files_from_finders

    def add(self: WhiteNoiseMiddleware) -> None:
        if not listed:
            read(self)
            listed.update(self.files)
        self.files.update(listed)

    WhiteNoiseMiddleware.add_files_from_finders = add


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-room", action="store_true", help="compare how tables are made in every room (make oldest)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The one process that starts the others keeps the folder of what all of them begin with."""
    if beginning.FOLDER not in os.environ:
        os.environ[beginning.FOLDER] = tempfile.mkdtemp(prefix="hotline-begun-", dir=roomy_memory())
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(beginning.FOLDER)))
    static_files_listed_once()
    gc.disable()  # what is collected stays to the end; looking through it anew and anew is a sixth of the collecting


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Thousands of tests and all of Django are never looked through again, as little as in a process of the product."""
    gc.enable()
    settled()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, so that in the end no worker is left alone with it. The faults, which are asked how late
    things are, come after the others of these."""
    items.sort(key=lambda item: 2 if not item.get_closest_marker("long") else int("processes" in item.keywords))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """What is tried is named by its case and not by a whole plan: names go from process to process with every report."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


@pytest.fixture(scope="session")
def database_server(django_db_blocker: Any) -> Iterator[TestServer]:
    stand_still_longer()
    with django_db_blocker.unblock():
        os.environ[postgres.BEGUN_VARIABLE] = str(beginning.home())
    with postgres.disposable(within=roomy_memory()) as server:
        made = TestServer(
            app_url=server.app_url, owner_url=server.owner_url, superuser_url=server.superuser_url("template1")
        )
        yield made
        for held in made.held.values():
            held.close()


@dataclass
class Here:
    """Which database a test that rolls back is to look at; the server, once it runs."""

    server: TestServer | None = None
    wanted: str = SHARED[EMPTY]


HERE = Here()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture opens a transaction: whoever asks for the cast finds it standing."""
    HERE.wanted = SHARED.get(template_for(getattr(item, "fixturenames", ())), SHARED[EMPTY])
    if HERE.server is not None and connection.settings_dict["NAME"] != HERE.wanted:
        beginning.point_to(HERE.wanted, HERE.server)


@pytest.fixture(scope="session")
def django_db_setup(database_server: TestServer, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: work as the application's role."""
    settings.DATABASE_URL, settings.OWNER_DATABASE_URL = database_server.app_url, database_server.owner_url
    with django_db_blocker.unblock():
        for template, shared in SHARED.items():
            database_server.clone(shared, template)
            cleared_for_letters(shared, database_server)
        HERE.server = database_server
        beginning.point_to(HERE.wanted, database_server)
        yield
        connections.close_all()


@pytest.fixture
def fresh_db(
    request: pytest.FixtureRequest, database_server: TestServer, django_db_setup: None, django_db_blocker: Any
) -> Iterator[str]:
    """A database of the test's own, for real commits, several connections and other processes; yields its name."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    database_server.clone(name, template_for(request.fixturenames))
    with django_db_blocker.unblock():
        cleared_for_letters(name, database_server)
        yield name
        connections.close_all()
        beginning.point_to(HERE.wanted, database_server)
    database_server.drop(name)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Any]:
    with valkey.disposable() as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_near_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real world has one number in every database; a test would read what another's was near to."""
    monkeypatch.setattr("dashboard.home.NEAR_SECONDS", 0.0)


@pytest.fixture
def cast(db: None) -> Cast:
    """The practice company inside the test's rolled-back transaction, which on a busy machine may pause for long."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '60s'")
    return standing_cast()


@pytest.fixture
def fresh_cast(fresh_db: str) -> Cast:
    """The practice company in a database of the test's own, committed."""
    return standing_cast()


@pytest.fixture
def rostered(cast: Cast) -> None:
    """The practice company with its duty roster, followed up to now: a shift may have changed since the run began."""
    with transaction.atomic():
        duties_follow(duties_locked(), worlds.now(worlds.real()))


@pytest.fixture
def planned(fresh_db: str) -> PlanVersion:
    """The plan that ships in force, in a database of the test's own where nobody is yet."""
    return PlanVersion.objects.get()


@pytest.fixture
def each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message is a letter of its own, and the same is said as often as it is sent."""
    monkeypatch.setenv(bundling.WAIT, "0")
    monkeypatch.setenv(bundling.SAME, "0")
