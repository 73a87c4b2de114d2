"""The watchdog's looks, in a database that really commits: what it proves, what it finds missing, what it reports."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from common.clock import utc_text, wall
from engine import worlds
from engine.alarms import alarm_raise
from engine.log import log_verify
from engine.models import Alarm, Event, Pulse, Stream, Timer
from engine.pulses import SWEEP, WATCHDOG, pulse, watchdog_watched
from engine.queues import QUEUES, drain
from engine.timers import timer_set
from escalation.models import Obligation
from notifications.models import Delivery, Message, Send
from signals.ingest import respond
from signals.services.canary import canary_metric
from signals.services.judging import judge_pending
from tests.cast import DUTY, EXECUTIVE, GM, LEGAL, OUTSIDER, Cast
from watchdog.domain.sight import Canary, Stage
from watchdog.models import BlindWindow, Sight
from watchdog.services import looking
from watchdog.services.canaries import Web
from watchdog.services.looking import Watchdog

MINUTE = timedelta(minutes=1)


class Door(Web):
    """The product's door without a network: what is posted goes the same way in, as long as it is open."""

    open = True

    def answers(self) -> bool:
        return self.open

    def canary(self) -> Canary:
        posted = wall()
        sample = {"metric": canary_metric(), "at": utc_text(posted), "value": 1}
        if self.open:
            import msgspec

            (status, _body), _wait = respond(self.token, msgspec.json.encode({"samples": [sample]}))
            assert status == 202
        return Canary(posted, Stage.WEB)


class House:
    """The product without its processes: each part works when it is told to."""

    def __init__(self) -> None:
        self.dog = Watchdog(web="http://nowhere")
        self.dog.web = self.door = Door("http://nowhere")

    def judges(self) -> None:
        judge_pending()

    def relays(self) -> None:
        drain(QUEUES["reactions"])

    def sends(self) -> None:
        drain(QUEUES["sends"])

    def works(self) -> None:
        pulse(SWEEP)
        self.judges(), self.relays(), drain(QUEUES["timers"]), drain(QUEUES["patient"]), self.sends()

    def look(self, later: timedelta = timedelta(0)) -> None:
        self.dog.look(wall() + later)

    def sees(self) -> None:
        """A canary goes out and arrives; the last was long ago."""
        self.dog.canary = None
        self.look()
        self.works()
        self.look()


@pytest.fixture
def house(fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(looking, "_redis_answers", lambda: True)
    return House()


def standing(kind: str) -> list[Alarm]:
    return list(Alarm.objects.filter(kind=kind, cleared_at=None))


def test_a_canary_goes_all_the_way_and_is_traced_part_by_part(house: House):
    stages = []
    for part in (house.look, house.judges, house.relays, house.sends):
        part()
        house.look()
        assert house.dog.canary is not None
        stages.append(house.dog.canary.stage)
    assert stages == [Stage.JUDGE, Stage.RELAY, Stage.SENDER, Stage.ARRIVED]
    seen = Sight.objects.get()
    assert seen.sighted_at == house.dog.canary.posted  # type: ignore[union-attr]
    assert seen.took_ms is not None
    assert not BlindWindow.objects.exists()
    # Nobody of the company is bothered, and nothing of it shows in a world people look at.
    assert not Message.objects.exclude(world__kind="canary").filter(kind="canary.heard").exists()
    house.door.open = False
    house.dog.canary = None
    house.look()
    assert house.dog.canary.stage is Stage.WEB  # type: ignore[union-attr]


def test_without_proof_the_product_is_blind_until_a_canary_arrives(house: House, fresh_cast: Cast):
    house.sees()
    house.door.open = False
    house.look(timedelta(seconds=60))
    assert not BlindWindow.objects.exists()
    house.look(timedelta(seconds=95))
    window = BlindWindow.objects.get()
    assert (window.until, window.stages) == (None, ["web"])
    assert [alarm.params["stage"] for alarm in standing("watchdog.blind")] == ["web"]
    house.look(timedelta(seconds=120))
    assert BlindWindow.objects.count() == 1
    house.door.open = True
    house.sees()
    house.look()
    window.refresh_from_db()
    assert window.until is not None
    assert window.report is not None
    assert not standing("watchdog.blind")
    kinds = list(Event.objects.filter(stream__kind="watchdog").order_by("seq").values_list("kind", flat=True))
    assert kinds == ["watchdog.blind", "watchdog.sees", "watchdog.reported"]
    assert log_verify(Stream.objects.get(kind="watchdog")) is None
    told = Delivery.objects.filter(message__kind="watchdog.reported", channel="inapp")
    assert fresh_cast.user(GM).pk in told.values_list("user_id", flat=True)
    assert fresh_cast.user(LEGAL).pk not in told.values_list("user_id", flat=True)


def test_a_watchdog_that_was_away_says_so_itself(house: House):
    house.sees()
    Sight.objects.update(sighted_at=wall() - timedelta(minutes=10), posted_at=wall() - timedelta(minutes=10))
    Pulse.objects.filter(name=WATCHDOG).update(at=wall() - timedelta(minutes=10))
    again = House()
    again.look()
    window = BlindWindow.objects.get()
    assert "watchdog" in window.stages
    assert wall() - window.since >= timedelta(minutes=10)


def test_a_database_that_was_away_is_named(house: House):
    house.sees()
    house.dog.database_away()
    house.look(timedelta(minutes=3))
    assert "database" in BlindWindow.objects.get().stages


def incident(cast: Cast) -> str:
    body = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}
    answer = cast.api(DUTY).post("/api/v1/incidents", body, format="json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["number"])


def test_a_deadline_that_passed_unrecorded_is_an_alarm(house: House, fresh_cast: Cast):
    incident(fresh_cast)
    due = wall() - timedelta(seconds=40)
    owed = Obligation.objects.filter(rule="intake.verify")
    owed.update(due_at=due)
    timer_set(worlds.real().pk, "escalation.due", owed.get().pk, due)
    house.look()
    (unfired,) = standing("watchdog.unfired")
    assert (unfired.params["n"], unfired.params["seconds"] >= 40) == (1, True)
    assert "timers" in [alarm.ref for alarm in standing("watchdog.behind")]
    house.works()
    house.look()
    assert not standing("watchdog.unfired")
    assert not standing("watchdog.behind")


def test_lost_clocks_and_lost_places_in_the_queue_are_set_again(house: House, fresh_cast: Cast):
    number = incident(fresh_cast)
    house.works()
    lost = Obligation.objects.get(rule="intake.verify")
    Timer.objects.filter(what="escalation.due", ref=lost.pk).delete()
    fresh_cast.api(DUTY).post(
        f"/api/v1/incidents/{number}/verify", {"outcome": "confirmed", "major": True}, format="json"
    )
    letter = Delivery.objects.filter(state="queued").first()
    assert letter is not None
    Send.objects.filter(delivery=letter).delete()
    Delivery.objects.filter(pk=letter.pk).update(queued_at=wall() - MINUTE)
    rows = Obligation.objects.filter(state="open", due_at__isnull=False)
    other = rows.exclude(pk=lost.pk).first()
    assert other is not None
    Timer.objects.filter(what="escalation.due", ref=other.pk).delete()
    house.look()
    assert Timer.objects.get(what="escalation.due", ref=other.pk).due_at == other.due_at
    # What verification proved needs no clock any more.
    assert not Timer.objects.filter(what="escalation.due", ref=lost.pk).exists()
    assert Send.objects.filter(delivery=letter).exists()
    mended = Event.objects.get(kind="watchdog.mended").data
    assert mended["deliveries"] == [letter.pk]
    assert [line.split()[:2] for line in mended["clocks"]] == [[number, other.rule]]


def test_a_rhythm_whose_next_turn_was_lost_goes_on(house: House, fresh_cast: Cast):
    """A turn done in time has its due timer still: the next turn opens by it."""
    number = incident(fresh_cast)
    for who, act, body in (
        (DUTY, "verify", {"outcome": "confirmed", "major": True}),
        (GM, "decide-level", {"level": "I", "reason": "As we judge it"}),
        (GM, "start", {}),
    ):
        assert fresh_cast.api(who).post(f"/api/v1/incidents/{number}/{act}", body, format="json").status_code == 200
    rhythm = Obligation.objects.get(rule="hq.evaluate_effect")
    fresh_cast.api(GM).post(
        f"/api/v1/incidents/{number}/evaluate", {"verdict": "keep", "reason": "Calm"}, format="json"
    )
    rhythm.refresh_from_db()
    assert rhythm.state == "fulfilled"
    Timer.objects.filter(what="escalation.due", ref=rhythm.pk).delete()
    house.look()
    assert Timer.objects.get(what="escalation.due", ref=rhythm.pk).due_at == rhythm.due_at


def test_the_report_names_deadlines_messages_and_series(house: House, fresh_cast: Cast):
    from watchdog.services.reports import report_of

    number = incident(fresh_cast)
    now = wall()
    since, until = now - timedelta(minutes=10), now
    verify = Obligation.objects.get(rule="intake.verify")
    Obligation.objects.filter(pk=verify.pk).update(
        due_at=now - timedelta(minutes=5), state="overdue", overdue_at=now - timedelta(minutes=1)
    )
    Obligation.objects.filter(rule="intake.judge").update(due_at=now - timedelta(minutes=4))
    Delivery.objects.update(queued_at=now - timedelta(minutes=6))
    fresh_cast.api(DUTY).post(
        f"/api/v1/incidents/{number}/verify", {"outcome": "confirmed", "major": True}, format="json"
    )
    letter = Delivery.objects.filter(channel="email").first()
    assert letter is not None
    Delivery.objects.filter(pk=letter.pk).update(queued_at=now - timedelta(minutes=6), state="sending")
    Delivery.objects.filter(pk=letter.pk).update(state="sent", sent_at=now - timedelta(minutes=1))
    made = report_of(since, until, now)
    late = {row["rule"]: row["late_s"] for row in made["fell_due"]}
    assert late["intake.verify"] == 240
    assert made["counts"]["late"] >= 1
    told = next(row for row in made["told_late"] if row["person"] == letter.user_id and row["channel"] == "email")
    assert (told["late_s"], told["incident"]) == (300, number)
    assert "display_name" not in str(made)


def test_operators_are_told_of_alarms_together_and_not_too_often(
    house: House, fresh_cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOTLINE_SMS_URLS", "https://alpha:key@gateway.example")
    alarm_raise("queue.set_aside", "timers:x:1", error="E")
    alarm_raise("channel.failing", "sms:alpha", error="E")
    alarm_raise("channel.failing", "sms:sold", error="E")  # by a worker with the settings from before
    house.look()
    told = Message.objects.filter(kind="operations.alarms")
    assert told.count() == 1
    assert "alpha" in told.get().body["en"]
    assert [alarm.ref for alarm in standing("channel.failing")] == ["sms:alpha"]
    assert "timers:x:1" in told.get().body["zh"]
    alarm_raise("queue.failing", "timers:x:2", error="E")
    house.look(MINUTE)
    assert told.count() == 1
    house.look(6 * MINUTE)
    assert told.count() == 2
    house.look(12 * MINUTE)
    assert told.count() in (2, 3)  # the third tells of what rose by the moved clock; the second alarm is told once
    assert sum("timers:x:2" in message.body["en"] for message in told) == 1


def test_parts_that_do_not_answer_are_named_after_two_looks(house: House):
    house.sees()
    house.door.open = False
    house.look()
    assert not standing("watchdog.part")
    house.look()
    assert [alarm.ref for alarm in standing("watchdog.part")] == ["web"]
    house.door.open = True
    house.look()
    assert not standing("watchdog.part")


def test_a_step_that_fails_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch):
    def broken(now: datetime) -> int:
        raise ValueError("x")

    def deaf(url: str) -> bool:
        raise ValueError("x")

    monkeypatch.setattr(looking, "reports_write", broken)
    monkeypatch.setattr(looking, "heartbeat", deaf)
    house.dog.heartbeat_url = "https://beats.example/x"
    house.sees()
    found = {(alarm.ref, alarm.params["error"]) for alarm in standing("watchdog.step")}
    assert found == {("reports", "ValueError"), ("outside", "ValueError")}
    assert Sight.objects.get().sighted_at is not None
    monkeypatch.undo()
    house.dog.heartbeat_url = ""
    monkeypatch.setattr(looking, "_redis_answers", lambda: True)
    house.look()
    assert not standing("watchdog.step")


def test_the_sweep_watches_the_watchdog(house: House):
    watchdog_watched()
    assert not standing("watchdog.away")  # where none ever ran there is none to miss
    house.look()
    Pulse.objects.filter(name=WATCHDOG).update(at=wall() - timedelta(seconds=50))
    watchdog_watched()
    assert [alarm.params["seconds"] >= 50 for alarm in standing("watchdog.away")] == [True]
    house.look()
    watchdog_watched()
    assert not standing("watchdog.away")


def test_the_outside_hears_only_while_all_is_well(house: House, monkeypatch: pytest.MonkeyPatch):
    heard: list[str] = []
    monkeypatch.setattr(looking, "heartbeat", heard.append)
    house.dog.heartbeat_url = "https://beats.example/x"
    house.look()
    assert not heard
    house.sees()
    assert len(heard) == 1
    house.look(timedelta(seconds=30))
    assert len(heard) == 1
    house.look(timedelta(seconds=95))  # nothing proven for too long
    assert len(heard) == 1


def test_one_window_lasts_at_a_time_and_a_report_stays(house: House):
    first = BlindWindow.objects.create(since=wall() - MINUTE)
    with pytest.raises(DatabaseError), transaction.atomic():
        BlindWindow.objects.create(since=wall())
    with pytest.raises(DatabaseError), transaction.atomic():
        BlindWindow.objects.filter(pk=first.pk).update(report={}, reported_at=wall())
    BlindWindow.objects.filter(pk=first.pk).update(until=wall(), report={}, reported_at=wall())
    with pytest.raises(DatabaseError), transaction.atomic():
        BlindWindow.objects.filter(pk=first.pk).update(report={"a": 1})
    with pytest.raises(DatabaseError), transaction.atomic():
        first.delete()


def test_who_decided_may_read_what_was_missed(house: House, fresh_cast: Cast):
    house.sees()
    house.door.open = False
    house.look(timedelta(seconds=100))
    house.door.open = True
    house.sees()
    house.look()
    pk = BlindWindow.objects.get().pk
    for who in (GM, DUTY, EXECUTIVE, "audit", "admin"):
        assert fresh_cast.client(who).get(f"/operations/blindness/{pk}/").status_code == 200, who
        assert fresh_cast.client(who).get("/operations/blindness/").status_code == 200, who
    listed: dict[str, Any] = fresh_cast.api(GM).get("/api/v1/operations/blindness").json()
    assert [row["id"] for row in listed["windows"]] == [pk]
    assert listed["health"]["parts"]["canary"] is True
    one = fresh_cast.api(GM).get(f"/api/v1/operations/blindness/{pk}").json()
    assert one["report"]["counts"] == one["counts"]
    assert fresh_cast.api(GM).get("/api/v1/operations/blindness/999").status_code == 404
    for who in (OUTSIDER, LEGAL):
        assert fresh_cast.client(who).get(f"/operations/blindness/{pk}/").status_code == 403
        assert fresh_cast.api(who).get(f"/api/v1/operations/blindness/{pk}").status_code == 403


def test_the_deep_question_asks_for_the_whole_product(house: House, fresh_cast: Cast):
    stranger = fresh_cast.client(GM)
    stranger.logout()
    answer = stranger.get("/healthz?deep")
    assert (answer.status_code, answer.json()["parts"]["watchdog"]) == (503, False)
    assert stranger.get("/healthz").status_code == 200
    house.sees()
    answer = stranger.get("/healthz?deep")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_an_urgent_letter_that_has_just_been_written_is_not_behind_its_time(house: House, fresh_cast: Cast):
    number = incident(fresh_cast)
    fresh_cast.api(DUTY).post(
        f"/api/v1/incidents/{number}/verify", {"outcome": "confirmed", "major": True}, format="json"
    )
    assert Send.objects.filter(due_at__lt=wall() - MINUTE).exists(), "it stands ahead in line"
    house.look()
    assert "sends" not in [alarm.ref for alarm in standing("watchdog.behind")]
    Delivery.objects.update(queued_at=wall() - MINUTE)
    house.look()
    (late,) = [alarm for alarm in standing("watchdog.behind") if alarm.ref == "sends"]
    assert 55 <= late.params["seconds"] <= 90


def test_a_judge_of_its_own_that_is_gone_is_missed_where_there_was_one(house: House):
    def missed() -> list[str]:
        return [alarm.ref for alarm in standing("watchdog.part") if alarm.ref == "judge"]

    house.sees()
    house.look()
    assert missed() == []  # the workers judge too
    Pulse.objects.update_or_create(name="judge", defaults={"at": wall() - MINUTE})
    house.look()
    house.look()
    assert missed() == ["judge"]
    pulse("judge")
    house.look()
    assert missed() == []
