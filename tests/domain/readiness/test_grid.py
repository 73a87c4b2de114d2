"""Where readiness turns lie, and what of them another version of the plan keeps."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plans.domain import ObligationRule, load
from readiness.domain.grid import Begins, begins, begins_again, same, turns_ahead
from tests.domain.plans.given import broken, plan

ZONE = ZoneInfo("Asia/Shanghai")
NEW_YEAR = datetime(2027, 1, 31, 9, tzinfo=ZONE)
FUND = "due: P3M, repeat: true, evidence: [report, file], ladder: weeks"


def fund(**changed: str) -> ObligationRule:
    """The quarterly report on the fund, as another version has it."""
    said = FUND
    for old, new in changed.values():
        said = said.replace(old, new)
    return load(broken(FUND, said), "x.yaml").rule("ready.fund")


BEFORE = plan().rule("ready.fund")
STOOD = begins(BEFORE, NEW_YEAR, ZONE)


def test_a_month_too_short_clamps_and_the_next_does_not_drift() -> None:
    generator = plan().rule("ready.generator")
    stood = begins(generator, NEW_YEAR, ZONE)
    assert stood.due_at == datetime(2027, 2, 28, 9, tzinfo=ZONE)
    ahead = list(turns_ahead(generator, stood, NEW_YEAR + timedelta(days=100), ZONE))
    assert ahead == [datetime(2027, 3, 31, 9, tzinfo=ZONE), datetime(2027, 4, 30, 9, tzinfo=ZONE)]


def test_what_comes_round_every_day_fills_no_calendar() -> None:
    roster = plan().rule("ready.roster")
    assert list(turns_ahead(roster, begins(roster, NEW_YEAR, ZONE), NEW_YEAR + timedelta(days=100), ZONE)) == []


def test_what_has_no_date_has_no_turns() -> None:
    supplies = plan().rule("ready.supplies")
    stood = begins(supplies, NEW_YEAR, ZONE)
    assert (stood.due_at, list(turns_ahead(supplies, stood, NEW_YEAR, ZONE))) == (None, [])


@pytest.mark.parametrize(
    ("case", "after", "alike"),
    [
        ("the same row", BEFORE, True),
        ("another interval", fund(due=("P3M", "P6M")), False),
        ("another proof", fund(proof=("[report, file]", "[check]")), False),
        ("another ladder", fund(ladder=("weeks", "days")), False),
    ],
)
def test_which_rows_are_the_same(case: str, after: ObligationRule, alike: bool) -> None:
    assert same(BEFORE, after) is alike, case


LATER = NEW_YEAR + timedelta(days=10)
OVER = NEW_YEAR + timedelta(days=120)
JULY = datetime(2027, 7, 31, 9, tzinfo=ZONE)
OTHER_PROOF = fund(proof=("[report, file]", "[check]"))


@pytest.mark.parametrize(
    ("case", "after", "now", "done", "due"),
    [
        ("another proof keeps the day", OTHER_PROOF, LATER, False, STOOD.due_at),
        ("a turn that was done is not asked for again", OTHER_PROOF, LATER, True, JULY),
        ("nor set into the past", OTHER_PROOF, OVER, False, JULY),
        ("another interval counts from now", fund(due=("P3M", "P6M")), LATER, False, datetime(2027, 8, 10, 9, tzinfo=ZONE)),
    ],
)  # fmt: skip
def test_where_a_changed_row_begins(case: str, after: ObligationRule, now: datetime, done: bool, due: datetime) -> None:
    assert begins_again(BEFORE, after, STOOD, now, ZONE, done=done).due_at == due, case
    assert begins_again(BEFORE, after, Begins(NEW_YEAR, None), now, ZONE).due_at is not None
