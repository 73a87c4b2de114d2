"""A threshold is changed in the browser, its findings and consequences are seen, a second person approves it, and it is in force at
its time: the next incident uses it, the one under way keeps the old one."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.models import Timer
from plans import selectors, services
from plans.services import ENTER
from signals.models import Baseline
from signals.rules import Rules
from signals.services.samples import series_ensure
from tests.cast import EXECUTIVE, GM, IT, Cast
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

# From 30 % over the daily mean to 40 %: the line machines watch, the line of level II, and the rule it stands for.
TYPED = {
    "thresholds.complaints_pre_response.value": "40",
    "thresholds.complaints_level_ii.value": "40",
    "level_rules.complaints_30.when.value": "40",
}


def expecting(house: Hotline, region: str) -> None:
    series = series_ensure(house.world, "complaints", region)
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)


def cards(house: Hotline) -> dict[str, Any]:
    return {",".join(card["regions"]): card for card in house.get(GM, "board")["incidents"]}


def test_the_next_incident_uses_it_while_the_running_one_does_not(hotline: Hotline) -> None:  # noqa: F811
    cast = hotline.cast
    expecting(hotline, "east")
    expecting(hotline, "south")
    # Under the plan in force, 35 % over opens a warning and proposes level II.
    hotline.samples("complaints", *[13.5] * 15, region="east")
    running = cards(hotline)["east"]["number"]
    assert hotline.get(GM, f"incidents/{running}/decision-card")["proposed"] == "II"

    # The head of IT begins a draft and changes the line; what it leads to shows while he types.
    browser = cast.client(IT)
    begun = browser.post("/plan/versions/1/draft/", follow=True)
    assert begun.redirect_chain[-1][0] == "/plan/versions/2/values/"
    first = browser.post("/plan/versions/2/check/", dict(list(TYPED.items())[:2])).content.decode()
    assert "Limits differ" in first, "a line that machines watch at another value than its rule"
    shown = browser.post("/plan/versions/2/check/", TYPED).content.decode()
    assert "Limits differ" not in shown
    assert "Complaints over the daily mean &gt; 30 % and ≤ 40 %" in shown
    draft = selectors.version_by_number(2)
    based = {"based_on": draft.revision, "based_on_sha256": draft.sha256, "note": "After the drill of May"}
    assert browser.post("/plan/versions/2/values/", TYPED | based).status_code == 302
    page = browser.get("/plan/versions/2/").content.decode()
    assert 'id="consequences"' in page
    # What rulings rested on has changed: he rules anew, with his name.
    rulings = browser.get("/plan/versions/2/rulings/").content.decode()
    assert "Changed since ruling" in rulings
    submit = {"revision": selectors.version_by_number(2).revision}
    assert browser.post("/plan/versions/2/submit/", submit).status_code == 302
    assert browser.post("/plan/versions/2/approve/", {}).status_code == 403

    # Another person approves it for an hour from now; till then nothing changes.
    other, submitted = cast.client(GM), selectors.version_by_number(2)
    at = (hotline.now() + timedelta(hours=1)).replace(second=0, microsecond=0)
    said = {"revision": submitted.revision, "sha256": submitted.sha256, "against": 1}
    local = at.astimezone(selectors.current().zone).strftime("%Y-%m-%dT%H:%M")
    assert other.post("/plan/versions/2/approve/", said | {"in_force_from": local}).status_code == 302
    assert selectors.in_force().number == 1
    hotline.forward(minutes=61)
    assert selectors.in_force().number == 2
    told = hotline.get(IT, "messages?mine")["mine"]
    assert any("is in force" in str(message) for message in told)

    # 35 % over in another region opens nothing now; 45 % does, and that incident is the new version's.
    hotline.samples("complaints", *[13.5] * 15, region="south")
    assert "south" not in cards(hotline)
    hotline.forward(minutes=16)
    hotline.samples("complaints", *[14.5] * 15, region="south")
    fresh = cards(hotline)["south"]["number"]
    assert hotline.get(GM, f"incidents/{fresh}/plan")["version"] == 2
    # The one under way keeps its own: 35 % over is still level II there, and no level in the other.
    hotline.samples("complaints", *[13.5] * 15, region="east")
    hotline.forward(minutes=16)
    hotline.samples("complaints", *[13.5] * 15, region="east")
    hotline.samples("complaints", *[13.5] * 15, region="south")
    old = hotline.get(GM, f"incidents/{running}/decision-card")
    new = hotline.get(GM, f"incidents/{fresh}/decision-card")
    assert hotline.get(GM, f"incidents/{running}/plan")["version"] == 1
    assert (old["proposed"], new["proposed"]) == ("II", None)

    # Moving it takes two as well.
    asked = hotline.post(GM, f"incidents/{running}/plan", {"to": 2, "reason": "One plan for both"}, expect=201)
    move = asked["moves"][0]["id"]
    hotline.post(GM, f"incidents/{running}/plan/{move}/approve", expect=403)
    hotline.post(EXECUTIVE, f"incidents/{running}/plan/{move}/approve")
    assert hotline.get(GM, f"incidents/{running}/decision-card")["proposed"] is None


def scheduled(cast: Cast, house: Hotline) -> Any:
    version = services.version_draft(base=1, by=cast.actor(IT))
    version = services.version_edit(number=2, text=version.text + "# revised\n", based_on=1, by=cast.actor(IT))
    version = services.version_submit(number=2, by=cast.actor(IT))
    at = house.now() + timedelta(hours=1)
    return services.version_approve(
        number=2, revision=version.revision, sha256=version.sha256, in_force_from=at, by=cast.actor(GM)
    )


def test_a_process_that_dies_on_the_way_leaves_the_old_one_in_force_and_the_timer_standing(
    hotline: Hotline,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = scheduled(hotline.cast, hotline)

    def dies(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as dying:
        dying.setattr("plans.services.entering.written", dies)
        hotline.forward(hours=2)
    version.refresh_from_db()
    assert (version.status, selectors.in_force().number) == ("approved", 1)
    assert Timer.objects.filter(what=ENTER, ref=version.pk).exists()
    Timer.objects.filter(what=ENTER).update(lease_until=datetime(2000, 1, 1, tzinfo=UTC))  # its lease has run out
    hotline.forward(seconds=1)
    assert selectors.in_force().number == 2


def test_every_process_judges_by_it_within_ten_seconds(hotline: Hotline, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Another process heard nothing of it and asks the database again by itself."""
    other, before = Rules(), services.version_draft(base=1, by=hotline.cast.actor(IT))
    changed = before.text.replace("value: 480, clear_at: 360", "value: 500, clear_at: 360", 1)
    assert other.fresh().thresholds["queue_time_pre_response"].value == 480
    services.version_edit(number=2, text=changed, based_on=1, by=hotline.cast.actor(IT))
    version = services.version_submit(number=2, by=hotline.cast.actor(IT))
    services.version_approve(number=2, revision=2, sha256=version.sha256, by=hotline.cast.actor(GM))
    later = time.monotonic() + 10.1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert other.fresh().thresholds["queue_time_pre_response"].value == 500


def test_what_was_watched_by_a_line_that_is_gone_is_cleared(hotline: Hotline) -> None:  # noqa: F811
    from signals.models import Watch

    cast = hotline.cast
    hotline.samples("cpu", *[97] * 8, node="sw-3")
    assert Watch.objects.filter(threshold="cpu_pre_response", state="open").exists()
    number = cards(hotline)["east"]["number"]
    version = services.version_draft(base=1, by=cast.actor(IT))
    renamed = version.text.replace("cpu_pre_response", "cpu_line")
    services.version_edit(number=2, text=renamed, based_on=1, by=cast.actor(IT))
    version = services.version_submit(number=2, by=cast.actor(IT))
    services.version_approve(number=2, revision=2, sha256=version.sha256, by=cast.actor(GM))
    hotline.forward(seconds=5)
    assert not Watch.objects.filter(threshold="cpu_pre_response", state="open").exists()
    assert hotline.get(GM, f"incidents/{number}/plan")["version"] == 1
    hotline.forward(minutes=3)
    hotline.samples("cpu", *[97] * 8, node="sw-3")
    assert Watch.objects.filter(threshold="cpu_line", state="open").exists()
