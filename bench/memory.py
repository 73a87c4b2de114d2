"""Memory of the web process and of a worker while ten million samples come in and are judged.

The source is one that never ends: batches of a hundred series, over and over. What a process holds after the first million is what it
needs; from then on it must not grow with what has passed through it.
"""

import asyncio
import os
import sys
from pathlib import Path

from bench.ground import PROMISED, Ground, ground
from bench.ingest import PATH, _json, _places, _push

SAMPLES = int(os.environ.get("BENCH_SAMPLES", "10000000"))
STEP = 1_000_000
GROWTH = 1.10  # of what it was after the first step
PAGE = os.sysconf("SC_PAGE_SIZE")


def run(samples: int = SAMPLES) -> dict[str, list[float]]:
    """Process → MB held after each million."""
    with ground() as made:
        token = _places()
        port = made.web(
            "hotline_ep.asgi:application", HOTLINE_SOURCE_SAMPLES_A_SECOND="1e7", HOTLINE_SOURCE_BURST="1e8"
        )
        made.workers()
        held = asyncio.run(_fill(made, port, token, samples))
    for name, megabytes in held.items():
        grown = max(megabytes[1:], default=megabytes[0]) / megabytes[0]
        verdict = "" if grown <= GROWTH else f"   NOT WITHIN ×{GROWTH:g}"
        if verdict:
            PROMISED.missed.append(name)
        print(f"  {name:56} ×{grown:.2f} from the first million on{verdict}", flush=True)
    return held


async def _fill(made: Ground, port: int, token: str, samples: int) -> dict[str, list[float]]:
    web, worker = made.children[0].pid, made.children[1].pid
    held: dict[str, list[float]] = {"web": [], "worker": []}
    done, turn = 0.0, 0
    while done < samples:
        before = done
        while done - before < STEP:
            # Each push begins a day after the one before: no sample comes twice.
            done += 10 * await _push(port, PATH, token, 10.0, _json, days=75 - turn)
            turn += 1
        for name, pid in (("web", web), ("worker", worker)):
            held[name].append(_resident(pid))
        print(
            f"{f'after {done / 1e6:.1f} million samples':58} web {held['web'][-1]:8.1f} MB   worker {held['worker'][-1]:8.1f} MB",
            flush=True,
        )
    return held


def _resident(pid: int) -> float:
    """MB in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


if __name__ == "__main__":
    run()
    sys.exit(bool(PROMISED.missed))
