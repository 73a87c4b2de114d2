"""The watchdog's looks, in a database that really commits: what it proves, what it finds missing."""

from datetime import datetime, timedelta

import pytest

from common.clock import wall
from engine import worlds
from engine.alarms import alarm_raise
from engine.models import Event, Pulse, Timer
from engine.pulses import WATCHDOG, pulse, watchdog_watched
from engine.timers import timer_set
from escalation.models import Obligation
from notifications.models import Delivery, Message, Send
from tests.apps.watchdog.house import MINUTE, House, incident, standing
from tests.cast import DUTY, GM, Cast
from watchdog.domain.sight import Stage
from watchdog.models import BlindWindow, Sight
from watchdog.services import looking


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
