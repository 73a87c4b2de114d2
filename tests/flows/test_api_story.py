"""The main job through the API alone: from the first sample to the closing, each act by the role that owns it, with a moved clock."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from common.actor import SYSTEM
from common.clock import utc_text
from engine import sweep, worlds
from engine.log import log_verify
from engine.models import Alarm, Reaction, SetAside, Stream
from engine.queues import QUEUES, drain
from notifications.models import Delivery
from signals.models import Baseline
from signals.services import sources
from signals.services.samples import series_ensure
from tests.cast import AUDITOR, DEPUTY_GM, DUTY, EXECUTIVE, GM, OUTSIDER, TECH, Cast

SAMPLES = "/api/v1/signals/samples"


class Hotline:
    """Drives the product as programs do, in a real world whose clock the test moves."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.world = cast, worlds.real()
        self.source = APIClient()
        secret = sources.source_create(key="acd", name="ACD", world=self.world, by=SYSTEM)
        self.source.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def now(self) -> datetime:
        return worlds.now(self.world)

    def forward(self, **by: float) -> None:
        """Move the clock ahead and let everything that fell due on the way fire, as the sweep does."""
        worlds.world_forward(world=self.world, by=timedelta(**by))
        while sweep.sweep():
            pass

    def samples(self, metric: str, *values: float, **dims: str) -> dict[str, Any]:
        """One sample a minute, the last one now; judged at once."""
        start = self.now() - timedelta(minutes=len(values) - 1)
        rows = [
            {"metric": metric, "at": utc_text(start + timedelta(minutes=n)), "value": value, **dims}
            for n, value in enumerate(values)
        ]
        answer = self.source.post(SAMPLES, {"samples": rows}, format="json")
        assert answer.status_code == 202, answer.json()
        sweep.sweep()
        return answer.json()

    def post(self, who: str, path: str, body: dict[str, Any] | None = None, expect: int = 200) -> Any:
        answer = self.cast.api(who).post(f"/api/v1/{path}", body or {}, format="json")
        assert answer.status_code == expect, answer.content.decode()
        return answer.json()

    def get(self, who: str, path: str, expect: int = 200) -> Any:
        answer = self.cast.api(who).get(f"/api/v1/{path}")
        assert answer.status_code == expect, answer.content.decode()
        return answer.json()

    def owed(self, number: str) -> dict[str, dict[str, Any]]:
        """What stands, by rule."""
        rows = self.get(GM, f"incidents/{number}/obligations")
        return {row["rule"]: row for row in rows if row["state"] in ("open", "overdue")}


@pytest.fixture
def hotline(fresh_cast: Cast, settings: Any) -> Hotline:
    settings.REAL_WORLD_MOVABLE = True
    return Hotline(fresh_cast)


def due_in(row: dict[str, Any], since: datetime) -> float:
    """Minutes from an instant to the due time."""
    return round((datetime.fromisoformat(row["due_at"]) - since).total_seconds() / 60, 1)


def test_from_the_first_sample_to_the_closing(hotline: Hotline) -> None:
    # A regional surge: complaints against a learnt mean of 10 a minute.
    series = series_ensure(hotline.world, "complaints", "east")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)
    hotline.samples("complaints", *[10] * 15, region="east")
    assert hotline.get(GM, "board")["incidents"] == []
    hotline.forward(minutes=15)
    answer = hotline.samples("complaints", *[17] * 15, region="east")
    assert answer == {"accepted": 15, "rejected": []}

    (card,) = hotline.get(GM, "board")["incidents"]
    number = card["number"]
    assert (card["phase"], card["origin"], card["regions"], card["proposed_level"]) == (
        "warning",
        "signal",
        ["east"],
        "I",
    )
    assert Delivery.objects.filter(user=hotline.cast.user(DEPUTY_GM), message__kind="tier.pre_response").exists()
    messages = hotline.get(DEPUTY_GM, "messages?mine")
    assert any("Pre-response" in str(message) for message in messages["mine"])
    assert {"level.decide", "warning.limit", "warning.hourly_data"} <= hotline.owed(number).keys()

    # Further triggers of the same region join; nobody opens a second incident.
    hotline.forward(minutes=2)
    hotline.samples("cpu", *[97] * 7, node="sw-3")
    assert len(hotline.get(GM, "board")["incidents"]) == 1
    kinds = [event["kind"] for event in hotline.get(GM, f"incidents/{number}/events")["events"]]
    assert kinds[0] == "incident.opened"
    assert kinds.count("incident.joined") >= 1

    # Verify, assess, decide otherwise with a reason, start.
    hotline.post(OUTSIDER, f"incidents/{number}/verify", {"outcome": "confirmed"}, expect=403)
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    assert due_in(hotline.owed(number)["assess.impact"], hotline.now()) == pytest.approx(15, abs=0.5)
    hotline.post(
        TECH, f"incidents/{number}/assess", {"impact": "East only", "facts": {"recovery_hours": 4, "reach": "region"}}
    )
    seen = hotline.get(GM, f"incidents/{number}/decision-card")
    assert seen["proposed"] == "I"
    assert "1.2" in seen["clauses"]
    sources = {
        row["fact"]: row["source"] for row in (*seen["dimensions"], *seen["measures"]) if row["value"] is not None
    }
    assert sources["complaints_excess"] == "signals.flat", "nothing was learnt of this series yet"
    (excess,) = [row for row in (*seen["dimensions"], *seen["measures"]) if row["fact"] == "complaints_excess"]
    assert excess["days"] == 28, "of how many days the mean is"
    assert (excess["place"]["region"], excess["place"]["title"]["en"]) == ("east", "East"), "whose figure it is"
    hotline.post(GM, f"incidents/{number}/decide-level", {"level": "II"}, expect=400)
    decided = hotline.post(GM, f"incidents/{number}/decide-level", {"level": "II", "reason": "One region, four hours"})
    assert (decided["level"], decided["phase"]) == ("II", "warning"), "verifying ends no warning"
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed"}, expect=409)
    hotline.post(GM, f"incidents/{number}/decide-level", {"level": "II", "reason": "again"}, expect=409)
    started = hotline.now()
    hotline.post(GM, f"incidents/{number}/start")
    owed = hotline.owed(number)
    dues = {
        rule: due_in(owed[rule], started)
        for rule in (
            "hq.first_meeting",
            "hq.progress_summary",
            "tech.handling_report",
            "hq.evaluate_effect",
            "report.executive",
        )
    }
    assert dues == pytest.approx(
        {"hq.first_meeting": 30, "hq.progress_summary": 30, "tech.handling_report": 25, "hq.evaluate_effect": 60, "report.executive": 120},
        abs=0.2,
    )  # fmt: skip

    # The handling report comes in time, the summary is drafted from the log and published, the meeting is missed.
    hotline.forward(minutes=20)
    hotline.post(TECH, f"incidents/{number}/report", {"measures": "Switched to the spare switch", "recovery_hours": 1})
    hotline.forward(minutes=7)
    (summary,) = hotline.get(GM, f"incidents/{number}/summaries")
    assert "Switched to the spare switch" in summary["text"]["en"]
    edited = hotline.post(GM, f"incidents/{number}/summaries/{summary['id']}/edit", {
        "zh": summary["text"]["zh"] + "（已核对）", "en": summary["text"]["en"] + " Checked.", "based_on": summary["revision"],
    })  # fmt: skip
    hotline.post(
        GM, f"incidents/{number}/summaries/{summary['id']}/publish", {"revision": summary["revision"]}, expect=409
    )
    hotline.post(GM, f"incidents/{number}/summaries/{summary['id']}/publish", {"revision": edited["revision"]})
    hotline.forward(minutes=10)
    owed = hotline.owed(number)
    assert owed["hq.progress_summary"]["turn"] == 2
    assert due_in(owed["hq.progress_summary"], started) == pytest.approx(60, abs=0.2), "a fixed grid"
    assert owed["hq.first_meeting"]["state"] == "overdue"
    told = hotline.get(EXECUTIVE, "messages?mine")["mine"]
    assert any("Overdue" in str(message) for message in told), "the next one up was told"
    hotline.post(
        DUTY, f"obligations/{owed['hq.first_meeting']['id']}/fulfil", {"evidence": "meeting", "note": "x"}, expect=403
    )
    hotline.post(
        GM, f"obligations/{owed['hq.first_meeting']['id']}/fulfil", {"evidence": "meeting", "note": "Minutes 1"}
    )
    rows = hotline.get(GM, f"incidents/{number}/obligations")
    meetings = {row["rule"]: row["state"] for row in rows if "meeting" in row["rule"]}
    assert meetings == {"hq.first_meeting": "fulfilled", "assess.decision_meeting": "fulfilled"}, (
        "one meeting satisfies both"
    )

    # HQ lowers, service is restored, and after 72 quiet hours it ends and is closed.
    hotline.forward(minutes=30)
    hotline.post(
        GM, f"incidents/{number}/evaluate", {"verdict": "lower", "level": "III", "reason": "Back on the spare switch"}
    )
    assert "hq.progress_summary" not in hotline.owed(number), "level III exempts headquarters"
    hotline.samples("complaints", *[8] * 15, region="east")
    hotline.samples("cpu", *[40] * 3, node="sw-3")
    hotline.post(TECH, f"incidents/{number}/restore", {"note": "Switch replaced"})
    assert "recover.log" in hotline.owed(number)
    hotline.post(TECH, f"incidents/{number}/ending-report", {"summary": "Cause: power supply of sw-3"})
    declared = {"no_secondary_risk": True, "resources_withdrawn": True, "assessed_safe": True}
    refused = hotline.post(GM, f"incidents/{number}/end", declared, expect=409)
    assert "stable" in {row["field"] for row in refused["errors"]}
    hotline.forward(hours=73)
    hotline.samples("complaints", *[8] * 15, region="east")
    hotline.post(GM, f"incidents/{number}/end", declared)
    hotline.post(GM, f"incidents/{number}/close", expect=403)
    closed = hotline.post(EXECUTIVE, f"incidents/{number}/close", {"note": "Approved"})
    assert closed["phase"] == "closed"

    # Nothing is left hanging, and the log is whole.
    assert not Reaction.objects.exists()
    assert not SetAside.objects.exists()
    assert list(Alarm.objects.filter(cleared_at=None, kind__startswith="reaction").values_list("kind", "ref")) == []
    assert log_verify(Stream.objects.get(kind="incident", key=number)) is None


@pytest.mark.parametrize(
    ("case", "minutes", "opened"),
    [
        ("29 minutes over the line are no pre-response yet", 29, 0),
        ("30 minutes are, at their due instant, though no sample comes then", 30, 1),
    ],
)
def test_a_long_queue_starts_the_pre_response_by_its_timer(
    hotline: Hotline, case: str, minutes: int, opened: int
) -> None:
    over = 8 * 60 + 1
    hotline.samples("queue_time_mean", *[over] * 26, region="east")
    assert hotline.get(GM, "board")["incidents"] == [], "25 minutes so far"
    hotline.forward(minutes=minutes - 25)
    cards = hotline.get(GM, "board")["incidents"]
    assert len(cards) == opened, case
    if opened:
        (opening, *_rest) = hotline.get(GM, f"incidents/{cards[0]['number']}/events")["events"]
        assert (opening["kind"], opening["clause"], cards[0]["regions"]) == ("incident.opened", "4.1", ["east"])


def test_a_queue_that_became_short_in_time_starts_nothing(hotline: Hotline) -> None:
    hotline.samples("queue_time_mean", *[8 * 60 + 1] * 26, region="east")
    hotline.forward(minutes=4)
    hotline.samples("queue_time_mean", 60, region="east")
    hotline.forward(minutes=10)
    assert hotline.get(GM, "board")["incidents"] == []


def test_the_letter_to_headquarters_can_be_read_in_the_mail_sink(hotline: Hotline) -> None:
    hotline.samples("queue_time_mean", *[8 * 60 + 1] * 31, region="east")
    (card,) = hotline.get(GM, "board")["incidents"]
    drain(QUEUES["sends"])
    page = hotline.cast.client(AUDITOR).get("/messages/sink/").content.decode()
    _head, *letters = page.split("<article")
    name = hotline.cast.user(GM).display_name
    to_him = [letter for letter in letters if name in letter and card["number"] in letter]
    assert any("预备级响应" in letter for letter in to_him), page
