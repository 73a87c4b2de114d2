"""An older backup is put back: it is noticed, nothing leaves the house, and a person who knows what is missing lets it go."""

import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from psycopg.conninfo import make_conninfo

from common.clock import utc_text, wall
from common.errors import Conflict, Invalid, NotAllowed
from engine import clearance, worlds
from engine.heads import Head, HeadsFile
from engine.models import Alarm, Event, Installation, SetAside
from engine.queues import QUEUES, drain
from engine.services import set_aside_return
from engine.sweep import sweep
from engine.tasks import drain_queue
from hotline_ep.embedded import postgres
from notifications.models import Delivery, Send, SunkMail
from notifications.services import message_send
from tests.cast import ADMIN, AUDITOR, DUTY, GM, OUTSIDER, Cast
from tests.conftest import TestServer, point_to
from watchdog.models import Hold
from watchdog.selectors import hold_open
from watchdog.services import restored
from watchdog.services.restored import Comparing, InWorkers, letters_release

PAGE, API = "/operations/restored/", "/api/v1/operations/restored"


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


def test_an_older_backup_sends_nothing_until_a_person_says_go(fresh_cast: Cast, folder: Path, backup: Any):
    make, put_back = backup
    watchdog = Comparing(str(folder))
    early = report(fresh_cast)
    write(fresh_cast, "waiting-in-the-backup")
    watchdog.look(exports=True)
    make()
    try_to_send()
    late = report(fresh_cast)
    write(fresh_cast, "lost-with-the-backup")
    assert fresh_cast.api(DUTY).post(
        f"/api/v1/incidents/{early}/verify", {"outcome": "confirmed", "major": True}, format="json"
    )
    try_to_send()
    assert sent("waiting-in-the-backup") == sent("lost-with-the-backup") == 1
    watchdog.look(exports=True)
    put_back()

    # Before anybody has compared, and before a process begins: nothing leaves.
    assert not clearance.is_cleared()
    assert try_to_send() == 0
    workers = InWorkers()
    workers.comparing = Comparing(str(folder))
    workers()
    assert hold_open() is not None
    assert try_to_send() == 0
    assert sent("waiting-in-the-backup") == 0
    waits = Send.objects.count()

    # What was lost is named, and what happens now is recorded.
    Comparing(str(folder)).look(exports=True)
    assert Hold.objects.count() == 1
    missing = {(row["kind"], row["key"]): (row["first"], row["last"]) for row in hold_open().missing}  # type: ignore[union-attr]
    assert missing["incident", late][0] == 1
    first, last = missing["incident", early]
    assert 1 < first <= last
    anew = report(fresh_cast)
    assert anew == late, "its number is given again"
    drain(QUEUES["timers"]), drain(QUEUES["reactions"])
    assert try_to_send() == 0
    assert Send.objects.count() >= waits
    assert [alarm.params["n"] for alarm in standing("letters.held")] == [len(missing)]

    letters_release(by=fresh_cast.actor(ADMIN), reason="The line of the night was rung up")
    try_to_send()
    assert not Send.objects.exists()
    assert sent("waiting-in-the-backup") == 1
    assert sent("lost-with-the-backup") == 0
    # From here on the database counts as it stands; what was exported before is kept.
    watchdog.look(exports=True)
    assert len(list(folder.glob("*.aside"))) == 1
    Installation.objects.update(cleared_for="")
    Comparing(str(folder)).look()
    assert clearance.is_cleared()
    assert not standing("letters.held")


def test_a_copy_put_in_its_place_is_noticed_too(
    fresh_cast: Cast, fresh_db: str, database_server: TestServer, watchdog: Comparing
):
    copy = f"{fresh_db}_copy"
    write(fresh_cast, "waiting-in-the-copy")
    watchdog.look(exports=True)
    connections.close_all()
    database_server.clone(copy, fresh_db)
    report(fresh_cast)
    watchdog.look(exports=True)
    point_to(copy, database_server)
    try:
        assert try_to_send() == 0
        watchdog.look(exports=True)
        assert hold_open() is not None
        assert sent("waiting-in-the-copy") == 0
    finally:
        connections.close_all()
        point_to(fresh_db, database_server)
        database_server.drop(copy)


def test_restored_under_running_processes_it_is_noticed_at_the_next_look(fresh_cast: Cast, watchdog: Comparing):
    """The clearance still holds when rows alone were put back; the watchdog's next look ends it."""
    held(fresh_cast, watchdog)
    assert not clearance.is_cleared()
    write(fresh_cast, "k")
    assert try_to_send() == 0


def test_a_restart_of_the_server_costs_a_comparison_and_no_more(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    watchdog.look(exports=True)
    write(fresh_cast, "after-the-restart")
    Installation.objects.update(cleared_for="an earlier run")
    assert try_to_send() == 0
    workers = InWorkers()
    workers.comparing = Comparing(str(folder))
    workers()
    try_to_send()
    assert sent("after-the-restart") == 1
    assert not Hold.objects.exists()


def test_letters_from_before_a_time_are_given_up_where_it_is_seen_and_can_be_put_back(
    fresh_cast: Cast, watchdog: Comparing
):
    old, new = write(fresh_cast, "old"), write(fresh_cast, "new")
    Delivery.objects.filter(pk=old.pk).update(queued_at=wall() - timedelta(hours=3))
    held(fresh_cast, watchdog)
    done = letters_release(by=fresh_cast.actor(ADMIN), reason="They had them", drop_before=wall() - timedelta(hours=1))
    assert (done.dropped, done.decision) == (1, "drop")
    try_to_send()
    assert (sent("old"), sent("new")) == (0, 1)
    old.refresh_from_db(), new.refresh_from_db()
    assert (old.state, old.error, new.state) == ("given_up", "delivery.dropped", "sent")
    said = Event.objects.get(kind="letters.released").data
    assert (said["dropped"], said["decision"]) == (1, "drop")
    set_aside_return(item_id=SetAside.objects.get(what=str(old.pk)).pk)
    try_to_send()
    assert sent("old") == 1


def test_the_decision_is_in_the_log_with_who_and_why(fresh_cast: Cast, watchdog: Comparing):
    row = held(fresh_cast, watchdog)
    opened = Event.objects.get(kind="letters.held")
    assert (opened.data["hold"], opened.data["streams"], opened.data["events"]) == (row.pk, 1, 7)
    letters_release(by=fresh_cast.actor(ADMIN), reason="Rung up everybody")
    event = Event.objects.get(kind="letters.released")
    assert (event.actor_id, event.authority) == (fresh_cast.user(ADMIN).pk, "sysadmin")
    assert event.texts.get().text == "Rung up everybody"
    row.refresh_from_db()
    assert (row.released_by, row.decision) == (fresh_cast.user(ADMIN).pk, "go")
    with pytest.raises(Conflict):
        letters_release(by=fresh_cast.actor(ADMIN), reason="Again")
    for change in ({"decision": "drop"}, {"missing": []}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Hold.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


@pytest.mark.parametrize("who", [OUTSIDER, GM, DUTY, AUDITOR, "he"])
def test_nobody_else_lets_letters_go(fresh_cast: Cast, watchdog: Comparing, who: str):
    held(fresh_cast, watchdog)
    with pytest.raises(NotAllowed):
        letters_release(by=fresh_cast.actor(who), reason="Please")
    assert fresh_cast.client(who).post(PAGE, {"decision": "go", "reason": "Please"}).status_code == 403
    assert fresh_cast.api(who).post(f"{API}/release", {"reason": "Please"}, format="json").status_code == 403
    if who not in (AUDITOR, "he"):
        assert fresh_cast.client(who).get(PAGE).status_code == 403
        assert fresh_cast.api(who).get(API).status_code == 403
    assert hold_open() is not None
    assert not clearance.is_cleared()


def test_a_reason_is_needed_and_a_time_to_come_is_refused(fresh_cast: Cast, watchdog: Comparing):
    held(fresh_cast, watchdog)
    admin = fresh_cast.actor(ADMIN)
    for wrong in (
        {"reason": "  "},
        {"reason": "x" * 1001},
        {"reason": "x", "drop_before": wall() + timedelta(hours=1)},
    ):
        with pytest.raises(Invalid):
            letters_release(by=admin, **wrong)  # type: ignore[arg-type]
    client = fresh_cast.client(ADMIN)
    for refused in ({"decision": "go"}, {"decision": "drop", "reason": "x"}, {"reason": "x"}):
        assert client.post(PAGE, refused).status_code == 400
    assert hold_open() is not None


def test_the_page_lists_what_is_missing_and_what_waits_and_lets_go(fresh_cast: Cast, watchdog: Comparing):
    write(fresh_cast, "k")
    held(fresh_cast, watchdog)
    client = fresh_cast.client(ADMIN)
    page = client.get(PAGE).content.decode()
    for words in ("Incident 2026-0099", "1–7", "test.letter", "E-mail", "Let messages leave"):
        assert words in page, words
    assert PAGE in client.get("/operations/").content.decode()
    assert "Let messages leave" not in fresh_cast.client(AUDITOR).get(PAGE).content.decode()
    chinese = fresh_cast.client(ADMIN, "zh-hans").get(PAGE).content.decode()
    assert "Let messages leave" not in chinese
    assert client.post(PAGE, {"decision": "go", "reason": "Rung up"}).status_code == 302
    after = client.get(PAGE).content.decode()
    assert "Rung up" in after
    assert "Let messages leave" not in after


def test_programs_read_and_decide(fresh_cast: Cast, watchdog: Comparing):
    write(fresh_cast, "k")
    held(fresh_cast, watchdog)
    api = fresh_cast.api(ADMIN)
    said = api.get(API).json()
    assert said["held_at"]
    (missing,) = said["hold"]["missing"]
    assert (missing["kind"], missing["key"], missing["first"], missing["last"]) == ("incident", "2026-0099", 1, 7)
    assert [(row["kind"], row["channel"], row["count"]) for row in said["waiting"]] == [("test.letter", "email", 1)]
    assert api.post(f"{API}/release", {}, format="json").status_code == 400
    before = utc_text(wall() - timedelta(days=1))
    answer = api.post(f"{API}/release", {"reason": "Rung up", "drop_before": before}, format="json")
    assert (answer.status_code, answer.json()["held_at"], answer.json()["hold"]) == (200, None, None)
    assert api.post(f"{API}/release", {"reason": "Again"}, format="json").status_code == 409


def test_the_command_lists_and_decides(fresh_cast: Cast, watchdog: Comparing):
    write(fresh_cast, "k")
    held(fresh_cast, watchdog)

    def said(*words: str) -> str:
        out = StringIO()
        call_command("restored", *words, stdout=out)
        return out.getvalue()

    assert "missing real/incident/2026-0099: events 1 to 7" in said()
    assert "waits test.letter by email: 1" in said()
    for wrong in (("--go",), ("--go", "--by", GM, "--reason", "x"), ("--go", "--by", "nobody", "--reason", "x")):
        with pytest.raises(CommandError):
            said(*wrong)
    assert "letters leave; 0 given up" in said("--go", "--by", ADMIN, "--reason", "Rung up")
    assert "no letters are held" in said()


def test_strangers_and_the_board_hear_of_it(fresh_cast: Cast, watchdog: Comparing):
    stranger = fresh_cast.client(GM)
    stranger.logout()
    assert stranger.get("/healthz").json() == {"status": "ok"}
    held(fresh_cast, watchdog)
    answer = stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "held"}), "the proxy goes on using it"
    deep = stranger.get("/healthz?deep")
    assert (deep.status_code, deep.json()["parts"]["letters"]) == (503, False)
    alarms = fresh_cast.api(GM).get("/api/v1/board").json()["alarms"]
    assert "Restored backup" in next(row["text"] for row in alarms if row["kind"] == "letters.held")


# --- the folder ------------------------------------------------------------------------------------------------------------
def test_the_first_look_begins_a_file_and_letters_leave(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    Installation.objects.update(cleared_for="")
    watchdog.look(exports=True)
    assert clearance.is_cleared()
    assert [path.suffix for path in sorted(folder.iterdir())] == [".heads", ".lock"]
    assert clearance.standing().exported_at is not None


def test_a_folder_that_cannot_be_written_is_an_alarm_and_letters_leave(fresh_cast: Cast, folder: Path):
    folder.write_text("no folder")
    Installation.objects.update(cleared_for="")
    Comparing(str(folder)).look(exports=True)
    assert [alarm.ref for alarm in standing("heads.unwritten")] == ["all"]
    assert clearance.is_cleared()
    folder.unlink()
    Comparing(str(folder)).look(exports=True)
    assert not standing("heads.unwritten")


def test_a_file_that_went_while_all_ran_is_written_anew(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    watchdog.look(exports=True)
    next(folder.glob("*.heads")).unlink()
    watchdog.look(exports=True)
    assert next(folder.glob("*.heads")).stat().st_size
    assert not Hold.objects.exists()


def test_exported_before_and_nothing_to_compare_with_is_held_by_the_watchdog_alone(
    fresh_cast: Cast, watchdog: Comparing, folder: Path, tmp_path: Path
):
    """A copy on another machine, or a machine that lost its folder with the database."""
    watchdog.look(exports=True)
    Installation.objects.update(cleared_for="")
    elsewhere = str(tmp_path / "elsewhere")
    Comparing(elsewhere).look()
    assert not Hold.objects.exists(), "a worker may stand where the folder is not"
    assert not clearance.is_cleared()
    Comparing(elsewhere).look(exports=True)
    row = hold_open()
    assert row is not None
    assert (row.why, row.missing) == ("no_heads", [])
    assert row.exported_at is not None
    letters_release(by=fresh_cast.actor(ADMIN), reason="This is the new machine")
    Comparing(elsewhere).look(exports=True)
    assert clearance.is_cleared()
    assert list((tmp_path / "elsewhere").glob("*.heads"))


def test_a_new_installation_beside_the_file_of_another_is_its_own(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    watchdog.look(exports=True)
    Installation.objects.update(key="00000000-0000-4000-8000-000000000000", exported_at=None, cleared_for="")
    watchdog.look(exports=True)
    assert clearance.is_cleared()
    assert len(list(folder.glob("*.heads"))) == 2


def test_damaged_lines_are_an_alarm(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    watchdog.look(exports=True)
    report(fresh_cast)
    watchdog.look(exports=True)
    path = next(folder.glob("*.heads"))
    path.write_bytes(path.read_bytes().replace(b"incident", b"accident"))
    watchdog.look(exports=True)
    assert [alarm.params["n"] for alarm in standing("heads.damaged")] == [1]


def test_beside_two_folders_it_is_one_hold_and_one_decision(
    fresh_cast: Cast, watchdog: Comparing, folder: Path, tmp_path: Path
):
    held(fresh_cast, watchdog)
    other = tmp_path / "other"
    other.mkdir()
    (source,) = folder.glob("*.heads")
    second = Comparing(str(other))
    second._read(other, str(clearance.standing().key))
    assert second._file is not None
    kept = HeadsFile(folder, source.stem).read()
    assert kept is not None
    second._file.write(kept.heads.values(), wall())
    second.look()
    row = hold_open()
    assert row is not None
    assert len(row.generations) == 2
    letters_release(by=fresh_cast.actor(ADMIN), reason="Rung up")
    for comparing in (watchdog, second):
        comparing.look(exports=True)
    assert clearance.is_cleared()
    assert not Hold.objects.filter(released_at=None).exists()


def test_while_held_the_export_stands_still(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    held(fresh_cast, watchdog)
    before = next(folder.glob("*.heads")).read_bytes()
    report(fresh_cast)
    watchdog.look(exports=True)
    assert next(folder.glob("*.heads")).read_bytes() == before


def test_without_a_folder_nothing_is_compared_and_letters_leave(fresh_cast: Cast):
    Installation.objects.update(cleared_for="")
    Comparing("").look(exports=True)
    assert clearance.is_cleared()


def test_workers_ask_once_a_second_at_most(fresh_cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch):
    looks: list[datetime] = []
    monkeypatch.setattr(restored.Comparing, "look", lambda self, **_: looks.append(wall()))
    workers = InWorkers()
    for _ in range(5):
        assert workers() == 0
    assert len(looks) == 1
