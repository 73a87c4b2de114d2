"""On series that nobody here made up (README of ../shared/data): what docs/baseline.md says of them."""

import csv
from array import array
from datetime import datetime
from pathlib import Path

import pytest

from common.clock import microseconds
from plans.domain import load
from signals.domain.backtest import Backtest, backtest
from signals.domain.marks import History, Mean

ROOT = Path(__file__).parents[3]
CALLS = ROOT.parent / "shared" / "data" / "bank_calls_2003_mar_jul.csv"
pytestmark = pytest.mark.skipif(not CALLS.is_file(), reason="the real series of ../shared/data are not on this machine")
TEXT = (ROOT / "plans" / "data" / "hotline.yaml").read_text(encoding="utf-8")
PLAN = load(TEXT.replace("Asia/Shanghai", "America/New_York").replace("{country: CN}", "{country: US}"), "bank.yaml")
SURGES = ("04-01", "05-01", "07-03")


@pytest.fixture(scope="module")
def calls() -> History:
    with CALLS.open(encoding="utf-8", newline="") as file:
        rows = [
            (datetime.fromisoformat(row["at"]).replace(tzinfo=PLAN.zone), float(row["calls"]))
            for row in csv.DictReader(file)
        ]
    at, values = array("q", [microseconds(at) for at, _ in rows]), array("d", [value for _, value in rows])
    return History(("complaints", "east", "", ""), PLAN.metric("complaints"), at, values)


def first_on(found: Backtest, day: str) -> str:
    local = (row.opened.astimezone(PLAN.zone) for row in found.warnings)
    return next(at.strftime("%H:%M") for at in local if at.strftime("%m-%d") == day)


def test_the_learnt_mean_notices_the_surges_at_opening_and_keeps_quiet_otherwise(calls: History) -> None:
    found = backtest(PLAN, [calls])
    assert [first_on(found, day) for day in SURGES] == ["07:05"] * 3
    assert len(found.warnings) <= 29


def test_the_flat_mean_cries_every_morning_and_two_hours_late(calls: History) -> None:
    found = backtest(PLAN, [calls], mean=Mean.FLAT)
    assert [first_on(found, day) for day in SURGES] == ["09:10", "09:20", "09:05"]
    assert len(found.warnings) >= 130
