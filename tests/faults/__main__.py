"""`python -m tests.faults [--seed N] [--faults N] [--world-hours H] [--latest S] [--long]`: the product under seeded faults, then judged.

Prints the faults as they are done, a summary, and every violation; exit code 1 when there is one. The same seed draws the same
faults in the same order; what the processes do meanwhile is theirs.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import yaml

from tests.faults import evidence, judge
from tests.faults.client import NODES, Client
from tests.faults.kinds import FAULTS, Ground, drawn
from tests.faults.product import DAY, PARTS, Product, product, until
from tools.provider import Provider

SECONDS_A_FAULT = 1.7  # by which the fast world's pace is chosen
SETTLED = 150.0  # the longest pause between two tries of a letter, and again
# The same plan in haste, so that deadlines of the real world pass while faults happen.
HASTE = {
    "intake.judge": "PT15S", "intake.verify": "PT20S", "level.decide": "PT30S", "assess.impact": "PT40S",
    "notice.draft": "PT20S", "notice.legal": "PT30S", "notice.publish": "PT45S", "hq.activate": "PT15S",
    "hq.first_meeting": "PT50S", "start.website": "PT60S", "start.budget": "PT55S", "start.allocation": "PT35S",
}  # fmt: skip
WHO = ("lin", "gao", "chen", "zhao", "cto", "coo", "su", "audit")


def prepare(made: Product, rate: float) -> tuple[dict[str, str], str]:
    """Tables, plan, company, the fast world; tokens by user name, and a source's."""
    os.environ |= {
        "DATABASE_URL": made.database.app_url,
        "OWNER_DATABASE_URL": made.database.owner_url,
        "REDIS_URL": made.redis.url,
        "DJANGO_SETTINGS_MODULE": "hotline_ep.settings",
    }
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from common.actor import SYSTEM
    from common.clock import wall
    from engine import worlds
    from hotline_ep.practice import founding
    from people.directory import node_set
    from people.selectors import regions, user_by_name
    from people.services import token_issue
    from plans.services import SHIPPED, plan_load
    from signals.services.sources import source_create

    call_command("migrate", database="owner", verbosity=0)
    plan = yaml.load(SHIPPED.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for rule, due in HASTE.items():
        plan["obligations"][rule]["due"] = due
    plan_load(text=yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), file="faults.yaml", by=SYSTEM)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # here nobody signs in with a password
    founding.places_found()
    founding.people_found({}, lambda text: None)
    east = next(region for region in regions() if region.key == "east")
    for n in range(NODES + 1):
        node_set(key=f"f-{n}", name_zh="点", name_en="Node", region=east, business="enquiry", daily_calls=10, by=SYSTEM)
    tokens = {name: token_issue(user=user_by_name(name), name="faults", by=SYSTEM) for name in WHO}
    source = source_create(key="faults", name="Faults", world=worlds.real(), by=SYSTEM)
    worlds.world_open(key=DAY, name_zh="一天", name_en="A day", kind="practice", at=wall(), rate=rate)
    connections.close_all()
    return tokens, source


def nudge(made: Product, client: Client, queue: str) -> None:
    """Let something fall due now: the real world's look for silence, or a small fault that somebody reports."""
    if queue == "timers":
        with suppress(psycopg.Error):
            made.sql("UPDATE engine_timer SET due_at = now() WHERE what = 'signals.silence'")
    elif queue in ("reactions", "sends"):
        client.nudge()


def tampered() -> tuple[str, ...]:
    from engine.log import log_verify
    from engine.selectors import streams

    found = ((stream, log_verify(stream)) for stream in streams())
    return tuple(f"{stream.kind} {stream.key}: {wrong.why} at {wrong.seq}" for stream, wrong in found if wrong)


def waiting(made: Product) -> dict[str, int]:
    """Rows that are due now, by queue."""
    asked = {
        "timers": "SELECT count(*) FROM engine_timer t JOIN engine_world w ON w.id = t.world_id"
        " WHERE w.kind = 'real' AND t.due_at <= clock_timestamp()",
        "reactions": "SELECT count(*) FROM engine_reaction WHERE due_at <= clock_timestamp()",
        "sends": "SELECT count(*) FROM notifications_send WHERE due_at <= clock_timestamp()",
        "judge": "SELECT count(*) FROM signals_judgetodo",
    }
    return {queue: int(str(made.sql(statement)[0][0])) for queue, statement in asked.items()}


def run(seed: int, count: int, hours: float, *, long: bool, latest: float) -> int:
    begun, dice = time.monotonic(), random.Random(seed)
    faults = drawn(seed, count, long=long)
    rate = max(1.0, hours * 3600 / (len(faults) * SECONDS_A_FAULT))
    with tempfile.TemporaryDirectory(prefix="hotline-faults-") as name, product(Path(name)) as made:
        tokens, source = prepare(made, rate)
        made.tend()
        if not until(lambda: _healthy(made), within=60, each=made.tend):
            print("the product did not come up:", _last_words(made))
            return 2
        client = Client(made.base, tokens, source, seed, most={"real": 6, DAY: 3})
        client.start()

        def pause(seconds: float) -> None:
            until(lambda: False, within=seconds, each=made.tend)

        ground = Ground(made, dice, pause, lambda queue: nudge(made, client, queue), client, 1800 / rate)
        again: list[str] = []  # what did not come about is tried once more: a thousand means a thousand
        for n, fault in enumerate(chain(faults, again), start=1):
            at, missed = time.monotonic() - begun, len(ground.missed)
            print(f"{at:7.1f} s  {n:4}  {fault}", flush=True)
            FAULTS[fault](ground)
            if n <= len(faults) and len(ground.missed) > missed:
                again.append(fault)
            pause(0.2 + dice.random() * 0.4)
        worst = {"client_worst": client.worst}
        tried = faults + again
        seen = replace(settle(made, client, ground, len(tried)), latest=timedelta(seconds=latest))
        return verdict(seed, tried, seen, client, ground, time.monotonic() - begun, hours, worst)


def settle(made: Product, client: Client, ground: Ground, faults: int) -> evidence.Evidence:
    """Heal everything, wait until nothing waits, and gather what is known."""
    for provider in made.providers.values():
        provider.be("well")
    made.held.clear()
    until(lambda: _healthy(made), within=60, each=made.tend)
    client.finish()
    until(client.finished, within=SETTLED, each=made.tend)
    until(lambda: not _behind_in_the_day(made), within=SETTLED, each=made.tend)
    made.sql("UPDATE engine_world SET world_anchor = world_anchor + (clock_timestamp() - wall_anchor) * rate,"
             " wall_anchor = clock_timestamp(), paused = true WHERE key = %s", DAY)  # fmt: skip
    # A canary may be on its way at any other instant: once nothing waited, nothing is stuck.
    settled = datetime.now(UTC)

    def idle_now() -> bool:
        nonlocal settled
        settled = datetime.now(UTC)
        return not any(_waiting_or_one(made).values())

    idle = until(idle_now, within=SETTLED, each=made.tend)
    left = {} if idle else waiting(made)
    (read_until,) = made.sql("SELECT clock_timestamp()")[0]
    client.stop()
    return evidence.read(
        made.database.superuser_url(),
        acts=tuple(client.acts),
        reads={number: tuple(seqs) for number, seqs in client.reads.items()},
        taken={name: _keys(provider, "taken") for name, provider in made.providers.items()},
        arrived={name: _keys(provider, "arrived") for name, provider in made.providers.items()},
        repeated=frozenset(
            line["key"]
            for provider in made.providers.values()
            for line in provider.record
            if line["what"] == "arrived" and line["times"] > 1
        ),
        tampered=tampered(),
        left=left,
        settled=settled,
        read_until=read_until,
        faults=faults,
        long=tuple(evidence.Long(*row) for row in ground.long),
        idle=made.absences.all(),
    )


def _keys(provider: Provider, what: str) -> tuple[str, ...]:
    return tuple(line["key"] for line in provider.record if line["what"] == what)


def _behind_in_the_day(made: Product) -> bool:
    """Whether the fast world is more than a moment of wall time behind its own flow."""
    with suppress(psycopg.Error):
        (behind,) = made.sql(
            "SELECT count(*) FROM engine_timer t JOIN engine_world w ON w.id = t.world_id WHERE w.key = %s AND t.due_at <="
            " w.world_anchor + (clock_timestamp() - w.wall_anchor - interval '1 s') * w.rate",
            DAY,
        )
        return bool(behind[0])
    return True


def _waiting_or_one(made: Product) -> dict[str, int]:
    with suppress(psycopg.Error):
        return waiting(made)
    return {"unknown": 1}


def _healthy(made: Product) -> bool:
    if any(part.child is None or part.child.exit_code() is not None for part in made.parts.values()):
        return False
    with suppress(OSError, HTTPException), urlopen(f"{made.base}/healthz?deep", timeout=3) as answer:
        return bool(answer.status == 200)
    return False


def _last_words(made: Product) -> str:
    return "\n".join(f"--- {name}\n{made.parts[name].child.last_words()}" for name in PARTS if made.parts[name].child)  # type: ignore[union-attr]


def verdict(
    seed: int,
    faults: list[str],
    seen: evidence.Evidence,
    client: Client,
    ground: Ground,
    took: float,
    hours: float,
    worst: dict[str, float],
) -> int:
    broken = judge.judged(seen)
    passed = list(judge.due_turns(seen))
    delays = sorted(
        judge.delay(fired[0], evidence.at(turn.data["due_at"]), seen.flows[turn.world]).total_seconds()
        for turn, fired, _ended in passed
        if fired and turn.world == "real"
    )
    of_the_day = sum(turn.world == DAY for turn, _fired, _ended in passed)
    sent = sorted((row.sent - row.queued).total_seconds() for row in seen.letters if row.sent)
    came = len(faults) - len(ground.missed)
    print(f"\nseed {seed}: {came} faults in {took:.0f} s, {hours:g} h of a world's time")
    print("  by kind:", ", ".join(f"{name} ×{n}" for name, n in sorted(Counter(map(_family, faults)).items())))
    if ground.missed:
        print("  did not come about:", ", ".join(sorted(ground.missed)))
    acknowledged = Counter(act.what for act in seen.acts if act.acknowledged)
    print("  acknowledged:", ", ".join(f"{what} {n}" for what, n in sorted(acknowledged.items())))
    print(
        f"  asked more than once: {sum(act.tries > 1 for act in seen.acts)}, longest answer {worst['client_worst']:.1f} s"
    )
    print(f"  events {len(seen.events)}, read as they came: {sum(map(len, seen.reads.values()))}")
    print(f"  deadlines that passed: {len(passed)}, of them {of_the_day} in the fast world, each at its own second;")
    print(f"  overdue in the real world {len(delays)}, recorded after {_figures(delays)}")
    idle = sum(((ended - begun).total_seconds() for begun, ended in seen.idle), 0.0)
    print(f"  no worker or no database: {len(seen.idle)} times, {idle:.0f} s in all")
    print(f"  letters {len(seen.letters)}, extra sends {judge.extra_sends(seen)}, {_figures(sent)}")
    print(f"  set aside: {len(seen.set_aside)}; alarms in long faults: {[(f.kind, f.alarms[:2]) for f in seen.long]}")
    for failure in client.failures:
        print("  THE CLIENT:", failure)
    for violation in broken:
        print(f"  BROKEN {violation.kind}: {violation.what}")
    missed = _judges_judged(seen)
    print(
        f"  lost {sum(v.kind == 'loss' for v in broken)}, violations {len(broken)}, planted and not caught: {missed or 'none'}"
    )
    return 1 if broken or client.failures or missed else 0


def _judges_judged(seen: evidence.Evidence) -> list[str]:
    """What was planted into this very run's evidence and not found."""
    plants = judge.planted(seen)
    return [name for name, (kind, wrong) in plants.items() if kind not in {v.kind for v in judge.judged(wrong)}]


def _figures(values: list[float]) -> str:
    if not values:
        return "none"
    return (
        f"p50 {values[len(values) // 2]:.2f} s, p99 {values[int(len(values) * 0.99)]:.2f} s, worst {values[-1]:.2f} s"
    )


def _family(fault: str) -> str:
    for family in ("kill -9 at", "stop at", "kill -9", "stop and go on", "redis", "provider", "long"):
        if fault.startswith(family):
            return family
    return fault


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--world-hours", type=float, default=24.0)
    parser.add_argument("--latest", type=float, default=20.0, help="seconds a deadline of the real world may be late")
    parser.add_argument("--long", action="store_true", help="also the faults that last a minute each")
    said: Any = parser.parse_args(words)
    return run(said.seed, said.faults, said.world_hours, long=said.long, latest=said.latest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
