"""What the watchdog could not see: when a window opens and ends, what its report names, who reads it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from common.clock import wall
from engine.log import log_verify
from engine.models import Event, Pulse, Stream
from engine.pulses import WATCHDOG
from escalation.models import Obligation
from notifications.models import Delivery
from tests.apps.watchdog.house import MINUTE, House, incident, standing
from tests.cast import DUTY, EXECUTIVE, GM, LEGAL, OUTSIDER, Cast
from watchdog.models import BlindWindow, Sight


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
