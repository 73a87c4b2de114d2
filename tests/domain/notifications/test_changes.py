"""What changed since a moment of the log: net, each thing once, in both languages."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from notifications.domain.changes import changes

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
NAMES = {
    "obligations": {"a": {"zh": "甲", "en": "The first"}, "b": {"zh": "乙", "en": "The second"}},
    "roles": {"hq": {"zh": "指挥部", "en": "Headquarters"}},
}


def log(*entries: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"seq": n, "kind": kind, "occurred": (NOW + timedelta(minutes=n)).isoformat(), "data": data}
        for n, (kind, data) in enumerate(entries, start=1)
    ]


def said(*entries: tuple[str, dict[str, Any]], since: int = 1, **more: Any) -> list[tuple[str, str]]:
    found = changes(log(*entries), since=since, names=NAMES, now=NOW, zone=ZoneInfo("Asia/Shanghai"), **more)
    return [(line.kind, line.text.en) for line in found]


def facts(**after: Any) -> tuple[str, dict[str, Any]]:
    return "incident.facts_recorded", {"after": after}


def owed(what: str, rule: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return f"obligation.{what}", {"id": ord(rule), "rule": rule, **more}


def overdue(rule: str) -> tuple[str, dict[str, Any]]:
    title = NAMES["obligations"][rule]
    return owed("overdue", rule, title=title, owners=["hq"], due_at=NOW.isoformat())


def test_a_fact_says_from_what_to_what_and_one_that_came_back_says_nothing() -> None:
    before = facts(reach="region", recovery_hours=8)
    assert said(before, facts(reach="nationwide")) == [("fact", "Reach: from single region to nationwide")]
    assert said(before, facts(recovery_hours=3), facts(recovery_hours=8)) == []
    assert said(before, facts(secondary_risk="high")) == [("fact", "Secondary risk: high")]
    assert said(before, facts(reach=None)) == [("fact", "Reach: from single region to not known yet")]


def test_what_machines_say_anew_is_not_said_twice() -> None:
    assert said(facts(), facts(complaints_excess=0.4), measured=["complaints_excess"]) == []


def test_what_fell_due_and_was_done_meanwhile_is_done() -> None:
    done = owed("fulfilled", "a", late=True, evidence="meeting")
    assert said(facts(), overdue("a"), overdue("b"), done) == [
        ("owed", "Overdue: The second (Headquarters), was due at 11:00"),
        ("owed", "Done late: The first"),
    ]


def test_what_was_settled_is_one_sentence_each_way() -> None:
    done = [owed("fulfilled", rule, late=False, evidence="meeting") for rule in ("a", "b", "a")]
    let_go = owed("waived", "b", reason="not needed")
    assert said(facts(), *done, let_go) == [("owed", "Done: The first, The second"), ("owed", "Waived: The second")]
    assert said(facts(), *done, without=["meeting"]) == []


def test_nothing_older_than_the_last_report_is_told() -> None:
    story = [facts(reach="region"), overdue("a"), ("service.restored", {})]
    assert said(*story, since=3) == []
    assert said(*story, since=2) == [("event", "11:03 Service restored; monitoring began")]
