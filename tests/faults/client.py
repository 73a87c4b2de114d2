"""A client that writes down what it asked for and what it was told. It asks again under the same key until it is answered."""

import random
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from common.clock import utc_text
from tests.faults.evidence import Act
from tests.faults.product import DAY

NODES = 20  # and one more, that flaps
HEARERS = ("chen", "zhao", "cto", "coo", "su")
PATIENCE = 4.0  # seconds for one answer; then the same key again
READS_EVERY = 1.5  # seconds; each time it asks for every incident by itself


@dataclass
class Client:
    """Threads: one that reports and acts, one that posts samples, one that answers messages, one that reads the feed."""

    base: str
    tokens: dict[str, str]  # user name → API token
    source: str
    seed: int
    most: dict[str, int]  # world → how many incidents are reported in it
    acts: list[Act] = field(default_factory=list)
    reads: dict[str, list[int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    worst: float = 0.0

    def __post_init__(self) -> None:
        self._done = threading.Event()  # no new acts; those begun are brought to their end
        self._over = threading.Event()
        self._nudged = threading.Event()
        self._lock = threading.Lock()
        # Kept connections, as a browser's: they die with the server they lead to, and are made anew.
        self._http = httpx.Client(base_url=self.base, timeout=PATIENCE, trust_env=False)
        self._threads = [
            threading.Thread(target=self._kept(run), name=run.__name__, daemon=True)
            for run in (self._acting, self._sampling, self._answering, self._reading)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Begin nothing new. What was begun is brought to its end; the reader goes on until `stop`."""
        self._done.set()

    def finished(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads[:3])

    def nudge(self) -> None:
        """Report a small fault soon."""
        self._nudged.set()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(20)

    def _kept(self, run: Callable[[], None]) -> Callable[[], None]:
        def kept() -> None:
            try:
                run()
            except Exception as error:  # noqa: BLE001 - a thread that dies silently would judge nothing
                self.failures.append(f"{run.__name__}: {error!r}")

        return kept

    # --- one act until it is answered -----------------------------------------------------------------------------------
    def _asked(
        self, who: str, what: str, path: str, body: dict[str, Any], number: str = "", key: str = ""
    ) -> httpx.Response | None:
        key = key or uuid.uuid4().hex
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Idempotency-Key": key, "Accept-Language": "en"}
        answer, tries, begun = None, 0, time.monotonic()
        while not self._over.is_set():
            tries += 1
            with suppress(httpx.HTTPError):
                answer = self._http.post(f"/api/v1/{path}", json=body, headers=headers)
                if answer.status_code < 500 and answer.status_code != 429:
                    break
            answer = None
            self._over.wait(0.3)
        self.worst = max(self.worst, time.monotonic() - begun)
        status = answer.status_code if answer is not None else 0
        if answer is not None and what == "report" and status == 201:
            number = answer.json()["number"]
        if answer is not None and status >= 400 and status not in (403, 404, 409):
            self.failures.append(f"{what}: {status} {answer.text[:200]}")
        with self._lock:
            self.acts.append(Act(key, what, number, status, tries))
        return answer

    # --- what people do -------------------------------------------------------------------------------------------------
    def _acting(self) -> None:
        dice, at_work = random.Random(self.seed), list[str]()
        left = [world for world, count in self.most.items() for _ in range(count)]
        dice.shuffle(left)
        while not self._done.is_set():
            if self._nudged.is_set():
                self._nudged.clear()
                self._reported("real", dice, small=True)
            elif left and (dice.random() < 0.5 or not at_work):
                at_work += filter(None, [self._reported(left.pop(), dice)])
            elif at_work:
                self._evaluated(dice.choice(at_work))
            self._nudged.wait(0.4 + dice.random())

    def _evaluated(self, number: str) -> None:
        self._asked(
            "chen", "evaluate", f"incidents/{number}/evaluate", {"verdict": "keep", "reason": "As it is"}, number
        )

    def _reported(self, world: str, dice: random.Random, *, small: bool = False) -> str:
        key = uuid.uuid4().hex
        place = "" if world == "real" else f"?world={DAY}"
        body = {"noticed": "Nobody gets through", "title": key, "regions": ["east"], "systems": "down"}
        answer = self._asked("lin", "report", f"incidents{place}", body, key=key)
        if answer is None or answer.status_code != 201:
            return ""
        number = str(answer.json()["number"])
        steps = [
            ("lin", "verify", {"outcome": "confirmed", "major": not small}),
            ("gao", "assess", {"impact": "East", "facts": {"recovery_hours": 8, "reach": "region"}}),
            ("chen", "decide-level", {"level": "I", "reason": "As we judge it"}),
            ("chen", "start", {}),
        ]
        for who, what, said in steps[: 1 if small else dice.choice((1, 4, 4))]:
            self._asked(who, what, f"incidents/{number}/{what}", said, number)
        return number

    def _sampling(self) -> None:
        batch = 0
        while not self._done.is_set():
            now, batch = utc_text(datetime.now(UTC) - timedelta(seconds=1)), batch + 1
            # Over the limit and under it in turn: a line that flaps.
            value = 9 if batch % 2 else 1
            self._posted(f"samples-{batch}", [(f"f-{n}", now, value) for n in range(NODES)])
            self._done.wait(0.5)

    def flap(self, count: int) -> None:
        """So many samples of one node within the second that has just passed, each over the limit or under it in turn."""
        since = datetime.now(UTC) - timedelta(seconds=2)
        step = timedelta(seconds=1) / count
        rows = [(f"f-{NODES}", utc_text(since + step * n), 9 if n % 2 else 1) for n in range(count)]
        self._posted(f"flap-{uuid.uuid4().hex}", rows)

    def _posted(self, key: str, rows: Sequence[tuple[str, str, float]]) -> None:
        """Post samples (node, at, value) until they are answered."""
        said = [
            {"metric": "queue_time_mean", "at": at, "value": value, "unit": "min", "region": "east", "node": node}
            for node, at, value in rows
        ]
        status, tries = 0, 0
        while status not in (202, 400, 401) and not self._over.is_set():
            tries += 1
            with suppress(httpx.HTTPError):
                answer = self._http.post(
                    "/api/v1/signals/samples",
                    json={"samples": said},
                    headers={"Authorization": f"Bearer {self.source}"},
                )
                status = answer.status_code
                if status == 202 and answer.json()["accepted"] + len(answer.json()["rejected"]) != len(rows):
                    self.failures.append(f"samples: {answer.text[:200]}")
            if status != 202:
                self._over.wait(0.2)
        with self._lock:
            self.acts.append(Act(key, "samples", "", status, tries, tuple((node, at) for node, at, _value in rows)))

    def _answering(self) -> None:
        """People acknowledge some of what they are told, just as it is being pressed."""
        dice = random.Random(self.seed + 1)
        while not self._done.is_set():
            who = dice.choice(HEARERS)
            if unread := self._unread(who):
                self._asked(who, "acknowledge", f"messages/{dice.choice(unread)}/acknowledge", {})
            self._done.wait(0.7)

    def _unread(self, who: str) -> list[int]:
        """What this person has not acknowledged; nothing when it cannot be asked now."""
        with suppress(httpx.HTTPError, ValueError, KeyError):
            headers = {"Authorization": f"Bearer {self.tokens[who]}"}
            mine = self._http.get("/api/v1/messages?mine", headers=headers).json()["mine"]
            return [row["message"]["id"] for row in mine if row["state"] != "acknowledged"]
        return []

    def answer_all(self, now: Callable[[], object]) -> bool:
        """Everybody acknowledges his newest message at the instant in which `now` is called; whether anybody did, and it found
        something to do."""
        waiting = {who: unread[0] for who in HEARERS if (unread := self._unread(who))}
        start = threading.Barrier(len(waiting) + 1)

        def answer(who: str, message: int) -> None:
            start.wait(5)
            self._asked(who, "acknowledge", f"messages/{message}/acknowledge", {})

        racers = [threading.Thread(target=answer, args=pair, daemon=True) for pair in waiting.items()]
        for racer in racers:
            racer.start()
        start.wait(5)
        found = bool(now())
        for racer in racers:
            racer.join(20)
        return found and bool(waiting)

    # --- the feed -------------------------------------------------------------------------------------------------------
    def _reading(self) -> None:
        headers = {"Authorization": f"Bearer {self.tokens['audit']}"}
        while True:
            last = self._over.is_set()
            with self._lock:
                numbers = sorted({act.number for act in self.acts if act.what == "report" and act.number})
            for number in numbers:
                self._read(number, headers)
            if last:
                return
            self._over.wait(READS_EVERY)

    def _read(self, number: str, headers: dict[str, str]) -> None:
        """Fetch what is new, page by page, as a board that missed something does."""
        seen = self.reads.setdefault(number, [])
        while True:
            after = seen[-1] if seen else 0
            try:
                found = self._http.get(f"/api/v1/incidents/{number}/events?after={after}", headers=headers)
            except httpx.HTTPError:
                return
            if found.status_code != 200:
                return
            events = found.json()["events"]
            seen += [event["seq"] for event in events]
            if len(events) < 100:
                return
