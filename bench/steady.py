"""What a sample costs, stored and judged: it grows neither with rules that do not concern it nor with the history behind it."""

import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import count

from bench.ground import PROMISED, ground, quantile
from bench.ingest import QUIET, _many_rules, _places

HISTORY = 5_000_000
BATCHES, ROUNDS = 200, 7
MOST = 1.5  # times what it costs without
_batch = count()


def run(history: int = HISTORY) -> dict[str, float]:
    """Microseconds a sample: under the plan's own rules, under two hundred, and with millions of samples stored before."""
    with ground():
        from common.actor import SYSTEM
        from plans.services import SHIPPED, plan_load
        from signals.models import Series

        _places()
        nodes = [f"n{n}" for n in QUIET]
        ids = list(Series.objects.filter(metric="complaints", node__in=nodes).values_list("pk", flat=True))
        plan_load(text=SHIPPED.read_text(encoding="utf-8"), file=SHIPPED.name, by=SYSTEM)
        few = _cost(ids)
        plan_load(text=_many_rules(), file="bench.yaml", by=SYSTEM)
        many = _cost(ids)
        _lay(ids, history)
        full = _cost(ids)
    _say("a sample stored and judged, under the plan's own rules", few, few)
    _say("  under two hundred rules", many, few)
    _say(f"  with {history:,} samples stored before", full, many)
    return {"few": few, "many": many, "full": full}


def _cost(ids: list[int]) -> float:
    from engine import worlds
    from signals.rules import RULES
    from signals.services import judging
    from signals.services.samples import samples_write

    RULES.forget()
    world, begun = worlds.real(), datetime.now(UTC) - timedelta(days=20)
    taken = []
    for _ in range(ROUNDS):
        at = time.perf_counter()
        for _ in range(BATCHES):
            when = begun + timedelta(seconds=next(_batch))
            samples_write(world, [(pk, when, 9.0) for pk in ids])
        judging.judge_pending()
        taken.append((time.perf_counter() - at) * 1e6 / (BATCHES * len(ids)))
    return quantile(taken[1:], 0.5)  # the first learns what the series are


def _lay(ids: list[int], samples: int) -> None:
    """As many samples of these series, a minute apart, up to three weeks ago."""
    from django.db import connection

    from signals.services.samples import days_ensure

    end = datetime.now(UTC) - timedelta(days=21)
    start = end - timedelta(minutes=samples // len(ids) - 1)
    days_ensure(start.date(), end.date())
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "INSERT INTO signals_sample (series_id, at, value) SELECT s, at, 9 FROM"
            " generate_series(%s::timestamptz, %s::timestamptz, interval '1 minute') at, unnest(%s::int8[]) s",
            [start, end, ids],
        )


def _say(what: str, ours: float, beside: float) -> None:
    ratio = ours / beside
    if ratio > MOST:
        PROMISED.missed.append(what.strip())
    print(f"{what:58} {ours:12,.2f} µs   ×{ratio:.2f}{'' if ratio <= MOST else f'   NOT WITHIN ×{MOST:g}'}", flush=True)


if __name__ == "__main__":
    run()
    sys.exit(bool(PROMISED.missed))
