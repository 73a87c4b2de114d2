from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from engine.events import KINDS
from plans.domain import (
    Situation,
    first_due,
    next_due,
    obligations_for,
    opening,
    owner_chain,
    rules_ended_by,
    rules_satisfied_by,
    still_applies,
    turn_due,
)
from plans.domain.vocabulary import EVENT_KINDS, INCIDENT_EVENTS, MOMENTS
from plans.moment_words import EVENTS
from tests.domain.plans.given import NOW, plan

MINUTE = timedelta(minutes=1)
# The table of the written plan, id by id.
TABLE = """
intake.judge intake.verify notify.supervisor notify.major auto.push assess.impact assess.decision_meeting level.decide
hq.confirm_regional hq.activate repair.level_iii hq.first_meeting start.website start.budget start.allocation hq.progress_summary
tech.handling_report site.monitoring_record hq.evaluate_effect report.executive report.superior_first
report.superior_first_major report.superior_rest report.superior_cause report.root_cause notice.draft notice.legal notice.publish
notice.update notice.regulator support.request support.commander warning.issue warning.hourly_data warning.prepare
warning.limit warning.lift end.report end.evaluation_meeting end.approve recover.log recover.redundancy after.media
after.people ready.roster ready.contacts ready.experts ready.equipment ready.generator ready.fuel ready.fund
ready.supplies ready.first_aid ready.onboarding ready.safety_assessment ready.drill
"""


def situation(level: str | None = "II", major: bool | None = False, phase: str = "response") -> Situation:
    return Situation(level=level, major=major, phase=phase)


def ids(moment: str, at: Situation) -> set[str]:
    return {rule.id for rule in obligations_for(plan(), moment, at)}


def test_the_whole_table_is_in_the_plan() -> None:
    assert sorted(plan().obligations) == sorted(TABLE.split())


@pytest.mark.parametrize(
    ("case", "moment", "at", "opened"),
    [
        ("intake", "reported", situation(None, None, "reported"), {"intake.judge", "intake.verify"}),
        (
            "an unjudged fault owes the ordinary reports",
            "known",
            situation(None, None, "reported"),
            {"report.superior_first", "report.superior_cause", "report.root_cause"},
        ),
        ("level III starts without headquarters", "response_started", situation("III"),
         {"tech.handling_report", "site.monitoring_record"}),
        (
            "level II starts with everything",
            "response_started",
            situation("II"),
            {
                "hq.first_meeting", "start.website", "start.budget", "start.allocation", "tech.handling_report",
                "site.monitoring_record", "hq.evaluate_effect", "report.executive",
            },
        ),
        ("only level I activates the centre", "level_i", situation("I"), {"hq.activate"}),
        ("level III is repaired", "level_iii", situation("III"), {"repair.level_iii"}),
        ("an ordinary fault goes to the supervisor", "judged", situation(major=False), {"notify.supervisor"}),
        (
            "a major one to headquarters and the public",
            "judged_major",
            situation(major=True),
            {"notify.major", "report.superior_first_major", "notice.draft", "notice.legal", "notice.publish"},
        ),
        ("monitoring keeps the log only", "service_restored", situation(phase="monitoring"),
         {"end.report", "recover.log", "recover.redundancy"}),
    ],
)  # fmt: skip
def test_what_a_moment_opens(case: str, moment: str, at: Situation, opened: set[str]) -> None:
    assert ids(moment, at) == opened, case


@pytest.mark.parametrize(
    ("rule", "minutes"),
    [
        ("intake.verify", 5), ("assess.impact", 15), ("level.decide", 10), ("hq.first_meeting", 30),
        ("hq.progress_summary", 30), ("tech.handling_report", 25), ("report.superior_first", 360),
        ("report.superior_cause", 24 * 60), ("report.root_cause", 48 * 60), ("end.evaluation_meeting", 3 * 24 * 60),
    ],
)  # fmt: skip
def test_first_due(rule: str, minutes: int) -> None:
    assert first_due(plan().rule(rule), NOW) == NOW + minutes * MINUTE


def test_what_has_no_clock_is_never_due() -> None:
    assert first_due(plan().rule("end.report"), NOW) is None
    assert next_due(plan().rule("end.report"), NOW) is None
    assert next_due(plan().rule("assess.impact"), NOW) is None  # once only


def test_the_report_stays_five_minutes_ahead_of_the_summary_it_feeds() -> None:
    report, summary = plan().rule("tech.handling_report"), plan().rule("hq.progress_summary")
    for turn in range(1, 50):
        assert turn_due(summary, NOW, turn) - turn_due(report, NOW, turn) == 5 * MINUTE


@for_all(st.integers(1, 200))
def test_next_due_walks_the_same_grid_as_the_anchor(turn: int) -> None:
    for rule in (r for r in plan().obligations.values() if r.repeat):
        anchor = datetime(2026, 1, 31, 1, tzinfo=UTC)
        due = turn_due(rule, anchor, turn)
        assert next_due(rule, due, anchored_at=anchor) == turn_due(rule, anchor, turn + 1)


def test_a_month_end_clamps_in_company_time_and_does_not_drift() -> None:
    anchor = datetime(2026, 1, 30, 17, tzinfo=UTC)  # 31 January, 01:00 in Shanghai
    rule = plan().rule("ready.generator")
    february = first_due(rule, anchor)
    assert february == datetime(2026, 2, 27, 17, tzinfo=UTC)
    assert next_due(rule, february, anchored_at=anchor) == datetime(2026, 3, 30, 17, tzinfo=UTC)


KNOWN = NOW - 4 * MINUTE


@pytest.mark.parametrize(
    ("case", "occurred", "due"),
    [
        ("judged major at once runs from known", {"known": KNOWN, "judged_major": NOW}, KNOWN + 60 * MINUTE),
        (
            "an ordinary fault that turns major runs from turning",
            {"known": NOW - 90 * MINUTE, "judged": NOW - 85 * MINUTE, "judged_major": NOW},
            NOW + 60 * MINUTE,
        ),
        (
            "never beyond the original six hours",
            {"known": NOW - 330 * MINUTE, "judged": NOW - 325 * MINUTE, "judged_major": NOW},
            NOW + 30 * MINUTE,
        ),
    ],
)
def test_the_hour_of_a_major_report(case: str, occurred: dict[str, datetime], due: datetime) -> None:
    assert opening(plan().rule("report.superior_first_major"), "judged_major", occurred).due_at == due, case


@pytest.mark.parametrize(
    ("case", "rule", "at", "applies"),
    [
        ("turning major supersedes the six hours", "report.superior_first", situation(major=True), False),
        ("lowering to III relieves headquarters", "hq.evaluate_effect", situation("III"), False),
        ("an undecided level exempts nobody", "assess.decision_meeting", situation(None), True),
        ("a false alarm ends everything of the incident", "intake.verify", situation(phase="dismissed"), False),
        ("but not readiness", "ready.fund", situation(phase="dismissed"), True),
    ],
)
def test_still_applies(case: str, rule: str, at: Situation, applies: bool) -> None:
    assert still_applies(plan().rule(rule), at) is applies, case


def test_restored_service_ends_the_rhythms_and_not_the_log() -> None:
    ended = {rule.id for rule in rules_ended_by(plan(), "service_restored")}
    rhythms = {"hq.progress_summary", "tech.handling_report", "hq.evaluate_effect", "report.executive", "notice.update"}
    assert rhythms <= ended
    assert "recover.log" not in ended


def test_a_dismissal_ends_all_but_readiness() -> None:
    ended = {rule.id for rule in rules_ended_by(plan(), "dismissed")}
    assert ended == {key for key in plan().obligations if not key.startswith("ready.")}


def test_one_meeting_satisfies_both_first_meetings() -> None:
    satisfied = {rule.id for rule in rules_satisfied_by(plan(), "meeting")}
    assert {"assess.decision_meeting", "hq.first_meeting"} <= satisfied


def test_every_evidence_is_an_event_a_moment_or_declared() -> None:
    used = {item for rule in plan().obligations.values() for item in rule.evidence}
    assert used <= EVENT_KINDS | MOMENTS | plan().evidence.keys()
    assert set(plan().evidence) - used == set()  # nothing declared in vain


@pytest.mark.parametrize(
    ("role", "chain"),
    [
        ("duty_manager", ["cs_supervisor", "deputy_gm", "hq", "executive"]),
        ("technical_response", ["head_of_it", "cto", "hq", "executive"]),
        ("hq", ["executive"]),
        ("executive", []),
    ],
)
def test_owner_chain(role: str, chain: list[str]) -> None:
    assert [upper.id for upper in owner_chain(plan(), role)] == chain


def test_every_event_that_may_start_a_clock_is_one_that_is_written_and_has_words() -> None:
    assert KINDS.keys() >= INCIDENT_EVENTS
    assert EVENTS.keys() == INCIDENT_EVENTS
