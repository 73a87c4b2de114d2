"""The judges judged: each planted violation is found, and a clean run is called clean."""

import signal
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.clock import utc_text
from tests.faults.absences import STARTS, Absences, overlap, works
from tests.faults.evidence import Act, Evidence, Flow, Letter, Logged, Long
from tests.faults.judge import judged, planted
from tests.faults.kinds import FAULTS, LASTS, drawn
from tests.faults.product import until

T = datetime(2026, 11, 27, 3, tzinfo=UTC)
DUE = T + timedelta(minutes=5)


def event(seq: int, kind: str, minutes: float, **data: Any) -> Logged:
    at = T + timedelta(minutes=minutes)
    return Logged("real", "2026-0001", seq, kind, data, at, at)


def turn(seq: int, kind: str, minutes: float, pk: int, **data: Any) -> Logged:
    due = utc_text(DUE) if kind == "obligation.opened" else ""
    return event(seq, kind, minutes, id=pk, rule=f"r{pk}", turn=1, due_at=due, **data)


EVENTS = (
    event(1, "incident.opened", 0),
    turn(2, "obligation.opened", 0, 1),
    turn(3, "obligation.opened", 0, 2),
    turn(4, "obligation.opened", 0, 3),
    event(5, "incident.verified", 3),
    turn(6, "obligation.fulfilled", 3, 2, late=False),
    turn(7, "obligation.overdue", 5.01, 1),
    turn(8, "obligation.fulfilled", 5.02, 3, late=True),
    turn(9, "obligation.fulfilled", 9, 1, late=True),
)
SKIPS = tuple(
    event(seq, "obligation.opened", 9, id=seq, rule="r4", turn=turn_, due_at="") for seq, turn_ in ((10, 1), (11, 3))
)
LETTER = Letter(1, "k1", 7, "sms", "delivered", "alpha", T, T)
CLEAN = Evidence(
    acts=(
        Act("key", "report", "2026-0001", 201, 1),
        Act("v", "verify", "2026-0001", 200, 3),
        Act("s", "samples", "", 202, 1, (("f-1", "t"), ("f-2", "t"))),
    ),
    events=EVENTS,
    reads={"2026-0001": tuple(range(1, 10))},
    letters=(LETTER, replace(LETTER, id=2, key="k2", channel="email", state="given_up", provider="smtp")),
    taken={"alpha": ("k1",), "beta": ()},
    arrived={"alpha": ("k1",), "beta": ()},
    stored=frozenset({("f-1", "t"), ("f-2", "t")}),
    titles={"key": 1},
    flows={"real": Flow(T, T, 1.0)},
    now={"real": T + timedelta(minutes=10)},
    alarms=frozenset({("delivery.given_up", "message:7")}),
    set_aside=frozenset(),
    settled=T + timedelta(minutes=10),
    read_until=T + timedelta(minutes=10),
    left={"timers": 0},
    faults=1,
    long=(
        Long(
            "both workers", ("a:1", "watchdog.part:workers"), ("watchdog.part:workers",), T, T + timedelta(seconds=30)
        ),
    ),
)

LATEST = CLEAN.latest


def kinds(seen: Evidence) -> set[str]:
    return {violation.kind for violation in judged(seen)}


def test_a_clean_run_is_called_clean() -> None:
    assert judged(CLEAN) == []


@pytest.mark.parametrize("name", sorted(planted(CLEAN)))
def test_what_is_planted_into_a_run_is_found(name: str) -> None:
    kind, wrong = planted(CLEAN)[name]
    assert kind in kinds(wrong)


def changed(which: int, /, **fields: Any) -> Evidence:
    return replace(CLEAN, events=tuple(replace(e, **fields) if e.seq == which else e for e in EVENTS))


TWICE = changed(7, recorded=DUE + LATEST * 2)


@pytest.mark.parametrize(
    ("case", "kind", "wrong"),
    [
        ("an act nobody answered", "unanswered", replace(CLEAN, acts=(*CLEAN.acts, Act("x", "start", "2026-0001", 0, 9)))),
        ("an act done twice", "duplicate", replace(CLEAN, events=(*EVENTS, replace(EVENTS[4], seq=10)))),
        ("an act acknowledged and not done", "loss", replace(CLEAN, acts=(*CLEAN.acts, Act("x", "start", "2026-0001", 200, 1)))),
        ("overdue before it is due", "early", changed(7, occurred=DUE - timedelta(seconds=1))),
        ("as late as a fault makes it", None, changed(7, recorded=DUE + LATEST)),
        ("later, and nobody was there meanwhile", None, replace(TWICE, idle=((DUE - LATEST, DUE + LATEST),))),
        ("later, and nobody was there for some of it", "late", replace(TWICE, idle=((DUE - LATEST, DUE + LATEST / 2),))),
        ("later than that", "late", changed(7, recorded=DUE + LATEST + timedelta(seconds=1))),
        ("done late, and the log does not say so", "missed", changed(8, data=EVENTS[7].data | {"late": False})),
        ("a reader sees one twice", "gap", replace(CLEAN, reads={"2026-0001": (1, 2, 2, 3, 4, 5, 6, 7, 8)})),
        ("the log itself has a hole", "gap", changed(5, seq=50)),
        ("a letter that ends half way", "stuck", replace(CLEAN, letters=(replace(LETTER, state="sending"),))),
        ("a letter queued after all was quiet", None, replace(CLEAN, settled=T - LATEST, letters=(replace(LETTER, state="sending"),))),
        ("a letter given up in silence", "silent", replace(CLEAN, alarms=frozenset())),
        ("sent, says the ledger; the provider knows nothing", "loss", replace(CLEAN, letters=(replace(LETTER, key="?", state="sent"),))),
        ("more extra sends than faults", "duplicate", replace(CLEAN, arrived={"alpha": ("k1", "k1", "k1")})),
        ("one extra send for one fault", None, replace(CLEAN, arrived={"alpha": ("k1",), "beta": ("k1",)})),
        ("work that still waits", "stuck", replace(CLEAN, left={"sends": 1})),
        ("a long fault nobody heard of", "silent", replace(CLEAN, long=(replace(CLEAN.long[0], alarms=()),))),
        ("a long fault hidden behind another alarm", "silent", replace(CLEAN, long=(replace(CLEAN.long[0], alarms=("a:1",)),))),
        ("a row of the log was changed", "tampered", replace(CLEAN, tampered=("incident 2026-0001: hash at 3",))),
        ("a rhythm skips a turn", "gap", replace(CLEAN, events=(*EVENTS, *SKIPS))),
    ],
)  # fmt: skip
def test_each_promise_has_a_judge(case: str, kind: str | None, wrong: Evidence) -> None:
    assert (kinds(wrong) == set()) if kind is None else (kind in kinds(wrong)), case


def test_a_seed_draws_the_same_faults_again() -> None:
    assert drawn(7, 64, long=False) == drawn(7, 64, long=False)
    assert drawn(7, 64, long=False) != drawn(8, 64, long=False)
    assert LASTS in drawn(7, 64, long=False)
    assert set(drawn(7, 1000, long=True)) == set(FAULTS)


def test_absences_are_joined_and_measured() -> None:
    seen = Absences()
    seen.look([False, True])
    assert seen.all() == ()
    seen.look([False, False])
    with seen.during():
        pass
    ((begun, ended),) = seen.all()
    assert begun < ended
    spans = ((T, T + timedelta(seconds=4)), (T + timedelta(seconds=6), T + timedelta(seconds=7)))
    assert overlap(spans, T + timedelta(seconds=3), T + timedelta(seconds=6.5)) == timedelta(seconds=1.5)


def test_a_stopped_process_does_not_work() -> None:
    child = subprocess.Popen(["sleep", "20"])
    try:
        assert works(child.pid, time.monotonic() - STARTS)
        assert not works(child.pid, time.monotonic())  # still starting
        child.send_signal(signal.SIGSTOP)
        assert until(lambda: not works(child.pid, time.monotonic() - STARTS), within=5)
    finally:
        child.kill()
        child.wait()
    assert not works(child.pid, 0.0)
