"""Tables made in less time are the same tables. `make oldest` compares those of every room, the tests those of the lowest."""

import os
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.commands import migrate
from django.db import connections, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState
from psycopg.conninfo import make_conninfo

from hotline_ep.embedded import postgres
from hotline_ep.management.commands.migrate import Command
from hotline_ep.migrating import one_model_at_a_time
from tests import beginning
from tests.conftest import HERE, TestServer


def house() -> ProjectState:
    """Questions, and answers that point to them."""
    state = ProjectState()
    state.add_model(ModelState("house", "Question", [("id", models.AutoField(primary_key=True))]))
    asked = models.ForeignKey("house.Question", models.CASCADE)
    state.add_model(ModelState("house", "Answer", [("id", models.AutoField(primary_key=True)), ("question", asked)]))
    return state


def grow(state: ProjectState) -> None:
    state.add_field("house", "question", "text", models.TextField(), True)


def point(state: ProjectState) -> None:
    state.add_field("house", "question", "after", models.ForeignKey("house.Question", models.CASCADE), True)


def index(state: ProjectState) -> None:
    state.add_index("house", "question", models.Index(fields=["id"], name="by_id"))


def appear(state: ProjectState) -> None:
    state.add_model(ModelState("house", "Vote", [("answer", models.ForeignKey("house.Answer", models.CASCADE))]))


def change_the_key(state: ProjectState) -> None:
    state.alter_field("house", "question", "id", models.BigAutoField(primary_key=True), True)


def move(state: ProjectState) -> None:
    state.alter_model_options("house", "question", {"db_table": "elsewhere"}, ["db_table"])


@pytest.mark.parametrize(
    ("step", "anew"),
    [(grow, False), (point, False), (index, False), (appear, False), (change_the_key, True), (move, True)],
)
def test_only_what_others_see_of_a_model_has_them_made_anew(step: Any, anew: bool) -> None:
    state = house()
    before = state.apps.get_model("house", "Answer")
    with one_model_at_a_time():
        step(state)
    assert (state.apps.get_model("house", "Answer") is not before) is anew
    # What is found of others by a table's name is found, and a step in Python has all of them from one making.
    question = state.apps.get_model("house", "Question")
    assert "answer" in {found.name for found in question._meta.related_objects}
    state.clear_delayed_apps_cache()
    answer = state.apps.get_model("house", "Answer")
    assert answer._meta.get_field("question").related_model is state.apps.get_model("house", "Question")


@contextmanager
def migrated(server: TestServer, rooms: Sequence[str], way: AbstractContextManager[None]) -> Iterator[str]:
    """The name of a database in which the tables of these rooms, and of those they stand on, were made this way."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    server.clone(name, "template1")
    beginning.point_to(name, server)
    executor = MigrationExecutor(connections["owner"])
    wanted = [leaf for leaf in executor.loader.graph.leaf_nodes() if not rooms or leaf[0] in rooms]
    try:
        with way:
            executor.migrate(wanted)
        yield name
    finally:
        connections.close_all()
        beginning.point_to(HERE.wanted, server)
        server.drop(name)


def schema(server: TestServer, name: str) -> list[str]:
    """As it is dumped; without the words that differ with each dump."""
    program = Path(os.environ.get(postgres.BINDIR_VARIABLE) or postgres.wheel_bindir()) / "pg_dump"
    address = make_conninfo(server.superuser_url, dbname=name)
    dumped = subprocess.run([program, "--schema-only", address], check=True, capture_output=True, text=True)
    return [line for line in dumped.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_the_tables_are_those_django_makes(
    request: pytest.FixtureRequest, database_server: TestServer, django_db_setup: None, django_db_blocker: Any
) -> None:
    rooms = () if request.config.getoption("--every-room") else ("people",)
    with django_db_blocker.unblock():
        with migrated(database_server, rooms, nullcontext()) as name:
            plainly = schema(database_server, name)
        with migrated(database_server, rooms, one_model_at_a_time()) as name:
            assert schema(database_server, name) == plainly
    assert sum("CREATE TABLE" in line for line in plainly) > 15


@pytest.mark.parametrize("stands", [False, True])
def test_the_first_tables_are_made_so_and_nothing_where_data_stand(
    monkeypatch: pytest.MonkeyPatch, stands: bool
) -> None:
    found: list[bool] = []
    django = vars(ProjectState)["_find_reload_model"]
    monkeypatch.setattr(
        MigrationRecorder, "applied_migrations", lambda self: {("people", "0001_first"): 1} if stands else {}
    )
    monkeypatch.setattr(
        migrate.Command,
        "handle",
        lambda self, *args, **options: found.append(vars(ProjectState)["_find_reload_model"] is django),
    )
    command = load_command_class(get_commands()["migrate"], "migrate")
    assert isinstance(command, Command)
    command.handle(database="owner")
    assert found == [stands]
