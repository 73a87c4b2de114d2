"""A report leaves before everything is known, and says what is not (3.3)."""

import pytest

from plans.domain.templates import filled, left_open
from tests.domain.plans.given import plan

KNOWN = {"time": "08:00", "place": "East", "reach": "one region"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_is_not_yet_known_is_marked_and_told_from_what_is(language: str) -> None:
    report = plan().templates["first_report"]
    text = filled(report, KNOWN, language)
    assert left_open(report, text) == ["measures", "secondary_risk"]
    assert "one region" in text
    everything = dict.fromkeys(report.elements, "known")
    assert left_open(report, filled(report, everything, language)) == []
    assert left_open(report, filled(report, {**everything, "reach": ""}, language)) == ["reach"], "empty is not known"


def test_whoever_writes_over_a_mark_has_filled_it_in() -> None:
    report = plan().templates["first_report"]
    text = filled(report, KNOWN, "en").replace("[Measures taken: not yet known]", "spare core")
    assert left_open(report, text) == ["secondary_risk"]
