"""What every database of a run begins with, made once by whoever needs it first: a stopped cluster with tables, plan and company."""

import fcntl
import os
from pathlib import Path
from typing import Final, Protocol

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from hotline_ep.embedded import postgres, sockets
from hotline_ep.practice.duties import roster_found
from tests.cast import assemble, plan_shipped

FOLDER: Final = "HOTLINE_TEST_BEGINNING"
EMPTY, PLANNED, COMPANY, ROSTERED = (
    "hotline_template", "hotline_template_planned", "hotline_template_company", "hotline_template_rostered",
)  # fmt: skip


class Addresses(Protocol):
    """How a server is reached, by role."""

    @property
    def app_url(self) -> str: ...
    @property
    def owner_url(self) -> str: ...


def point_to(name: str, server: Addresses) -> None:
    """Let both aliases of this process look at another database."""
    for alias, url in (("default", server.app_url), ("owner", server.owner_url)):
        parts = conninfo_to_dict(url)
        connections[alias].close()
        connections.settings[alias].update(
            NAME=name, USER=parts["user"], PASSWORD=parts["password"], HOST=parts["host"], PORT=""
        )


def home() -> Path:
    """The home of the run's cluster; two workers that want it at once wait for one making of it."""
    folder = Path(os.environ[FOLDER])
    made = folder / "made"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _make(made)
    return made


def _make(made: Path) -> None:
    """Aside, and moved into place when whole: migrated as the owner, the rest filled in as the application."""
    aside, socket_folder = made.with_name("aside"), sockets.private_folder()
    server = postgres.Server(aside, socket_folder=socket_folder, log=aside / "postgres.log", disposable=True)
    try:
        server.start()
        settings.DATABASE_URL, settings.OWNER_DATABASE_URL = server.app_url, server.owner_url
        _created(server, EMPTY)
        point_to(EMPTY, server)
        call_command("migrate", database="owner", verbosity=0)
        connections.close_all()
        for name, template, filled in (
            (PLANNED, EMPTY, plan_shipped),
            (COMPANY, EMPTY, assemble),
            (ROSTERED, COMPANY, roster_found),
        ):
            _created(server, name, template)
            point_to(name, server)
            filled()
            connections.close_all()
        _created(server, postgres.DATABASE, EMPTY)  # where the product itself looks
    finally:
        server.stop()
        sockets.discard(socket_folder)
    aside.rename(made)


def _created(server: postgres.Server, name: str, template: str = "template1") -> None:
    names = {
        "name": sql.Identifier(name),
        "template": sql.Identifier(template),
        "owner": sql.Identifier(postgres.OWNER),
    }
    with psycopg.connect(server.superuser_url("template1"), autocommit=True) as db:
        db.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**names))
        db.execute(
            sql.SQL("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy OWNER {owner}").format(**names)
        )
