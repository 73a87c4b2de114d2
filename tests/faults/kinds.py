"""The faults: each a name, how it is done, and how it is healed. A seed draws them; the same seed draws the same ones."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import redis

from tests.faults.client import Client
from tests.faults.product import JUDGE, PARTS, WORKERS, Product, until

POINTS: Final = (
    "timers.after_claim", "timers.before_commit", "timers.after_commit",
    "reactions.after_claim", "reactions.before_commit", "reactions.after_commit",
    "sends.after_claim", "sends.after_attempt", "sends.after_call",
    "judge.after_claim", "judge.before_commit",
)  # fmt: skip
SHORT: Final = 1.5  # seconds a stopped or frozen thing rests
MOODS: Final = ("slow", "dropping", "busy", "limited", "garbage", "hanging_up", "repeating", "undelivered")
ALARMED_WITHIN: Final = 60.0  # seconds: operators must know by then
LASTS: Final = "long: all workers stand still"  # the one that is always among them


@dataclass
class Ground:
    """What a fault may lay hands on. `pause` waits while everything else is tended; `note` keeps what a judge must know."""

    product: Product
    dice: random.Random
    pause: Callable[[float], None]
    nudge: Callable[[str], None]  # see that something of this queue falls due
    client: Client
    half_an_hour: float = 0.0  # seconds in which the fast world lives through one
    long: list[tuple[str, tuple[str, ...], tuple[str, ...], datetime, datetime]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)  # faults that did not come about


Fault = Callable[[Ground], None]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    def keep(act: Fault) -> Fault:
        FAULTS[name] = act
        return act

    return keep


def _named(name: str, act: Callable[[Ground, str], None], *args: str) -> None:
    for one in args:
        FAULTS[f"{name} {one}"] = lambda ground, one=one: act(ground, one)  # type: ignore[misc]


# --- processes ----------------------------------------------------------------------------------------------------------
def _killed(ground: Ground, part: str) -> None:
    ground.product.signal(part, signal.SIGKILL)
    ground.pause(0.5)


def _stopped(ground: Ground, part: str) -> None:
    ground.product.signal(part, signal.SIGSTOP)
    ground.pause(SHORT)
    ground.product.signal(part, signal.SIGCONT)


_named("kill -9", _killed, *PARTS)
_named("stop and go on", _stopped, *PARTS)


@fault("kill -9 all workers")
def _both(ground: Ground) -> None:
    for part in (*WORKERS, JUDGE):
        ground.product.signal(part, signal.SIGKILL)
    ground.pause(1.0)


def _at_point(ground: Ground, point: str, act: str) -> None:
    """The next process that comes to this place dies or freezes there."""
    trap = ground.product.points / point
    trap.write_text(act, encoding="utf-8")
    ground.nudge(point.partition(".")[0])
    if not until(lambda: not trap.exists(), within=3, each=lambda: ground.pause(0.1)):
        trap.unlink(missing_ok=True)
        ground.missed.append(point)  # nothing of that kind fell due meanwhile
    elif act == "stop":
        ground.pause(SHORT)
    for part in PARTS:
        ground.product.signal(part, signal.SIGCONT)


for _point in POINTS:
    FAULTS[f"kill -9 at {_point}"] = lambda ground, point=_point: _at_point(ground, point, "kill")  # type: ignore[misc]
    FAULTS[f"stop at {_point}"] = lambda ground, point=_point: _at_point(ground, point, "stop")  # type: ignore[misc]


@fault("an hour off in one process")
def _wrong_clock(ground: Ground) -> None:
    product = ground.product
    wrong = product.run("wrong-clock", _python("-m", "tests.faults.wrong_clock"), product.env)
    product.extra.append(wrong)
    log = product.folder / "log" / "wrong-clock.log"
    before = _length(log)
    if not until(lambda: b"off by" in log.read_bytes()[before:], within=12, each=lambda: ground.pause(0.1)):
        ground.missed.append("wrong clock")
    wrong.end()


# --- beat and tasks -----------------------------------------------------------------------------------------------------
@fault("three beats")
def _beats(ground: Ground) -> None:
    product = ground.product
    more = []
    for n in (1, 2):
        command = [word if "--schedule" not in word else f"{word}-{n}" for word in product.parts["beat"].command]
        more.append(product.run(f"beat-{n}", command, product.env))
    product.extra += more
    ground.pause(2.5)
    for child in more:
        child.end()


@fault("no beat")
def _no_beat(ground: Ground) -> None:
    ground.product.held.add("beat")
    ground.product.signal("beat", signal.SIGKILL)
    ground.pause(2.5)
    ground.product.held.discard("beat")


@fault("every task five times, shuffled")
def _tasks(ground: Ground) -> None:
    _ring(ground)


@fault("every task five times, an hour late")
def _late_tasks(ground: Ground) -> None:
    _ring(ground, "late")


def _ring(ground: Ground, *words: str) -> None:
    product = ground.product
    command = _python("-m", "tests.faults.ringer", str(ground.dice.random()), *words)
    product.extra.append(product.run("ringer", command, product.env))
    until(lambda: product.extra[-1].exit_code() is not None, within=15, each=lambda: ground.pause(0.1))


# --- at the same instant ------------------------------------------------------------------------------------------------
@fault("acknowledgement races escalation")
def _race(ground: Ground) -> None:
    """Whoever has not answered is about to be pressed by the next way, and answers."""
    pressed = "UPDATE engine_timer SET due_at = now() WHERE what = 'notifications.unanswered' RETURNING id"
    if not ground.client.answer_all(lambda: ground.product.sql(pressed)):
        ground.missed.append("a race")  # nobody was being pressed
    ground.pause(0.5)


@fault("flapping at 1,000 a second")
def _flapping(ground: Ground) -> None:
    """Three seconds in which a line is crossed and left a thousand times each."""
    for _ in range(3):
        ground.client.flap(1000)
        ground.pause(0.7)


# --- Redis --------------------------------------------------------------------------------------------------------------
@fault("redis flushed")
def _flushed(ground: Ground) -> None:
    with redis.Redis.from_url(ground.product.redis.url) as db:
        db.flushall()
    ground.pause(0.3)


@fault("redis stopped")
def _redis_stopped(ground: Ground) -> None:
    ground.product.redis.stop()
    ground.pause(SHORT)
    ground.product.redis.start()


@fault("redis frozen")
def _redis_frozen(ground: Ground) -> None:
    child = ground.product.redis.child
    assert child is not None
    os.killpg(child.pid, signal.SIGSTOP)
    ground.pause(SHORT * 2)
    os.killpg(child.pid, signal.SIGCONT)


@fault("redis full")
def _redis_full(ground: Ground) -> None:
    with redis.Redis.from_url(ground.product.redis.url) as db:
        db.config_set("maxmemory-policy", "noeviction")
        db.config_set("maxmemory", "1")
        ground.pause(SHORT)
        db.config_set("maxmemory", "0")


# --- PostgreSQL ---------------------------------------------------------------------------------------------------------
@fault("database stopped at once")
def _crashed(ground: Ground) -> None:
    ground.product.crash_database()
    ground.pause(0.5)


@fault("connections cut")
def _cut(ground: Ground) -> None:
    ground.product.proxy.cut()
    ground.pause(0.3)


@fault("sessions ended by the server")
def _terminated(ground: Ground) -> None:
    ground.product.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'hotline' AND pid <> pg_backend_pid()"
    )
    ground.pause(0.3)


@fault("answer to COMMIT lost")
def _commit_lost(ground: Ground) -> None:
    ground.product.proxy.lose_commits = ground.dice.choice((1, 3, 8))
    if not until(lambda: not ground.product.proxy.lose_commits, within=5, each=lambda: ground.pause(0.1)):
        ground.product.proxy.lose_commits = 0


@fault("connections exhausted")
def _exhausted(ground: Ground) -> None:
    held: list[psycopg.Connection] = []
    url = ground.product.database.superuser_url()
    with suppress(psycopg.OperationalError):
        while len(held) < 250:
            held.append(psycopg.connect(url, connect_timeout=5))
    ground.product.proxy.cut()  # whoever comes back finds no place
    ground.pause(SHORT)
    for db in held:
        db.close()


@fault("a row held by somebody who hangs")
def _held_row(ground: Ground) -> None:
    with psycopg.connect(ground.product.database.app_url) as db, suppress(psycopg.Error):
        db.execute("SELECT 1 FROM engine_stream ORDER BY id DESC LIMIT 1 FOR UPDATE")
        ground.pause(SHORT)


# --- bad items ----------------------------------------------------------------------------------------------------------
@fault("poison timer")
def _poison(ground: Ground) -> None:
    ref = ground.dice.randrange(10**9)
    ground.product.sql(
        "INSERT INTO engine_timer (world_id, what, ref, due_at, fence, tries)"
        " SELECT id, 'poison', %s, now(), 0, 0 FROM engine_world WHERE key = 'real'",
        ref,
    )
    ground.pause(0.5)


@fault("poison batch of samples")
def _poison_batch(ground: Ground) -> None:
    ground.product.sql(
        "INSERT INTO signals_judgetodo (world_id, batch, tries) SELECT id, '\\x93ff00'::bytea, 0 FROM engine_world"
        " WHERE key = 'real'"
    )
    ground.pause(0.5)


# --- the provider -------------------------------------------------------------------------------------------------------
def _moody(ground: Ground, mood: str) -> None:
    provider = ground.product.providers[ground.dice.choice(sorted(ground.product.providers))]
    provider.be(mood, times=ground.dice.choice((1, 3)))
    ground.pause(0.5)


_named("provider", _moody, *MOODS)


# --- long ones ----------------------------------------------------------------------------------------------------------
def _lasting(
    ground: Ground,
    kind: str,
    wanted: tuple[str, ...],
    begin: Callable[[], None],
    end: Callable[[], None],
    at_least: float = 0.0,
) -> None:
    """Whether operators hear of it by name within a minute of its beginning; ended as soon as they do, or after `at_least`
    seconds."""
    known = {row[0] for row in ground.product.sql("SELECT id FROM engine_alarm WHERE cleared_at IS NULL")}
    begun, at = time.monotonic(), datetime.now(UTC)
    begin()
    rose: list[str] = []

    def risen() -> bool:
        with suppress(psycopg.Error):
            rose[:] = [
                f"{kind}:{ref}"
                for pk, kind, ref in ground.product.sql(
                    "SELECT id, kind, ref FROM engine_alarm WHERE cleared_at IS NULL"
                )
                if pk not in known
            ]
        return bool(set(rose) & set(wanted))

    until(risen, within=ALARMED_WITHIN, each=lambda: ground.pause(0.2))
    in_time = time.monotonic() - begun <= ALARMED_WITHIN
    ground.pause(max(0.0, at_least - (time.monotonic() - begun)))
    end()
    ground.long.append((kind, tuple(rose) if in_time else (), wanted, at, datetime.now(UTC)))


@fault(LASTS)
def _workers_still(ground: Ground) -> None:
    """For half an hour of the fast world at least."""

    def to_all(number: signal.Signals) -> None:
        for part in (*WORKERS, JUDGE):
            ground.product.signal(part, number)

    _lasting(
        ground,
        "all workers still",
        ("watchdog.part:workers",),
        lambda: to_all(signal.SIGSTOP),
        lambda: to_all(signal.SIGCONT),
        at_least=ground.half_an_hour,
    )


@fault("long: redis frozen for two minutes")
def _redis_frozen_long(ground: Ground) -> None:
    child = ground.product.redis.child
    assert child is not None

    def to_it(number: signal.Signals) -> None:
        os.killpg(child.pid, number)

    _lasting(
        ground,
        "redis frozen",
        ("watchdog.part:redis",),
        lambda: to_it(signal.SIGSTOP),
        lambda: to_it(signal.SIGCONT),
        at_least=120.0,
    )


@fault("long: redis away")
def _redis_away(ground: Ground) -> None:
    _lasting(ground, "redis away", ("watchdog.part:redis",), ground.product.redis.stop, ground.product.redis.start)


@fault("long: watchdog away")
def _watchdog_away(ground: Ground) -> None:
    _lasting(
        ground,
        "watchdog away",
        ("watchdog.away:watchdog",),
        lambda: ground.product.signal("watchdog", signal.SIGSTOP),
        lambda: ground.product.signal("watchdog", signal.SIGCONT),
    )


def drawn(seed: int, count: int, *, long: bool) -> list[str]:
    """So many faults, and one that lasts, or all of those when asked for. Many: each kind once, then at random. Few: of the
    places in the code a handful, because each costs a process its start; the rest as with many."""
    dice = random.Random(seed)
    points = sorted(name for name in FAULTS if " at " in name and not name.startswith("long:"))
    others = sorted(name for name in FAULTS if name not in points and not name.startswith("long:"))
    once = others + (points if count >= len(FAULTS) * 2 else dice.sample(points, 6))
    dice.shuffle(once)
    kinds = once if count < len(FAULTS) * 2 else others + points
    cheap = [name for name in kinds if not name.startswith("kill")]
    more = [dice.choice(kinds if count >= len(FAULTS) * 2 else cheap) for _ in range(max(0, count - len(once)))]
    found = [*once[:count], *more]
    for name in sorted(name for name in FAULTS if name.startswith("long:")) if long else [LASTS]:
        found.insert(dice.randrange(len(found) + 1), name)
    return found


def _python(*words: str) -> list[str]:
    return [sys.executable, *words]


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
