"""An older backup, as it is made and put back; letters that wait; and a file that is ahead of the database."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from psycopg.conninfo import make_conninfo

from common.clock import wall
from engine import worlds
from engine.heads import Head
from engine.models import Alarm
from engine.queues import QUEUES, drain
from engine.sweep import sweep
from engine.tasks import drain_queue
from hotline_ep.embedded import postgres
from notifications.models import Delivery, SunkMail
from notifications.services import message_send
from tests.apps.watchdog.house import House
from tests.cast import DUTY, GM, Cast
from tests.conftest import TestServer
from watchdog.models import Hold
from watchdog.selectors import hold_open
from watchdog.services import looking
from watchdog.services.restored import Comparing


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """Where this test's installation is exported; its sweep compares with it too."""
    settings.HEADS_DIR = str(tmp_path / "heads")
    return tmp_path / "heads"


@pytest.fixture
def watchdog(fresh_cast: Cast, folder: Path) -> Comparing:
    return Comparing(str(folder))


@pytest.fixture
def backup(fresh_db: str, database_server: TestServer, tmp_path: Path) -> tuple[Callable[[], None], Callable[[], None]]:
    """(make one, put it back), as docs/operating.md says it is done."""
    dump, address = tmp_path / "hotline.dump", make_conninfo(database_server.superuser_url, dbname=fresh_db)

    def run(program: str, *words: str) -> None:
        connections.close_all()
        subprocess.run([postgres.wheel_bindir() / program, *words], check=True, capture_output=True)

    return (
        lambda: run("pg_dump", "-Fc", "-f", str(dump), address),
        lambda: run("pg_restore", "--clean", "--if-exists", "-d", address, str(dump)),
    )


def write(cast: Cast, key: str, who: str = GM) -> Delivery:
    """A letter that waits to leave."""
    with transaction.atomic():
        message = message_send(
            world_id=worlds.real().pk,
            incident_id=None,
            kind="test.letter",
            to=[(cast.user(who).pk, "hq_member")],
            subject={"zh": key, "en": key},
            body={"zh": key, "en": key},
            clause="",
            urgent=False,
            key=key,
            link="",
        )
    return Delivery.objects.get(message=message, channel="email")


def report(cast: Cast) -> str:
    body = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}
    answer = cast.api(DUTY).post("/api/v1/incidents", body, format="json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["number"])


def try_to_send() -> int:
    """By every way that there is: the sweep, its thread for letters, the bell."""
    done = drain(QUEUES["sends"]) + drain_queue("sends")
    sweep()
    return done + drain(QUEUES["sends"])


def sent(key: str) -> int:
    return SunkMail.objects.filter(subject__contains=key).count()


def standing(kind: str) -> list[Alarm]:
    return list(Alarm.objects.filter(kind=kind, cleared_at=None))


def held(cast: Cast, watchdog: Comparing) -> Hold:
    """Exported heads are ahead of the database by one log that it never had."""
    watchdog.look(exports=True)
    assert watchdog._file is not None
    watchdog._file.write([Head(10**6, worlds.real().pk, "incident", "2026-0099", 7, "ab")], wall())
    watchdog.look(exports=True)
    row = hold_open()
    assert row is not None
    return row


@pytest.fixture
def house(fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(looking, "_redis_answers", lambda: True)
    return House()
