from datetime import timedelta

import pytest

from plans.domain import Situation, WhyNot, not_triggered
from tests.domain.plans.given import NOW, plan

LATER = NOW + timedelta(minutes=5)


def why(rule: str, occurred: tuple[str, ...], level: str | None, major: bool | None, phase: str = "response") -> WhyNot:
    found = not_triggered(plan(), (), dict.fromkeys(occurred, NOW), Situation(level, major, phase))
    return next(one.why for one in found if one.rule.id == rule)


@pytest.mark.parametrize(
    ("case", "rule", "came", "level", "major", "phase", "because"),
    [
        ("nobody declared it", "support.request", ("known",), "I", True, "response", WhyNot.NO_MOMENT),
        ("level III exempts headquarters", "hq.first_meeting", ("response_started",), "III", False, "response", WhyNot.LEVEL),
        ("an ordinary fault tells no public", "notice.draft", ("known",), "III", False, "response", WhyNot.NOT_MAJOR),
        ("a major one is no supervisor's alone", "notify.supervisor", ("judged",), "I", True, "response", WhyNot.MAJOR),
        ("not judged yet is not major", "notice.draft", ("known",), None, None, "reported", WhyNot.NOT_MAJOR),
        ("a false alarm owes nothing", "assess.impact", ("verified",), None, False, "dismissed", WhyNot.DISMISSED),
        ("raised after the assessment", "assess.decision_meeting", ("impact_assessed",), "I", True, "response", WhyNot.THEN),
    ],
)  # fmt: skip
def test_each_reason(
    case: str, rule: str, came: tuple[str, ...], level: str | None, major: bool | None, phase: str, because: WhyNot
) -> None:
    assert why(rule, came, level, major, phase) is because, case


def test_every_row_about_incidents_is_either_owed_or_accounted_for() -> None:
    rows = {rule.id for rule in plan().obligations.values() if not rule.outside_incidents}
    opened = {"intake.judge", "intake.verify"}
    found = not_triggered(plan(), opened, {"known": NOW, "judged": LATER}, Situation(None, False, "verified"))
    assert {one.rule.id for one in found} == rows - opened
    assert next(one.came for one in found if one.rule.id == "report.superior_cause") == ("known",)
