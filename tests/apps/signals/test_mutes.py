"""Maintenance windows and silences: what crosses a line meanwhile is on record, waits, and speaks at the end if it still stands."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from common.clock import utc_text
from common.errors import Conflict, Invalid, NotAllowed
from engine import worlds
from engine.models import Event, Timer
from incidents.selectors import open_incidents
from notifications.models import Message
from signals.domain.mutes import Where
from signals.models import Baseline, Mute, Series, Watch
from signals.selectors import readings
from signals.services import judging, mutes
from signals.services.samples import samples_write, series_ensure
from tests.cast import AUDITOR, DUTY, OUTSIDER, TECH, Cast

EVERY = timedelta(minutes=5)
HOURS = timedelta(hours=1)


def now() -> datetime:
    return worlds.now(worlds.real())


def silence(cast: Cast, *, who: str = TECH, hours: float = 2, **where: str) -> Mute:
    return mutes.mute_set(
        world=worlds.real(),
        kind="maintenance",
        where=Where(**where),
        reason="Link test",
        ends_at=now() + HOURS * hours,
        by=cast.actor(who),
    )


def crossing(metric: str = "cpu", *values: float, **place: str) -> int:
    world = worlds.real()
    series = series_ensure(world, metric, place.get("region", "east"), "", place.get("node", ""))
    end = now().replace(microsecond=0)
    values = values or (95.0, 96.0, 97.0)
    rows = [(series, end - EVERY * (len(values) - 1 - n), value) for n, value in enumerate(values)]
    samples_write(world, rows)
    judging.judge_pending()
    return series


def kinds() -> list[str]:
    return list(Event.objects.filter(stream__kind="signals").order_by("seq").values_list("kind", flat=True))


def over(mute: Mute) -> Mute:
    """Its end comes."""
    mutes.due(mute.pk, mute.ends_at, mute.ends_at)
    mute.refresh_from_db()
    return mute


def test_what_crosses_meanwhile_is_on_record_and_warns_nobody(cast: Cast) -> None:
    silence(cast, metric="cpu", region="east")
    series = crossing(node="sw-3")
    watch = Watch.objects.get(series=series, threshold="cpu_pre_response")
    assert (watch.state, watch.held) == ("open", True)
    assert kinds() == ["mute.set", "watch.muted"]
    assert not open_incidents(worlds.real())
    assert not Message.objects.filter(kind__startswith="tier.").exists()
    (row,) = readings(worlds.real().pk, only=[series])
    assert row["state"] == "over"
    assert row["held"]
    assert row["muted_until"]


def test_outside_its_scope_and_after_its_end_everything_is_as_ever(cast: Cast) -> None:
    silence(cast, metric="cpu", region="west")
    crossing(node="sw-3")
    assert len(open_incidents(worlds.real())) == 1


def test_what_still_stands_speaks_at_the_end_and_the_owner_hears_what_was_held_back(cast: Cast) -> None:
    mute = silence(cast, metric="cpu")
    crossing(node="sw-3")
    mute = over(mute)
    assert (mute.ending, mute.held, mute.spoke) == ("due", 1, 1)
    assert kinds() == ["mute.set", "watch.muted", "mute.ended", "watch.opened"]
    (incident,) = open_incidents(worlds.real())
    assert incident.phase == "warning"
    message = Message.objects.get(kind="mute.ended")
    assert [row.user.username for row in message.deliveries.filter(channel="inapp")] == [TECH]
    assert "Held back: 1. Still standing, and speaking now: 1." in message.body["en"]
    mutes.due(mute.pk, mute.ends_at, mute.ends_at)
    assert Message.objects.filter(kind="mute.ended").count() == 1, "once"


def test_what_calmed_down_meanwhile_never_speaks(cast: Cast) -> None:
    mute = silence(cast, node="sw-3")
    series = crossing("cpu", 95, 96, 97, 40, node="sw-3")
    assert Watch.objects.get(series=series).state == "cleared"
    assert (over(mute).held, Mute.objects.get().spoke) == (1, 0)
    assert not open_incidents(worlds.real())


def test_the_gravest_level_is_never_held_back_and_takes_the_rest_of_its_series_along(cast: Cast) -> None:
    silence(cast, metric="complaints", region="east")
    series = series_ensure(worlds.real(), "complaints", "east")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=100, days=20)
    crossing("complaints", 135, 135, 135)
    assert not open_incidents(worlds.real())
    samples_write(worlds.real(), [(series, now(), 400.0)])
    judging.judge_pending()
    (incident,) = open_incidents(worlds.real())
    assert incident.proposed_level == "I"
    held = Watch.objects.filter(series=series, spoke_at=None)
    assert not held.exists(), "the pre-response that was held back speaks with it"
    spoke = Event.objects.filter(kind="watch.opened").values_list("data__despite", flat=True)
    assert set(spoke) == {Mute.objects.get().pk}


def test_another_silence_over_the_same_series_goes_on_holding(cast: Cast) -> None:
    first, second = silence(cast, metric="cpu", hours=3), silence(cast, region="east", hours=2)
    crossing(node="sw-3")
    assert Watch.objects.get().mute_id == first.pk, "the one that lasts longest holds"
    mutes.mute_end(mute_id=first.pk, by=cast.actor(TECH))
    assert Watch.objects.get().mute_id == second.pk
    assert not open_incidents(worlds.real())
    over(second)
    assert len(open_incidents(worlds.real())) == 1


def test_it_ends_by_the_timers_of_the_engine_and_an_extension_moves_them(cast: Cast) -> None:
    mute = silence(cast, metric="cpu", hours=1)
    later = mute.ends_at + HOURS
    assert Timer.objects.get(what=mutes.END, ref=mute.pk).due_at == mute.ends_at
    mutes.due(mute.pk, mute.ends_at, mute.ends_at - timedelta(minutes=1))
    assert Mute.objects.get().ended_at is None, "not before its time"
    mutes.mute_extend(mute_id=mute.pk, ends_at=later, reason="not done yet", by=cast.actor(DUTY))
    assert Timer.objects.get(what=mutes.END, ref=mute.pk).due_at == later
    mutes.due(mute.pk, mute.ends_at, mute.ends_at)
    assert Mute.objects.get().ended_at is None, "the old end means nothing any more"
    mutes.mute_end(mute_id=mute.pk, by=cast.actor(DUTY))
    assert not Timer.objects.filter(what=mutes.END).exists()
    with pytest.raises(Conflict):
        mutes.mute_end(mute_id=mute.pk, by=cast.actor(DUTY))
    with pytest.raises(Conflict):
        mutes.mute_extend(mute_id=mute.pk, ends_at=later, reason="x", by=cast.actor(DUTY))


@pytest.mark.parametrize("who", [OUTSIDER, AUDITOR, "feng", "admin"])
def test_who_may_not_sets_extends_and_ends_nothing(who: str, cast: Cast) -> None:
    mute = silence(cast, metric="cpu")
    events = kinds()
    with pytest.raises(NotAllowed):
        silence(cast, who=who, metric="cpu")
    with pytest.raises(NotAllowed):
        mutes.mute_extend(mute_id=mute.pk, ends_at=mute.ends_at + HOURS, reason="x", by=cast.actor(who))
    with pytest.raises(NotAllowed):
        mutes.mute_end(mute_id=mute.pk, by=cast.actor(who))
    assert kinds() == events


@pytest.mark.parametrize(
    ("case", "said", "field"),
    [
        ("everything at once", {"where": Where()}, "metric"),
        ("no such metric", {"where": Where(metric="moods")}, "metric"),
        ("over before it began", {"ends_at": -1}, "ends_at"),
        ("longer than a week", {"ends_at": 24 * 8}, "ends_at"),
        ("yesterday", {"starts_at": -24}, "starts_at"),
        ("next year", {"starts_at": 24 * 200, "ends_at": 24 * 201}, "starts_at"),
        ("no reason", {"reason": "  "}, "reason"),
        ("an owner who may not", {"owner_id": "outsider"}, "owner"),
        ("no such kind", {"kind": "nap"}, "kind"),
    ],
)
def test_what_is_wrong_is_named(case: str, said: dict[str, Any], field: str, cast: Cast) -> None:
    given: dict[str, Any] = {"kind": "silence", "where": Where(metric="cpu"), "reason": "x", "ends_at": 2} | said
    for name in ("starts_at", "ends_at"):
        if name in given:
            given[name] = now() + HOURS * given[name]
    if "owner_id" in given:
        given["owner_id"] = cast.user(given["owner_id"]).pk
    with pytest.raises(Invalid) as refused:
        mutes.mute_set(world=worlds.real(), by=cast.actor(TECH), **given)
    assert field in [row["field"] for row in refused.value.errors]
    assert not Mute.objects.exists()


def test_the_api_sets_extends_and_ends(cast: Cast) -> None:
    api = cast.api(TECH)
    body = {"kind": "silence", "metric": "cpu", "reason": "Link test", "ends_at": utc_text(now() + HOURS)}
    made = api.post("/api/v1/signals/mutes", body, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    again = api.post("/api/v1/signals/mutes", body, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (made.status_code, again.status_code) == (201, 201), made.content
    assert made.json()["id"] == again.json()["id"]
    pk = made.json()["id"]
    crossing(node="sw-3")
    longer = {"ends_at": utc_text(now() + HOURS * 2), "reason": "slow", "based_on": 1}
    assert api.post(f"/api/v1/signals/mutes/{pk}/extend", longer, format="json").status_code == 200
    stale = api.post(f"/api/v1/signals/mutes/{pk}/end", {"based_on": 1}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "mute.changed")
    ended = api.post(f"/api/v1/signals/mutes/{pk}/end", {}, format="json").json()
    assert (ended["ending"], ended["held"], ended["spoke"]) == ("early", 1, 1)
    listed = cast.api(AUDITOR).get("/api/v1/signals/mutes").json()
    assert [len(listed[name]) for name in ("now", "coming", "past")] == [0, 0, 1]
    assert cast.api(OUTSIDER).post("/api/v1/signals/mutes", body, format="json").status_code == 403
    assert api.get("/api/v1/signals/mutes/999").status_code == 404
    wrong = api.post("/api/v1/signals/mutes", body | {"node": "nowhere"}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "node")


def test_the_page_sets_and_ends_and_keeps_a_refused_form(cast: Cast) -> None:
    client = cast.client(DUTY)
    form = {
        "kind": "maintenance", "metric": "cpu", "region": "", "hotline": "", "node": "", "starts_at": "", "reason": "Link test",
        "ends_at": "", "owner": cast.user(DUTY).pk,
    }  # fmt: skip
    refused = client.post("/signals/mutes/", form)
    assert refused.status_code == 400
    assert b"Link test" in refused.content
    local = client.get("/signals/mutes/").context["form"]
    times = {name: local[name].value().strftime("%Y-%m-%dT%H:%M") for name in ("starts_at", "ends_at")}
    assert client.post("/signals/mutes/", form | times).status_code == 302
    mute = Mute.objects.get()
    crossing(node="sw-3")
    shown = client.get("/signals/mutes/").content.decode()
    assert "1 crossing held back" in shown
    assert "Link test" in shown
    assert "Silenced, crossing held back" in client.get("/signals/").content.decode()
    assert client.post(f"/signals/mutes/{mute.pk}/extend/", {"ends_at": "", "reason": "x"}).status_code == 400
    assert client.post(f"/signals/mutes/{mute.pk}/end/", {"based_on": mute.version}).status_code == 302
    assert Mute.objects.get().ending == "early"
    assert client.get(f"/signals/mutes/{mute.pk}/end/").status_code == 302
    looking = cast.client(AUDITOR)
    assert b"Set a window" not in looking.get("/signals/mutes/").content
    assert looking.post("/signals/mutes/", form | times).status_code == 403


def test_the_database_refuses_one_about_everything_and_one_that_vanishes(cast: Cast) -> None:
    mute = silence(cast, metric="cpu")
    with pytest.raises(IntegrityError), transaction.atomic():
        Mute.objects.filter(pk=mute.pk).update(metric="")
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        mute.delete()
    assert Series.objects.count() == 0


def test_the_signals_are_not_well_while_a_line_has_no_data(cast: Cast) -> None:
    client = cast.client(DUTY)
    crossing("cpu", 20.0, 20.0, 20.0)
    well = "Nothing is over a threshold or near one"
    assert well in client.get("/signals/").content.decode()
    series_ensure(worlds.real(), "cpu", "west", "", "")
    page = client.get("/signals/").content.decode()
    assert well not in page
    assert "1 line without data: whether it is over its threshold nobody knows" in page.split('data-tone="unknown"')[1]
    assert '<details class="block" open><summary class="fold">1 line without data' in page, "on a phone, too"
