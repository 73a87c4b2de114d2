"""An older backup is put back: it is noticed, nothing leaves the house, and a person who knows what is missing lets it go."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from common.clock import utc_text, wall
from common.errors import Conflict, Invalid, NotAllowed
from engine import clearance
from engine.models import Event, Installation, SetAside
from engine.queues import QUEUES, drain
from engine.services import set_aside_return
from hotline_ep.embedded.child import Child
from notifications.models import Delivery, Send
from tests.apps.watchdog.conftest import held, report, sent, standing, try_to_send, write
from tests.beginning import point_to
from tests.cast import ADMIN, AUDITOR, DUTY, GM, OUTSIDER, Cast
from tests.conftest import TestServer
from tests.engine.processes import eventually, house_on, pass_by
from watchdog.models import Hold
from watchdog.selectors import hold_open
from watchdog.services.restored import Comparing, InWorkers, letters_release

PAGE, API = "/operations/restored/", "/api/v1/operations/restored"


@pytest.mark.usefixtures("each_by_itself")
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


@pytest.mark.processes
def test_the_product_started_on_an_older_backup_waits_for_a_person(
    fresh_cast: Cast, folder: Path, backup: Any, database_server: TestServer, fresh_db: str, tmp_path: Path
):
    make, put_back = backup
    worker = ("-m", "celery", "-A", "hotline_ep", "worker", "-P", "threads", "-c", "2", "-Q", "engine")
    with house_on(database_server.urls(fresh_db), tmp_path) as house:

        def start() -> list[Child]:
            return [
                house.start(*command, HOTLINE_HEADS_DIR=str(folder)) for command in (worker, ("manage.py", "watchdog"))
            ]

        write(fresh_cast, "waiting-in-the-backup")
        make()
        running = start()
        eventually(lambda: sent("waiting-in-the-backup"), within=60)
        number = report(fresh_cast)
        eventually(lambda: any(number.encode() in path.read_bytes() for path in folder.glob("*.heads")), within=60)
        for child in running:
            house.end(child)
        put_back()
        assert sent("waiting-in-the-backup") == 0
        fresh_cast.tokens.clear()
        start()
        eventually(hold_open, within=60)
        anew = report(fresh_cast)
        pass_by(1.5)
        assert sent("waiting-in-the-backup") == 0
        letters_release(by=fresh_cast.actor(ADMIN), reason="Rung up")
        eventually(lambda: not Send.objects.filter(delivery__message__kind="test.letter").exists(), within=60)
        assert (anew, sent("waiting-in-the-backup")) == (number, 1)
        eventually(lambda: list(folder.glob("*.aside")), within=60)


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


@pytest.mark.usefixtures("each_by_itself")
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
