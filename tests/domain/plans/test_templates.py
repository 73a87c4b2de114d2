"""What is missing keeps a report back; what is said to be not yet known lets it leave (3.3)."""

import re

import pytest

from plans.domain.templates import BLANK, blanks, filled, keeping_back, left_open
from tests.domain.plans.broken_plans import small
from tests.domain.plans.given import plan, text

KNOWN = {"time": "08:00", "place": "East", "reach": "one region"}


@pytest.mark.parametrize(("language", "unknown"), [("zh-hans", "尚不清楚"), ("en", " not yet known")])
def test_what_is_missing_is_told_from_what_is_said_to_be_unknown_and_from_what_is_known(
    language: str, unknown: str
) -> None:
    report = plan().templates["first_report"]
    text = filled(report, KNOWN, language)
    assert (keeping_back(report, text), left_open(report, text)) == (["measures", "secondary_risk"], [])
    assert "one region" in text
    said = text.replace(BLANK, unknown.strip())
    assert (keeping_back(report, said), left_open(report, said)) == ([], ["measures", "secondary_risk"])
    everything = dict.fromkeys(report.elements, "known")
    assert keeping_back(report, filled(report, everything, language)) == []
    assert keeping_back(report, filled(report, {**everything, "reach": ""}, language)) == ["reach"], (
        "empty is not known"
    )


def test_whoever_writes_over_a_mark_has_filled_it_in() -> None:
    report = plan().templates["first_report"]
    text = filled(report, KNOWN, "en").replace(f"[Measures taken: {BLANK}]", "spare core")
    assert keeping_back(report, text) == ["secondary_risk"]


def test_a_template_says_which_proof_it_is_and_an_older_version_is_read_as_it_was() -> None:
    from plans.domain import load

    own = {proof: (row.id, row.rest_later) for proof, row in plan().template_of.items()}
    assert own["authority_rest_report"] == ("first_report", True)
    assert own["authority_cause_report"] == ("cause_report", False)
    before = re.sub(r"(?m)^    (proves|rest_later): .*\n", "", text())
    assert {proof: (row.id, row.rest_later) for proof, row in load(before).template_of.items()} == own
    assert load(small()).template_of == {}
    other = text().replace("proves: [authority_cause_report]", "proves: [root_cause_report]")
    assert "authority_cause_report" not in load(other).template_of


def test_a_blank_without_a_template_is_named_in_the_language_it_was_written_in() -> None:
    assert blanks(f"[Cause: {BLANK}]\n【防止再发生：{BLANK}】 [Cause: a cable]") == ["Cause", "防止再发生"]
