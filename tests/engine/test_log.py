"""Nothing is lost, changed or left out: the log."""

import threading
from datetime import timedelta

import msgspec
import pytest
from django.db import DatabaseError, connection, connections, transaction

from common.actor import SYSTEM
from engine.events import payload_of
from engine.log import Entry, log_append, log_append_many, log_verify
from engine.models import Event, EventText, Stream, World
from engine.selectors import events_after
from tests.engine.kinds import Happened, happen, stream_of


def test_events_of_a_stream_are_numbered_without_gap(real: World) -> None:
    first, second = happen(real, 1), happen(real, 2)
    assert (first.seq, second.seq) == (1, 2)
    assert [e.data["n"] for e in events_after(first.stream_id, 0)] == [1, 2]
    assert log_verify(first.stream) is None


def test_an_event_needs_the_transaction_of_its_change(real: World) -> None:
    with pytest.raises(RuntimeError):
        log_append(stream_of(real), Happened(n=1), by=SYSTEM)
    assert Event.objects.count() == 0


def test_many_events_take_one_lock_and_keep_their_order(real: World) -> None:
    with transaction.atomic():
        events = log_append_many(stream_of(real), [Entry(Happened(n=n)) for n in range(50)], by=SYSTEM)
    assert [e.seq for e in events] == list(range(1, 51))
    assert log_verify(events[0].stream) is None


def test_an_unknown_field_blows_up() -> None:
    with pytest.raises(msgspec.ValidationError):
        payload_of("test.happened", {"n": 1, "colour": "blue"})


def test_transactions_committing_out_of_order_leave_no_gap(real: World) -> None:
    """B starts after A and would commit first; it waits for A's number, so a reader never sees 2 without 1."""
    a_wrote, a_may_commit, b_done = threading.Event(), threading.Event(), threading.Event()
    seen: list[list[int]] = []

    def a() -> None:
        with transaction.atomic():
            log_append(stream_of(real), Happened(n=1), by=SYSTEM)
            a_wrote.set()
            a_may_commit.wait(5)
        connections.close_all()

    def b() -> None:
        a_wrote.wait(5)
        happen(real, 2)
        b_done.set()
        connections.close_all()

    stream = stream_of(real)
    threads = [threading.Thread(target=a), threading.Thread(target=b)]
    for thread in threads:
        thread.start()
    a_wrote.wait(5)
    assert not b_done.wait(0.3), "B must wait for A's number"
    seen.append([e.seq for e in events_after(stream.pk, 0)])
    a_may_commit.set()
    for thread in threads:
        thread.join(5)
    after = events_after(stream.pk, 0)
    assert [*seen, [e.seq for e in after]] == [[], [1, 2]]
    assert all(e.occurred_at <= e.recorded_at for e in after), "nothing is on record before it happened"
    assert after[0].recorded_at + timedelta(seconds=0.2) < after[1].recorded_at, (
        "B's clock is read when its turn has come"
    )


def test_a_change_that_is_rolled_back_leaves_no_number_behind(real: World) -> None:
    happen(real, 1)
    with pytest.raises(ValueError), transaction.atomic():
        log_append(stream_of(real), Happened(n=2), by=SYSTEM)
        raise ValueError("the change failed")
    assert happen(real, 3).seq == 2


@pytest.mark.parametrize(
    ("case", "statement"),
    [
        ("change", "UPDATE engine_event SET kind = 'x'"),
        ("delete", "DELETE FROM engine_event"),
        ("truncate", "TRUNCATE engine_event CASCADE"),
        ("drop the trigger", "ALTER TABLE engine_event DISABLE TRIGGER ALL"),
    ],
)
def test_the_applications_role_cannot(case: str, statement: str, real: World) -> None:
    event = happen(real, 1)
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(statement)
    assert log_verify(event.stream) is None


@pytest.mark.parametrize(
    "statement", ["UPDATE engine_event SET kind = 'x'", "DELETE FROM engine_event", "TRUNCATE engine_event CASCADE"]
)
def test_even_the_owner_meets_the_triggers(statement: str, real: World, owner: "Owner") -> None:
    happen(real, 1)
    with pytest.raises(DatabaseError, match=r"pgtrigger|truncated"):
        owner(statement)
    assert Event.objects.count() == 1


class Owner:
    """Acts as the role that owns the tables: what a thief of the owner's password could do."""

    def __call__(self, *statements: str) -> None:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.mark.parametrize(
    ("case", "statement", "found_at"),
    [
        ("a changed payload", """UPDATE engine_event SET data = '{"n": 9, "note": ""}' WHERE seq = 2""", 2),
        ("a changed authority", "UPDATE engine_event SET authority = 'hq_commander' WHERE seq = 2", 2),
        ("a changed time", "UPDATE engine_event SET occurred_at = occurred_at - interval '1 h' WHERE seq = 3", 3),
        ("a missing event", "DELETE FROM engine_event WHERE seq = 2", 2),
        ("a missing end", "DELETE FROM engine_event WHERE seq = 3", 3),
        (
            "a changed text",
            "UPDATE engine_eventtext SET text = 'another' WHERE event_id = (SELECT min(id) FROM engine_event)",
            1,
        ),
    ],
)
def test_a_tampered_row_is_found(case: str, statement: str, found_at: int, real: World, owner: Owner) -> None:
    stream = happen(real, 1, note="what the caller said").stream
    happen(real, 2)
    happen(real, 3)
    owner(
        "ALTER TABLE engine_event DISABLE TRIGGER USER",
        "ALTER TABLE engine_eventtext DISABLE TRIGGER USER",
        statement,
    )
    tampered = log_verify(stream)
    assert tampered is not None
    assert tampered.seq == found_at


def test_text_can_be_erased_and_the_log_stays_whole(real: World) -> None:
    event = happen(real, 1, note="call me on 13800000000")
    assert "13800000000" not in bytes(Event.objects.get(pk=event.pk).canonical).decode()
    assert events_after(event.stream_id, 0)[0].data["note"] == "call me on 13800000000"
    EventText.objects.filter(event=event).update(text=None)
    assert events_after(event.stream_id, 0)[0].data["note"] == ""
    assert log_verify(event.stream) is None


def test_text_can_only_be_erased_never_rewritten(real: World) -> None:
    event = happen(real, 1, note="as said")
    with pytest.raises(DatabaseError, match="pgtrigger"):
        EventText.objects.filter(event=event).update(text="as wished")


def test_streams_do_not_share_numbers(real: World) -> None:
    happen(real, 1, key="a")
    assert happen(real, 1, key="b").seq == 1
    assert Stream.objects.filter(kind="test").count() == 2
