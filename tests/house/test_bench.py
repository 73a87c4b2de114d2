"""What is promised of speed holds as ratios to the plainest way, measured in the same run; `make bench` tells the figures, and
measures besides what takes minutes: claims among a million, a thousand watchers, a year's backtest, charts over 90 days."""

import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from bench.claim import SHORT, SHORT_FLAT, SHORT_IN_VAIN, SHORT_MOVES, measure, missed
from bench.due import far_ahead, open_incidents
from bench.first import LETTERS, SECONDS, SHARE, SHORT_LETTERS, SHORT_SECONDS, attempted, pace, within
from bench.ground import quantile, until
from bench.redis import ADDED, RATE, fell_due, lay, put_aside, wall_now
from bench.sends import letters_write, readers_with_numbers
from bench.takeover import ALONE, WITHIN, WORKER, a_round
from common.actor import SYSTEM
from engine import worlds
from engine.log import log_append
from engine.models import Event, Timer
from engine.queues import QUEUES, claim, drain
from engine.sweep import sweep
from escalation.events import ObligationOverdue
from hotline_ep.settings import BASE_DIR
from notifications.models import Send
from tests.cast import Cast
from tests.conftest import TestServer
from tests.engine.processes import house_on

# Beside a first start of the whole product it would measure that.
pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("up")]


def test_samples_come_in_and_reach_a_board_so_much_faster_than_the_plainest_way(database_server: TestServer) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--short", "ingest"],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
    assert "×" in run.stdout


def test_claiming_costs_the_same_among_few_and_many_and_after_they_were_put_off(fresh_cast: Cast) -> None:
    seen = {size: measure(size, SHORT_MOVES) for size in SHORT}
    assert missed(seen, SHORT_FLAT, SHORT_IN_VAIN) == []


def test_what_a_killed_worker_had_claimed_is_recorded_by_another_within_ten_seconds(
    fresh_cast: Cast, fresh_db: str, database_server: TestServer, tmp_path: Path
) -> None:
    traps = tmp_path / "traps"
    traps.mkdir()
    with house_on(database_server.urls(fresh_db), tmp_path) as house:
        victim = house.start(*WORKER, "-n", "victim@%h", *ALONE, HOTLINE_FAILPOINT=f"@{traps}")
        open_incidents(2)
        while sweep():
            pass
        far_ahead()
        waited = a_round([victim], traps, 10, meanwhile=sweep)
    assert len(waited) == 10
    assert quantile(waited, 0.99) <= WITHIN


@pytest.mark.parametrize(("letters", "seconds", "deaths"), [(LETTERS, SECONDS, 2), (SHORT_LETTERS, SHORT_SECONDS, 1)])
def test_the_pace_is_uneven_and_writes_every_letter(letters: int, seconds: int, deaths: int) -> None:
    plan = pace(letters, seconds)
    assert sum(second.letters for second in plan) == letters
    assert [second.letters for second in plan if second.urgent] == [letters // 10]
    assert sum(bool(second.kills) for second in plan) == deaths
    usual = [second.letters for second in plan if not second.urgent]
    assert max(usual) > 2 * min(usual)
    assert plan == pace(letters, seconds), "the same in every run"


@pytest.mark.usefixtures("each_by_itself")
def test_letters_are_tried_within_ten_seconds_though_one_died_with_some_of_them(fresh_cast: Cast) -> None:
    readers, sends = readers_with_numbers(), QUEUES["sends"]
    for number, second in enumerate(pace(60, 6)):
        letters_write(second.letters, readers, urgent=second.urgent, about=f"first:{number}:")
    assert len(claim(sends)) == sends.limit, "whoever holds these is dead"
    until(lambda: (drain(sends), not Send.objects.exists())[1], within=60)
    first = [one.first for one in attempted()]
    assert len(first) == 60
    assert within(first) >= SHARE
    assert sum(late >= sends.lease.total_seconds() for late in first) == sends.limit, "and nobody else waited for them"


def test_without_redis_nothing_is_missed_in_the_real_world_nor_in_a_fast_one(fresh_cast: Cast) -> None:
    """Here none runs; `python -m bench redis` kills it under the product's own processes."""
    fast = worlds.world_open(
        key="fast", name_zh="快", name_en="Fast", kind="practice", at=worlds.now(worlds.real()), rate=RATE
    )
    both = (worlds.real(), fast)
    for world in both:
        open_incidents(1, world=world)
    put_aside(both)
    while sweep():
        pass
    begun, over = wall_now(), time.monotonic() + 2.5
    laid = {world: lay(world, 2.0, 0.3, random.Random(1)) for world in both}
    soon = worlds.now(fast) + timedelta(hours=1)
    forgotten = Timer.objects.filter(world=fast, what="escalation.due", due_at__lt=soon).order_by("due_at").last()
    assert forgotten is not None
    forgotten.delete()
    while time.monotonic() < over or sweep():
        sweep()
    real, quick = (fell_due(world, begun, wall_now()) for world in both)
    assert (len(real.late), real.missed, real.doubled) == (laid[worlds.real()], 0, 0)
    assert max(*real.late, *quick.late) <= ADDED
    assert quick.missed == 1, "what nothing fired is told"
    event = Event.objects.filter(kind="obligation.overdue", stream__world=fast).earliest("pk")
    with transaction.atomic():
        log_append(event.stream, ObligationOverdue(**event.data), by=SYSTEM)
    assert fell_due(fast, begun, wall_now()).doubled == 1, "and what fired twice"
