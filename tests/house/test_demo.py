"""The demo's way through a bad minute: it tries again, stands by while a warning stands, and claims no end it did not reach."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.db import OperationalError
from django.utils import timezone

from hotline_ep.demo import client, story
from hotline_ep.demo.client import Client, Refused, Unreachable, patiently
from hotline_ep.demo.standins import HOURLY_DATA, PLAYED_BY, PREPARED, StandIns
from hotline_ep.management.commands import demo
from people.rights import GRANTS
from plans.selectors import current
from signals.domain.callcentre import Reading
from tests.cast import Cast

LOST = 0
NUMBER = "2026-0001"


# --- a product that is busy or away -----------------------------------------------------------------------------------
class Product:
    """Answers as it is told to: a status, or LOST for a line that breaks; 200 when nothing more is said."""

    def __init__(self) -> None:
        self.says: list[int] = []
        self.heard: list[str] = []
        product = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                product.heard.append(self.headers.get("Idempotency-Key", ""))
                status = product.says.pop(0) if product.says else 200
                if status == LOST:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b'{"code": "said", "title": "Said"}')

            def log_message(self, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def product() -> Iterator[Product]:
    product = Product()
    yield product
    product.server.shutdown()
    product.server.server_close()


def at_once(seconds: float) -> bool:
    return False


def test_a_busy_or_lost_answer_is_asked_for_again_as_the_same_act(product: Product) -> None:
    product.says = [503, LOST, 503]
    answer = Client(product.url, "t", at_once).post("incidents/1/verify", {}, key="k")
    assert (answer["code"], product.heard) == ("said", ["k"] * 4)
    product.says = [LOST]
    assert Client(product.url, "t", at_once).get("board")["code"] == "said"


def test_what_is_refused_is_not_asked_for_again(product: Product) -> None:
    product.says = [409]
    with pytest.raises(Refused, match="409 said"):
        Client(product.url, "t", at_once).post("incidents/1/end")
    assert len(product.heard) == 1


def test_it_gives_up_when_it_lasts_and_at_once_when_told_to_stop(product: Product) -> None:
    product.says = [503] * 100
    with pytest.raises(Refused, match="503"):
        Client(product.url, "t", at_once).get("board")
    assert len(product.heard) == len(client.WAITS) + 1
    with pytest.raises(Refused):
        Client(product.url, "t", lambda seconds: True).get("board")
    assert len(product.heard) == len(client.WAITS) + 2


def test_tries_that_take_long_are_fewer(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LASTS", 0.0)
    product.says = [503, 503]
    with pytest.raises(Refused, match="503"):
        Client(product.url, "t", at_once).get("board")
    assert len(product.heard) == 1


def test_the_database_out_of_reach_is_waited_for_too() -> None:
    tries = iter([OperationalError("gone"), OperationalError("gone"), None])

    def now() -> str:
        if (error := next(tries)) is not None:
            raise error
        return "noon"

    assert patiently(now, at_once) == "noon"


# --- what the stand-ins do --------------------------------------------------------------------------------------------
class Fake(StandIns):
    """Stand-ins whose product is a table of answers; `posted` is what they did."""

    def __init__(self, answers: dict[str, Callable[[], Any]], refuses: dict[str, Refused] | None = None) -> None:
        self.posted: list[tuple[str, str, Any]] = []
        self.said: list[str] = []
        super().__init__("", dict.fromkeys([*GRANTS_OF_ALL, "auditor"], "t"), "w", self.said.append)
        self.answers, self.refuses = answers, refuses or {}

    def client(self, role: str) -> Any:
        return FakeClient(self, role)


class FakeClient:
    def __init__(self, owner: Fake, role: str) -> None:
        self.owner, self.role = owner, role

    def get(self, path: str) -> Any:
        return self.owner.answers[path]()

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        self.owner.posted.append((self.role, path, body))
        for ending, refusal in self.owner.refuses.items():
            if path.endswith(ending):
                raise refusal
        return {}


GRANTS_OF_ALL = {role for roles in GRANTS.values() for role in roles}
BEGAN = datetime(2026, 11, 24, 3, tzinfo=UTC)


def warning(**said: Any) -> dict[str, Any]:
    tasks = [
        {"id": n, "item": item, "role": role, "done_at": None}
        for n, (item, role) in enumerate(
            [("diagnosis", "technical_response"), ("scripts", "reassurance_lead"), ("access", "security")]
        )
    ]
    owed = [{"turn": 1, "due_at": (BEGAN + timedelta(hours=1)).isoformat()}]
    return {
        "standing": True, "issued_at": BEGAN.isoformat(), "preparation": tasks, "data": {"owed": owed},
    } | said  # fmt: skip


def stood_by(minutes: int, **said: Any) -> Fake:
    fake = Fake({f"incidents/{NUMBER}/warning": lambda: warning(**said)})
    for _twice in range(2):
        fake.stand_by(NUMBER, BEGAN + timedelta(minutes=minutes))
    return fake


def test_two_tasks_are_ticked_off_and_the_hours_data_filed_once() -> None:
    done = [(role, path.removeprefix(f"incidents/{NUMBER}/warning/")) for role, path, _body in stood_by(6).posted]
    assert done == [
        ("tech_lead", "preparation/0"), ("group_lead", "preparation/1"), *((role, "data") for role in HOURLY_DATA),
    ]  # fmt: skip


def test_nothing_is_done_before_its_time_nor_for_a_warning_that_is_over() -> None:
    assert stood_by(3).posted == []
    assert stood_by(6, standing=False).posted == []


def test_without_a_warning_the_round_goes_on() -> None:
    def missing() -> Any:
        raise Refused(404, "warning.missing", "There is no warning")

    fake = Fake({f"incidents/{NUMBER}/warning": missing})
    fake.stand_by(NUMBER, BEGAN)
    assert fake.posted == []


def test_who_stands_by_may_and_the_plan_knows_what_for(cast: Cast) -> None:
    plan = current()
    assert PREPARED.keys() <= plan.preparation.keys()
    owners = [PLAYED_BY.get(plan.preparation[item].role) for item in PREPARED]
    assert set(owners) <= set(GRANTS["warning.prepare"])
    assert HOURLY_DATA.keys() <= set(GRANTS["warning.report_data"])


# --- how it ends ------------------------------------------------------------------------------------------------------
class Story(story.Story):
    """The story's last part, with a product that answers as the test says."""

    def __init__(self, fake: Fake) -> None:
        self.stop, self.rate, self.standins = threading.Event(), 30.0, fake
        self.ahead = (timezone.now() + timedelta(days=1), [])
        self.steps = iter(())

    def _now(self) -> datetime:
        return timezone.now()

    def _set(self, **to: Any) -> None: ...


def ending(phase: Callable[[Fake], str], refuses: dict[str, Refused] | None = None) -> Fake:
    fake = Fake({}, refuses)
    fake.answers = {
        "drills/w": list,
        f"incidents/{NUMBER}/obligations": list,
        f"incidents/{NUMBER}": lambda: {"phase": phase(fake)},
    }
    Story(fake)._ending(NUMBER)
    return fake


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "TICK", 0)


@pytest.mark.usefixtures("quick")
def test_an_ending_that_is_refused_is_asked_for_again_and_told_once() -> None:
    no = Refused(409, "ending.unmet", "A condition is not met")
    fake = ending(lambda fake: "monitoring", {"/end": no, "/close": no})
    ends = [path for _role, path, _body in fake.posted if path.endswith("/end")]
    assert len(ends) == story.ENDING_ROUNDS
    assert sum("ending.unmet" in line for line in fake.said) == 2, "one line for the end, one for the close"


@pytest.mark.usefixtures("quick")
def test_it_stops_asking_once_it_is_closed() -> None:
    fake = ending(lambda fake: "closed" if any(path.endswith("/close") for _r, path, _b in fake.posted) else "ended")
    assert [path.rpartition("/")[2] for _role, path, _body in fake.posted] == ["ending-report", "end", "close"]


@pytest.mark.usefixtures("quick")
def test_the_quiet_hours_are_led_from_sample_to_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, led = Fake({f"incidents/{NUMBER}/obligations": list}), []
    monkeypatch.setattr(story, "SEEN_BY_ALL", 0)
    monkeypatch.setattr(story, "world_advance", lambda world, *, to: led.append(to))
    quiet = Story(fake)
    begun = quiet._now()
    times = [begun + timedelta(minutes=5 * n) for n in range(-1, 3)] + [begun + timedelta(hours=99)]
    posted: list[Any] = []
    quiet.world, quiet._post = None, posted.append  # type: ignore[assignment]
    quiet.steps = iter([(at, [at]) for at in times])  # type: ignore[assignment]
    quiet.ahead = next(quiet.steps)
    quiet._now = lambda: begun  # type: ignore[method-assign]
    quiet._quiet(NUMBER)
    assert led == times[2:4], "what lies behind is posted at once, and each further one at its time"
    assert posted == [[at] for at in times[:4]]
    assert quiet.ahead is not None
    assert quiet.ahead[0] == times[4], "what comes after the quiet hours is kept for the ending"


class Played:
    """Stands for a whole story in the command."""

    number: str | None = NUMBER
    came_to: Any = "closed"

    def __init__(self, **told: Any) -> None: ...

    def history(self) -> int:
        return 0

    def play(self) -> str | None:
        return self.number

    def phase(self, number: str) -> str:
        if isinstance(self.came_to, Exception):
            raise self.came_to
        return str(self.came_to)


@pytest.mark.parametrize(
    ("number", "came_to", "said"),
    [
        (NUMBER, "monitoring", "is monitoring"),
        (None, "", "not there"),
        (NUMBER, Unreachable("gone"), "broke off: gone"),
        (NUMBER, "closed", None),
    ],
)
def test_the_command_fails_unless_the_incident_is_closed(
    number: str | None, came_to: Any, said: str | None, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(story, "Story", type("One", (Played,), {"number": number, "came_to": came_to}))
    monkeypatch.setattr(demo, "read_private", lambda path: {"url": "http://x/", "api_tokens": {}})
    play = lambda: demo.Command()._play(tmp_path, threading.Event(), {"world": "w", "rate": 30.0})  # noqa: E731
    if said is None:
        play()
        assert f"{NUMBER}: closed; the demo ended" in capsys.readouterr().out
        return
    with pytest.raises(CommandError, match=said):
        play()
    assert "the demo ended" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("metric", "value", "wanted"),
    [("complaints", 13.0, 6.0), ("availability", 99.89, 99.95), ("availability", 99.98, 99.98), ("cpu", 60.0, 60.0)],
)
def test_chance_begins_no_warning_beside_the_story(metric: str, value: float, wanted: float) -> None:
    reading = Reading(metric, timezone.now(), value, region="north")
    assert story.evened(reading) == replace(reading, value=wanted)
