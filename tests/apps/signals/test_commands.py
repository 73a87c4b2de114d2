"""`manage.py replay` and `simulate`: what they open, and what they say when a file cannot be played."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from engine import worlds
from incidents.selectors import newest
from signals.models import Baseline, Sample, Series, Watch
from tests.cast import Cast

MONDAY = datetime(2003, 3, 3, 8, 0)


def written(folder: Path, text: str) -> Path:
    path = folder / "calls_2003.csv"
    path.write_text(text, encoding="utf-8")
    return path


def weeks(folder: Path, *, surge: int) -> Path:
    """Three weeks of ten calls a five minutes on workdays from 8 to 18, and in the last hour of the last day `surge` of them."""
    rows = ["at,calls"]
    for day in range(19):
        start = MONDAY + timedelta(days=day)
        if start.weekday() < 5:
            for n in range(120):
                value = surge if day == 18 and n >= 108 else 10
                rows.append(f"{start + timedelta(minutes=5 * n):%Y-%m-%dT%H:%M:%S},{value}")
    return written(folder, "\n".join(rows) + "\n")


def replay(file: Path, *options: str) -> str:
    out = StringIO()
    call_command("replay", str(file), "--world", "w", *(options or ("--metric", "complaints")), stdout=out)
    return out.getvalue()


def test_a_file_is_replayed_with_its_history_and_its_hours(cast: Cast, tmp_path: Path) -> None:
    file = weeks(tmp_path, surge=30)
    said = replay(
        file, "--metric", "complaints", "--region", "east", "--history-until", "2003-03-20", "--service-hours", "mon-fri 08:00-18:00"
    )  # fmt: skip
    world = worlds.by_key("w")
    assert "1560 samples of history, 240 to play" in said
    assert (world.is_real, Sample.objects.count()) == (False, 1800)
    series = Series.objects.get(world=world)
    assert (series.region, series.silent_since) == ("east", None), "the night is no silence"
    assert Baseline.objects.filter(series=series).exists()
    assert {watch.threshold for watch in Watch.objects.filter(series=series)} >= {"complaints_pre_response"}
    assert not Watch.objects.filter(series=series, opened_at__lt=worlds.now(world) - timedelta(hours=2)).exists()
    assert [incident.regions for incident in newest(world)] == [["east"]]
    assert "complaints_pre_response" in said
    assert not newest(worlds.real()), "the real world heard nothing of it"


COMPLAINTS = ("--metric", "complaints")
ONE = "at,calls\n2003-03-03T08:00:00,1\n"
WRONG: dict[str, tuple[str, tuple[str, ...], str]] = {
    "a metric the plan does not have": (ONE, ("--metric", "coffee"), "no metric coffee"),
    "no column of times": ("when,calls\n2003-03-03,1\n", (), "column `at`"),
    "no column of values": ("at\n2003-03-03T08:00:00\n", (), "column `at`"),
    "another column than named": (ONE, (*COMPLAINTS, "--column", "cups"), "column"),
    "a time that is none": ("at,calls\n2003-03-03T08:00:00,1\ntea time,2\n", (), "Line 3"),
    "a day that is none": ("at,calls\n2003-02-30T08:00:00,2\n", (), "Line 2"),
    "a value that is none": ("at,calls\n2003-03-03T08:00:00,many\n", (), "Line 2"),
    "NaN": ("at,calls\n2003-03-03T08:00:00,NaN\n", (), "Line 2"),
    "a line that breaks off": ("at,calls\n2003-03-03T08:00:00\n", (), "Line 2"),
    "less than nothing": ("at,calls\n2003-03-03T08:00:00,-1\n", (), "Line 2"),
    "a unit of another metric": (ONE, (*COMPLAINTS, "--unit", "furlong"), "Line 2"),
    "nothing in it": ("at,calls\n", (), "no samples"),
    "nothing at all": ("", (), "column `at`"),
    "hours nobody can read": (ONE, (*COMPLAINTS, "--service-hours", "always"), "service hours"),
    "hours that are no times": (ONE, (*COMPLAINTS, "--service-hours", "mon-fri early-late"), "service hours"),
    "a speed nobody can keep": (ONE, (*COMPLAINTS, "--speed", "fast"), "speed"),
    "a region nobody knows": (ONE, (*COMPLAINTS, "--region", "moon"), "region"),
    "only history": (ONE, (*COMPLAINTS, "--history-until", "2004-01-01"), "Nothing is left"),
}  # fmt: skip


def test_what_cannot_be_played_is_named_and_opens_no_world(cast: Cast, tmp_path: Path) -> None:
    for case, (text, options, said) in WRONG.items():
        with pytest.raises(CommandError) as refused:
            replay(written(tmp_path, text), *options)
        assert said in str(refused.value), (case, str(refused.value))
        assert worlds.find("w") is None, case


def test_a_file_that_cannot_be_read_is_named(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        replay(tmp_path / "nowhere.csv")
    (tmp_path / "picture.csv").write_bytes(b"at,calls\n\xff\xfe\x00\x01")
    with pytest.raises(CommandError, match="cannot be read"):
        replay(tmp_path / "picture.csv")


def test_a_world_by_this_key_already(cast: Cast, tmp_path: Path) -> None:
    file = written(tmp_path, "at,calls\n2003-03-03T08:00:00,1\n")
    replay(file)
    with pytest.raises(CommandError):
        replay(file)


# What a scenario opens while it lasts; a single node's CPU is a pre-response as well (4.1).
SCENARIOS: dict[str, set[str]] = {
    "quiet-day": set(),
    "carrier-cut": {"complaints_pre_response"},
    "attack": {"complaints_pre_response", "cpu_pre_response"},
    "complaint-surge": {"complaints_pre_response"},
    "single-node": {"cpu_pre_response"},
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_opens_what_it_should(
    scenario: str, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signals.management.commands.simulate.WEEKS", 2)  # enough to tell trouble by
    # On a Tuesday at two in the afternoon, whenever this runs: with the seed the whole play is the same each time.
    settings.REAL_WORLD_MOVABLE = True
    now = worlds.now(worlds.real())
    tuesday = (now + timedelta(days=(1 - now.weekday()) % 7 + 7)).replace(hour=6, minute=0, second=0, microsecond=0)
    worlds.world_forward(world=worlds.real(), by=tuesday - now)
    options = ("--rate", "0", "--hours", "1.5", "--after", "0.5", "--lasting", "1", "--world", "w")
    said = StringIO()
    call_command("simulate", scenario, *options, stdout=said)
    world = worlds.by_key("w")
    opened = set(Watch.objects.filter(series__world=world).values_list("threshold", flat=True))
    assert {name for name in opened if name.endswith("pre_response")} >= SCENARIOS[scenario]
    assert bool(newest(world)) == bool(SCENARIOS[scenario]), opened
    assert not newest(worlds.real())
    # What came of it is said where it was asked for.
    assert all(name in said.getvalue() for name in opened)
    assert ("Trouble from Tue 14:30 to Tue 15:30." in said.getvalue()) == (scenario != "quiet-day")
    assert ("No threshold was crossed." in said.getvalue()) == (not opened)
