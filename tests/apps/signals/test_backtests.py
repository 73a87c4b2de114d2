"""Asking for a backtest, by page and API: who may, what is refused, and what comes of it off the request."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from common.errors import NotAllowed
from engine import worlds
from engine.models import Event
from plans.services import version_draft, version_edit
from signals.models import BacktestRun
from signals.services import backtest_runs
from signals.services.backtest_runs import backtest_ask, run_work
from signals.services.backtests import backtest
from signals.services.samples import days_ensure, samples_load, series_ensure
from tests.cast import AUDITOR, DUTY, GM, Cast

STEP = timedelta(minutes=5)


def stored(days: int = 2) -> int:
    """CPU of a node at 40 %, over the line for the last half hour; up to now, in the real world."""
    world = worlds.real()
    series = series_ensure(world, "cpu", "east", "", "sw-3")
    now = worlds.now(world).replace(microsecond=0)
    count = days * 288
    days_ensure((now - timedelta(days=days)).date(), now.date())
    samples_load([(series, now - STEP * n, 95.0 if n < 6 else 40.0) for n in range(count)])
    return series


def worked(pk: int) -> BacktestRun:
    BacktestRun.objects.filter(pk=pk).update(state="running", fence=1)
    run_work(pk, 1)
    return BacktestRun.objects.get(pk=pk)


def test_a_plan_is_tried_on_what_is_stored(cast: Cast) -> None:
    stored()
    asked = cast.api(DUTY).post("/api/v1/backtests", {"against_mean": "flat"}, format="json")
    assert asked.status_code == 202, asked.content
    assert asked.json()["state"] == "waiting"
    assert Event.objects.filter(kind="backtest.asked").count() == 1
    run = worked(asked.json()["id"])
    assert run.state == "done", run.error
    answer = cast.api(AUDITOR).get(f"/api/v1/backtests/{run.pk}").json()
    (warned,) = answer["result"]["first"]["warnings"]
    assert (warned["threshold"], warned["level"], warned["ended"]) == ("cpu_pre_response", "III", None)
    assert answer["result"]["beside"]["counts"] == [1, 0, 0]
    assert answer["result"]["charts"][0]["over"]
    page = cast.client(DUTY).get(f"/signals/backtests/{run.pk}/")
    assert page.status_code == 200
    for part in ("chart-1", 'id="held"', 'id="flapping"', 'id="silences"'):
        assert part in page.content.decode()
    counts = answer["result"]["first"]["counts"]
    assert {name: counts[name] for name in ("held", "flapping", "silences")} == {
        "held": 0,
        "flapping": 0,
        "silences": 0,
    }


def test_the_service_says_the_same_and_takes_a_text(cast: Cast) -> None:
    stored()
    world = worlds.real()
    assert len(backtest(world).warnings) == 1
    text = backtest_runs.in_force().text.replace(
        "direction: above, value: 90, clear_at: 85", "direction: above, value: 99, clear_at: 85"
    )
    assert not backtest(world, text).warnings


FILE = "at,calls\n" + "".join(
    f"2026-05-11T{7 + n // 12:02}:{n % 12 * 5:02}:00,{95 if n > 20 else 50}\n" for n in range(30)
)


def test_a_file_takes_the_place_of_what_is_stored(cast: Cast) -> None:
    body = {"file": FILE, "metric": "cpu", "region": "east"}
    asked = cast.api(DUTY).post("/api/v1/backtests", body, format="json").json()
    run = worked(asked["id"])
    assert run.result["first"]["samples"] == 30
    assert len(run.result["first"]["warnings"]) == 1


@pytest.mark.parametrize(
    ("case", "body", "status"),
    [
        ("a version nobody has", {"version": 99999}, 404),
        ("a text that is no plan", {"text": "key: [unclosed"}, 400),
        ("an end before the beginning", {"since": "2026-05-02T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, 400),
        ("years on years", {"since": "2020-05-02T00:00:00Z", "until": "2026-05-01T00:00:00Z"}, 400),
        ("a file of a metric nobody has", {"file": FILE, "metric": "coffee"}, 400),
        ("a file without times", {"file": "when,calls\n1,2\n", "metric": "cpu"}, 400),
        ("a file without samples", {"file": "at,calls\n", "metric": "cpu"}, 400),
        ("a region nobody knows", {"file": FILE, "metric": "cpu", "region": "moon"}, 400),
        ("a mean nobody has", {"mean": "golden"}, 400),
    ],
)
def test_what_cannot_be_tried_is_refused_and_nothing_is_kept(
    case: str, body: dict[str, Any], status: int, cast: Cast
) -> None:
    answer = cast.api(DUTY).post("/api/v1/backtests", body, format="json")
    assert answer.status_code == status, (case, answer.content)
    assert not BacktestRun.objects.exists()


def test_who_may_not_ask_changes_nothing(cast: Cast) -> None:
    assert cast.api(AUDITOR).post("/api/v1/backtests", {}, format="json").status_code == 403
    with pytest.raises(NotAllowed):
        backtest_ask(world=worlds.real(), by=cast.actor(AUDITOR))
    assert not BacktestRun.objects.exists()


def test_the_page_asks_and_keeps_what_was_filled_in_when_refused(cast: Cast) -> None:
    browser = cast.client(DUTY)
    version = backtest_runs.in_force().pk
    wrong = browser.post(
        "/signals/backtests/",
        {"version": version, "mean": "flat", "since": "2026-05-02", "until": "2026-05-01"},
    )
    assert wrong.status_code == 422
    assert 'value="2026-05-02"' in wrong.content.decode()
    right = browser.post("/signals/backtests/", {"version": version, "mean": "learnt", "against": "flat"})
    assert right.status_code == 302
    run = BacktestRun.objects.get()
    assert (run.against_mean, run.state) == ("flat", "waiting")
    waiting = browser.get(f"/signals/backtests/{run.pk}/")
    assert "every 2s" in waiting.content.decode()


def test_a_run_whose_process_died_is_started_again_and_given_up_after_three(cast: Cast, monkeypatch: Any) -> None:
    started: list[list[str]] = []

    class Child:
        def __init__(self, command: list[str], **options: Any) -> None:
            started.append(command[-2:])

        def poll(self) -> int:
            return -9

    monkeypatch.setattr(backtest_runs.subprocess, "Popen", Child)
    run = backtest_ask(world=worlds.real(), by=cast.actor(DUTY))
    for _ in range(4):
        backtest_runs.runs_start()
        assert backtest_runs.runs_start() == 0, "one at a time, while its lease lasts"
        BacktestRun.objects.filter(pk=run.pk).update(lease_until=datetime(2020, 1, 1, tzinfo=UTC))
    run.refresh_from_db()
    assert [row[1] for row in started] == ["1", "2", "3"]
    assert run.state == "failed"
    run_work(run.pk, 1)
    run.refresh_from_db()
    assert run.state == "failed", "a stale process changes nothing"


def test_the_command_sets_two_plans_side_by_side(cast: Cast, tmp_path: Path) -> None:
    file, plan = tmp_path / "cpu.csv", tmp_path / "other.yaml"
    file.write_text(FILE, encoding="utf-8")
    text = backtest_runs.in_force().text
    plan.write_text(
        text.replace("direction: above, value: 90, clear_at: 85", "direction: above, value: 99, clear_at: 85"),
        encoding="utf-8",
    )
    out = StringIO()
    call_command("backtest", str(file), "--metric", "cpu", "--against", str(plan), stdout=out)
    assert "30 samples, learnt mean: 1 warnings" in out.getvalue()
    assert "0 in both, 1 only before, 0 only by" in out.getvalue()
    for wrong in (
        ["--metric", "coffee"],
        ["--metric", "cpu", "--plan", str(file)],
        ["--metric", "cpu", "--column", "x"],
    ):
        with pytest.raises(CommandError):
            call_command("backtest", str(file), *wrong, stdout=StringIO())


def test_the_command_plays_a_mute_and_missing_data(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "cpu.csv"
    later = "2026-05-11T11:00:00,40\n"  # an hour and a half after the last
    file.write_text(FILE + later, encoding="utf-8")
    out = StringIO()
    mute = ["--mute", "2026-05-11T08:00", "2026-05-11T09:10"]
    call_command("backtest", str(file), "--metric", "cpu", *mute, stdout=out)
    assert "1 warnings, 1 watches, 1 held back, 0 flapping, 1 times no data." in out.getvalue()
    assert "held back by mute 1, spoke 09:10" in out.getvalue()
    assert "noticed 09:45" in out.getvalue()


def test_a_draft_is_tried_as_it_reads_now_beside_what_is_in_force(cast: Cast) -> None:
    stored()
    gm = cast.actor(GM)
    text = cast.plan.text.replace(
        "direction: above, value: 90, clear_at: 85", "direction: above, value: 99, clear_at: 85"
    )
    draft = version_draft(text=text, by=gm)
    compared = cast.client(GM).get(f"/plan/versions/{draft.number}/compare/").content.decode()
    assert f"/signals/backtests/?version={draft.pk}&amp;against={cast.plan.pk}" in compared
    form = cast.client(GM).get(f"/signals/backtests/?version={draft.pk}&against={cast.plan.pk}").content.decode()
    assert f'<option value="{draft.pk}" selected>' in form
    asked = {"version": str(draft.pk), "mean": "learnt", "against": str(cast.plan.pk)}
    assert cast.client(GM).post("/signals/backtests/", asked).status_code == 302
    run = BacktestRun.objects.get()
    version_edit(number=draft.number, text=cast.plan.text, based_on=draft.revision, by=gm)
    run = worked(run.pk)
    assert run.state == "done", run.error
    assert (len(run.result["first"]["warnings"]), len(run.result["second"]["warnings"])) == (0, 1)
