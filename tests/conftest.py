"""One PostgreSQL for the run, two roles, and a template database: a test gets a rolled-back transaction or a clone of its own.

The log refuses TRUNCATE, so nothing here flushes tables.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hotline_ep.embedded import postgres, valkey
from tests.cast import Cast, assemble

TEMPLATE, SHARED = "hotline_template", "hotline_shared"


@dataclass(frozen=True)
class TestServer:
    """The run's PostgreSQL; makes and drops databases."""

    __test__ = False

    app_url: str
    owner_url: str
    superuser_url: str

    def owner(self, statement: sql.Composed) -> None:
        with psycopg.connect(make_conninfo(self.owner_url, dbname="template1"), autocommit=True) as db:
            db.execute(statement)

    def clone(self, name: str) -> None:
        names = {"name": sql.Identifier(name), "template": sql.Identifier(TEMPLATE)}
        self.owner(sql.SQL("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy").format(**names))

    def drop(self, name: str) -> None:
        # As the superuser: autovacuum may be at work in there, and only it may cut that off.
        with psycopg.connect(self.superuser_url, autocommit=True) as db:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def urls(self, name: str) -> dict[str, str]:
        """The environment of a process that works on this database."""
        return {
            "DATABASE_URL": make_conninfo(self.app_url, dbname=name),
            "OWNER_DATABASE_URL": make_conninfo(self.owner_url, dbname=name),
        }


def point_to(name: str, server: TestServer) -> None:
    """Let both aliases of this process look at another database."""
    for alias, url in (("default", server.app_url), ("owner", server.owner_url)):
        parts = conninfo_to_dict(url)
        connections[alias].close()
        connections.settings[alias].update(
            NAME=name, USER=parts["user"], PASSWORD=parts["password"], HOST=parts["host"], PORT=""
        )


@pytest.fixture(scope="session")
def database_server() -> Iterator[TestServer]:
    with postgres.disposable() as server:
        yield TestServer(
            app_url=server.app_url, owner_url=server.owner_url, superuser_url=server.superuser_url("template1")
        )


@pytest.fixture(scope="session")
def django_db_setup(database_server: TestServer, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: migrate a template once as the owner, then work as the application's role."""
    settings.DATABASE_URL, settings.OWNER_DATABASE_URL = database_server.app_url, database_server.owner_url
    database_server.owner(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    with django_db_blocker.unblock():
        point_to(TEMPLATE, database_server)
        call_command("migrate", database="owner", verbosity=0)
        for alias in connections:
            connections[alias].close()
        database_server.clone(SHARED)
        point_to(SHARED, database_server)
        yield
        for alias in connections:
            connections[alias].close()


@pytest.fixture
def fresh_db(database_server: TestServer, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of the test's own, for real commits, several connections and other processes; yields its name."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    database_server.clone(name)
    with django_db_blocker.unblock():
        point_to(name, database_server)
        yield name
        for alias in connections:
            connections[alias].close()
        point_to(SHARED, database_server)
    database_server.drop(name)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[Any]:
    with valkey.disposable() as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_near_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real world has one number in every database; a test would read what another's was near to."""
    monkeypatch.setattr("dashboard.selectors.NEAR_SECONDS", 0.0)


@pytest.fixture
def cast(db: None) -> Cast:
    """The practice company inside the test's rolled-back transaction, which on a busy machine may pause for long."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '60s'")
    return assemble()


@pytest.fixture
def fresh_cast(fresh_db: str) -> Cast:
    """The practice company in a database of the test's own, committed."""
    return assemble()
