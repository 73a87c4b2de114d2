"""From a letter's place in the queue to its first attempt, at an uneven pace, while workers are killed.

Letters are written second by second: mostly few, now and then a burst, and in the middle a storm of urgent ones. In the storm a worker
is killed (SIGKILL) with letters claimed that nobody had begun, in a later burst another with attempts recorded and not made; each is
started again, as what looks after them does. They go one by one, as those of the gravest level do (`bench.sends`). Both times are the
ledger's: when a letter was queued, and when its first attempt was recorded, right before its call.
"""

import json
import os
import random
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench.ground import PROMISED, Ground, ground, quantile, until
from bench.sends import letters_write, readers_with_numbers
from bench.takeover import ALONE, WORKER
from hotline_ep.embedded.child import Child

LETTERS, SECONDS = 10_000, 180
SHORT_LETTERS, SHORT_SECONDS = 300, 6
STORM = 0.1  # of all letters, within one second
BURST_EVERY, BURST = 15, 6  # seconds; so many times what is written in other seconds
WITHIN, SHARE = 10.0, 0.9999  # seconds; of all letters
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.99": 0.9999, "worst": 1.0}
# Where a worker dies: what it had claimed waits for its lease, what it had begun is asked for and sent by another.
PLACES = ("sends.after_claim", "sends.after_attempt")
COMES_BACK = 0.5  # seconds after its death
APART = 30  # seconds between two deaths, at least: a worker takes some to come back


@dataclass(frozen=True, slots=True)
class Second:
    """What is written in one second, and where a worker is killed in the middle of it, if one is."""

    letters: int
    urgent: bool = False
    kills: str = ""


def pace(letters: int, seconds: int) -> list[Second]:
    """Uneven, and the same in every run: a storm of urgent letters in the middle, bursts, and in between few, at times none."""
    dice = random.Random(5)
    storm = round(letters * STORM)
    weights = [dice.expovariate(1) * (BURST if n % BURST_EVERY == BURST_EVERY - 1 else 1) for n in range(seconds)]
    whole = sum(weights)
    # Rounded as a running sum: all of them together are as many as were asked for.
    marks = [round((letters - storm) * sum(weights[:n]) / whole) for n in range(seconds + 1)]
    usual = [Second(after - before) for before, after in pairwise(marks)]
    middle = seconds // 2
    if seconds > middle + APART:  # never both at once: nobody would be left
        later = max(range(middle + APART, seconds), key=lambda n: usual[n].letters)
        usual[later] = Second(usual[later].letters, kills=PLACES[1])
    return [*usual[:middle], Second(storm, urgent=True, kills=PLACES[0]), *usual[middle:]]


@dataclass
class Workers:
    """Two of them, and whoever takes the place of one that was killed."""

    made: Ground
    traps: Path
    alive: list[Child] = field(default_factory=list)
    died: list[float] = field(default_factory=list)  # on the monotonic clock, those without a successor
    killed: int = 0

    def start(self) -> None:
        name = f"first-{len(self.made.children)}@%h"
        self.alive.append(self.made.start(*WORKER, "-n", name, *ALONE, HOTLINE_FAILPOINT=f"@{self.traps}"))

    def kill_at(self, place: str) -> None:
        (self.traps / place).write_text("kill", encoding="utf-8")

    def tend(self) -> None:
        """Start another for each that has been dead for a moment."""
        for child in [child for child in self.alive if child.exit_code() is not None]:
            self.alive.remove(child)
            self.died.append(time.monotonic())
            self.killed += 1
        if self.died and time.monotonic() - self.died[0] > COMES_BACK:
            self.died.pop(0)
            self.start()


def run(letters: int, seconds: int) -> None:
    with ground() as made:
        port = made.web("bench.provider:application")
        os.environ["HOTLINE_SMS_URLS"] = f"http://fast:secret@127.0.0.1:{port}"
        os.environ["HOTLINE_BUNDLE_WAIT_SECONDS"] = "0"
        readers = readers_with_numbers()
        workers = Workers(made, made.folder / "traps")
        workers.traps.mkdir()
        for _ in range(2):
            workers.start()
        letters_write(len(readers), readers, urgent=False, about="before")
        _all_left(workers)
        _write(pace(letters, seconds), readers, workers)
        _all_left(workers)
        _say(letters, seconds, workers.killed, port)


def _write(plan: Sequence[Second], readers: list[int], workers: Workers) -> None:
    begun, pause = time.monotonic(), threading.Event()
    for number, second in enumerate(plan):
        while time.monotonic() < begun + number:
            workers.tend()
            pause.wait(0.02)
        for part in range(0, second.letters, len(readers)):
            if second.kills and part <= second.letters / 2 < part + len(readers):
                workers.kill_at(second.kills)
            some = min(len(readers), second.letters - part)
            letters_write(some, readers, urgent=second.urgent, about=f"first:{number}:{part}")
            workers.tend()


def _all_left(workers: Workers) -> None:
    from notifications.models import Send

    def none_left() -> bool:
        workers.tend()
        return not Send.objects.exists()

    until(none_left, within=300)


@dataclass(frozen=True, slots=True)
class Attempted:
    """A letter as the ledger has it: seconds from its place in the queue to its first attempt, and until the provider had it."""

    first: float
    taken: float
    urgent: bool
    tries: int


def attempted() -> list[Attempted]:
    """Raises RuntimeError when one never left."""
    from notifications.models import Delivery

    rows = Delivery.objects.filter(channel="sms", message__key__contains=":first:")
    found = []
    for queued, tried, sent, urgent, tries in rows.values_list(
        "queued_at", "first_tried_at", "sent_at", "message__urgent", "tries"
    ):
        if tried is None or sent is None:
            raise RuntimeError("a letter never left")
        found.append(Attempted((tried - queued).total_seconds(), (sent - queued).total_seconds(), urgent, tries))
    return found


def _say(letters: int, seconds: int, killed: int, port: int) -> None:
    found = attempted()
    if len(found) != letters:
        raise RuntimeError(f"{len(found)} of {letters} letters were written")
    storm = [one.first for one in found if one.urgent]
    print(f"{letters:,} letters within {seconds} s; two workers, {killed} killed", flush=True)
    _line("queued → first attempt, seconds", [one.first for one in found])
    _line(f"  of {len(storm):,} urgent ones of one storm", storm)
    _line("queued → taken by the provider", [one.taken for one in found])
    share = within([one.first for one in found])
    kept = "" if share >= SHARE else f"   NOT {SHARE:.2%}"
    if kept:
        PROMISED.missed.append("first attempts")
    print(f"{f'  first attempts within {WITHIN:g} s':58} {share:12.2%}{kept}", flush=True)
    again = sum(one.tries > 1 for one in found)
    print(f"{'  begun by a worker that was killed, and again by another':58} {again:12,}", flush=True)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/record", timeout=20) as answer:
        twice = sum(taken > 1 for taken in json.load(answer).values())
    print(f"{'  taken more than once by the provider':58} {twice:12,}", flush=True)


def within(late: Sequence[float], most: float = WITHIN) -> float:
    """The share of all that was not later than this."""
    return sum(one <= most for one in late) / len(late)


def _line(what: str, late: list[float]) -> None:
    figures = "   ".join(f"{name} {quantile(late, share):.2f}" for name, share in QUANTILES.items())
    print(f"{what:34} {figures}", flush=True)


if __name__ == "__main__":
    if PROMISED.whole:
        run(LETTERS, SECONDS)
    else:
        run(SHORT_LETTERS, SHORT_SECONDS)
    sys.exit(bool(PROMISED.missed))
