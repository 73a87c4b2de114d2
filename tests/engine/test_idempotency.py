"""One change for one key, however often and however closely together it is sent."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from common.actor import SYSTEM, Actor
from common.errors import Conflict, Invalid
from engine.idempotency import LONGEST_KEY, Answer, fingerprint_of, once
from engine.log import log_append
from engine.models import Event, IdempotencyKey, World
from tests.engine.kinds import Happened, stream_of

SENT = fingerprint_of("POST", "/api/v1/incidents", b'{"title": "line down"}')
ELSE = fingerprint_of("POST", "/api/v1/incidents", b'{"title": "another"}')
LIN = Actor(kind="person", id=7, name="Lin")
ZHAO = Actor(kind="person", id=8, name="Zhao")


def report(real: World, n: int = 1) -> Callable[[], tuple[str, int]]:
    """A change that leaves one event."""

    def change() -> tuple[str, int]:
        event = log_append(stream_of(real), Happened(n=n), by=SYSTEM)
        return f"test:{event.seq}", 201

    return change


def send(real: World, key: str = "k1", *, by: Actor = LIN, fingerprint: str = SENT, n: int = 1) -> Answer:
    return once(by=by, key=key, fingerprint=fingerprint, change=report(real, n))


def count() -> int:
    return Event.objects.filter(kind="test.happened").count()


def test_sent_again_it_gives_the_same_answer_and_changes_nothing(real: World) -> None:
    assert send(real) == Answer("test:1", 201, replayed=False)
    assert send(real) == Answer("test:1", 201, replayed=True)
    assert count() == 1


@pytest.mark.parametrize(("case", "sender"), [("another key", {"key": "k2"}), ("another person", {"by": ZHAO})])
def test_keys_are_each_senders_own(case: str, sender: dict[str, Any], real: World) -> None:
    send(real)
    assert not send(real, **sender).replayed
    assert count() == 2


def test_a_key_used_for_another_request_is_refused(real: World) -> None:
    send(real)
    with pytest.raises(Conflict, match=r"idempotency_key\.reused"):
        send(real, fingerprint=ELSE, n=2)
    assert count() == 1


@pytest.mark.parametrize("key", ["", "k" * (LONGEST_KEY + 1)])
def test_a_key_that_is_none_is_refused(key: str, real: World) -> None:
    with pytest.raises(Invalid):
        send(real, key)
    assert count() == 0


def test_a_change_that_fails_frees_its_key(real: World) -> None:
    def fail() -> tuple[str, int]:
        report(real)()
        raise ValueError("half done")

    with pytest.raises(ValueError):
        once(by=LIN, key="k1", fingerprint=SENT, change=fail)
    assert count() == 0
    assert not IdempotencyKey.objects.exists()
    assert send(real, fingerprint=ELSE) == Answer("test:1", 201, replayed=False)


class TwoSenders:
    """The first sends and holds its transaction open; the second sends meanwhile, on a connection of its own."""

    def __init__(self, real: World) -> None:
        self.real = real
        self.first_wrote, self.first_may_end, self.second_ended = (threading.Event() for _ in range(3))
        self.answers: dict[str, Answer | Exception] = {}

    def first(self, *, fails: bool) -> None:
        def change() -> tuple[str, int]:
            made = report(self.real, 1)()
            self.first_wrote.set()
            assert self.first_may_end.wait(5)
            if fails:
                raise ValueError("the first one failed")
            return made

        self._send("first", lambda: once(by=LIN, key="k1", fingerprint=SENT, change=change))

    def second(self, *, fingerprint: str) -> None:
        assert self.first_wrote.wait(5)
        self._send("second", lambda: send(self.real, fingerprint=fingerprint, n=2))
        self.second_ended.set()

    def _send(self, who: str, sending: Callable[[], Answer]) -> None:
        try:
            self.answers[who] = sending()
        except (Conflict, ValueError) as error:
            self.answers[who] = error
        finally:
            connections.close_all()

    def meet(self, *, first_fails: bool = False, fingerprint: str = SENT) -> dict[str, Answer | Exception]:
        stream_of(self.real)
        threads = [
            threading.Thread(target=self.first, kwargs={"fails": first_fails}),
            threading.Thread(target=self.second, kwargs={"fingerprint": fingerprint}),
        ]
        for thread in threads:
            thread.start()
        assert self.first_wrote.wait(5)
        assert not self.second_ended.wait(0.3), "the second must wait for the first one's end"
        self.first_may_end.set()
        for thread in threads:
            thread.join(10)
        return self.answers


def test_two_at_once_make_one_change_and_get_one_answer(real: World) -> None:
    answers = TwoSenders(real).meet()
    assert answers == {"first": Answer("test:1", 201, replayed=False), "second": Answer("test:1", 201, replayed=True)}
    assert count() == 1


def test_two_at_once_with_different_requests_the_later_is_refused(real: World) -> None:
    answers = TwoSenders(real).meet(fingerprint=ELSE)
    assert isinstance(answers["second"], Conflict)
    assert list(Event.objects.values_list("data__n", flat=True)) == [1]


def test_two_at_once_the_second_does_what_the_first_failed_to_do(real: World) -> None:
    answers = TwoSenders(real).meet(first_fails=True)
    assert isinstance(answers["first"], ValueError)
    assert answers["second"] == Answer("test:1", 201, replayed=False)
    assert list(Event.objects.values_list("data__n", flat=True)) == [2]


def test_the_callers_transaction_decides_over_key_and_change_together(real: World) -> None:
    @transaction.atomic
    def request() -> None:
        send(real)
        raise ValueError("the request failed after its change")

    with pytest.raises(ValueError):
        request()
    assert count() == 0
    assert not send(real).replayed
