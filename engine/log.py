"""The append-only log (DESIGN.md, rules 2 and 7)."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from common.actor import Actor
from common.rows import Statement
from engine import feed, reactions, worlds
from engine.events import Payload, erasable_fields, kind_of
from engine.models import Event, EventText, Stream, World

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One event about to be written; times default to the world's now."""

    payload: Payload
    occurred: datetime | None = None
    known: datetime | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Tampered:
    """What `log_verify` found first."""

    seq: int
    why: str


def stream_open(world: World | int, kind: str, key: str) -> Stream:
    """The stream of a matter, made on first use."""
    world_id = world if isinstance(world, int) else world.pk
    stream, _ = Stream.objects.get_or_create(world_id=world_id, kind=kind, key=key)
    return stream


def stream_locked(stream_id: int) -> Stream:
    """A stream, held until the transaction ends: whoever writes to it waits."""
    return Stream.objects.select_related("world").select_for_update(no_key=True, of=("self",)).get(pk=stream_id)


def log_append(
    stream: Stream,
    payload: Payload,
    *,
    by: Actor,
    occurred: datetime | None = None,
    known: datetime | None = None,
    clause: str = "",
    plan_version: int | None = None,
) -> Event:
    """Write one event, and all that follows together with it, in the caller's transaction. See `log_append_many`."""
    entry = Entry(payload, occurred, known, clause)
    return log_append_many(stream, [entry], by=by, plan_version=plan_version)[0]


def log_append_many(
    stream: Stream,
    entries: Sequence[Entry],
    *,
    by: Actor,
    plan_version: int | None = None,
    ahead: Statement | None = None,
) -> list[Event]:
    """Write events under one lock of their stream, then run what follows from each. `ahead`: a change of a row that the caller
    holds, sent to the database together with the lock; without an entry it is all there is to do.

    `stream` may be one only named, `Stream(world_id=…, kind=…, key=…)`: it is found, or made, as it is locked.
    Needs an open transaction: state, events and what follows commit together or not at all. A reaction that fails does not
    take the events with it (`engine.reactions`). Nothing is told to anyone before commit.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an event needs the transaction of the change it records")
    if not entries:
        if ahead:
            with connection.cursor() as cursor:
                cursor.execute(*ahead)
        return []
    head_seq, head_hash, locked = _lock(stream, ahead)
    stream.held = True
    now, recorded = worlds.now_and_wall(stream.world_id, locked)
    events: list[Event] = []
    texts: list[EventText] = []
    for offset, entry in enumerate(entries, 1):
        event, own_texts = _build(stream, head_seq + offset, head_hash, recorded, now, entry, by, plan_version)
        events.append(event)
        texts += own_texts
        head_hash = bytes(event.hash)
    _write(stream, events)
    if texts:
        EventText.objects.bulk_create(texts)
    by_event: dict[int, dict[str, str]] = {}
    for text in texts:
        by_event.setdefault(text.event_id, {})[text.field] = str(text.text)
    for event in events:
        own = by_event.get(event.pk, {})
        feed.hint_after_commit(event, stream, hidden=own.keys())
        # Readers in this transaction see whole payloads; the stored row keeps digests where text can be erased.
        event.data = {**event.data, **own}
    reactions.follow(events)
    return events


LOCK = """
SELECT id, head_seq, head_hash, clock_timestamp() FROM engine_stream WHERE {which} FOR NO KEY UPDATE
"""
BY_ID, BY_NAME = LOCK.format(which="id = %s"), LOCK.format(which="world_id = %s AND kind = %s AND key = %s")


def _lock(stream: Stream, ahead: Statement | None = None) -> tuple[int, bytes, datetime]:
    """Take the stream's row; two writers of one stream queue here, so that commit order is number order. Its head, and the wall time."""
    row = _locked_row(stream, ahead)
    if row is None:  # named only, and nobody wrote to it yet
        stream.pk = stream_open(stream.world_id, stream.kind, stream.key).pk
        row = _locked_row(stream)
    if row is None:
        raise Stream.DoesNotExist(f"stream {stream.pk}")
    stream.pk, seq, head_hash, locked = row
    return seq, bytes(head_hash), locked


def _locked_row(stream: Stream, ahead: Statement | None = None) -> tuple[int, int, bytes, datetime] | None:
    named = [stream.world_id, stream.kind, stream.key]
    lock, which = (BY_NAME, named) if stream.pk is None else (BY_ID, [stream.pk])
    with connection.cursor() as cursor:
        if ahead is None:
            cursor.execute(lock, which)
        else:
            cursor.execute(f"{ahead[0]};{lock}", [*ahead[1], *which])
            cursor.nextset()
        return cursor.fetchone()


COLUMNS = (
    "stream_id", "seq", "kind", "data", "occurred_at", "known_at", "recorded_at", "actor_kind", "actor_id", "authority",
    "plan_version", "clause", "canonical", "prev_hash", "hash", "key_id",
)  # fmt: skip
ROW = f"({', '.join(['%s'] * len(COLUMNS))})"
WRITE = f"""
WITH head AS (UPDATE engine_stream SET head_seq = %s, head_hash = %s WHERE id = %s)
INSERT INTO engine_event ({", ".join(COLUMNS)}) VALUES {{rows}} RETURNING seq, id
"""  # noqa: S608 - names come from code


def _write(stream: Stream, events: Sequence[Event]) -> None:
    """Events and the head of their stream in one round trip: everything that happens passes here."""
    last = events[-1]
    values: list[Any] = [last.seq, bytes(last.hash), stream.pk]
    for event in events:
        own = {name: getattr(event, name) for name in COLUMNS}
        values += {**own, "data": Jsonb(event.data, msgspec.json.encode)}.values()
    with connection.cursor() as cursor:
        cursor.execute(WRITE.format(rows=", ".join([ROW] * len(events))), values)
        made = dict(cursor.fetchall())
    for event in events:
        event.pk = made[event.seq]
        event._state.adding, event._state.db = False, connection.alias


def _build(
    stream: Stream,
    seq: int,
    prev: bytes,
    recorded: datetime,
    now: datetime,
    entry: Entry,
    by: Actor,
    plan_version: int | None,
) -> tuple[Event, list[EventText]]:
    data = msgspec.to_builtins(entry.payload)
    erasable = {name: data[name] for name in erasable_fields(type(entry.payload)) if data.get(name)}
    salts = {name: secrets.token_bytes(SALT_BYTES) for name in erasable}
    stored = {**data, **{name: _digest(salts[name], text) for name, text in erasable.items()}}
    event = Event(
        stream=stream,
        seq=seq,
        kind=kind_of(entry.payload),
        data=stored,
        occurred_at=entry.occurred or now,
        known_at=entry.known or now,
        recorded_at=recorded,
        actor_kind=by.kind,
        actor_id=by.id,
        authority=by.authority,
        plan_version=plan_version,
        clause=entry.clause,
        prev_hash=prev,
        key_id=settings.LOG_KEY_ID,
    )
    event.canonical = canonical_bytes(event)
    event.hash = seal(event.key_id, prev, event.canonical)
    return event, [EventText(event=event, field=name, salt=salts[name], text=text) for name, text in erasable.items()]


def _digest(salt: bytes, text: str) -> str:
    return "sha256:" + hashlib.sha256(salt + text.encode()).hexdigest()


def canonical_bytes(event: Event) -> bytes:
    """The one spelling of an event that is hashed: sorted keys, UTC microseconds."""
    return msgspec.json.encode(event.as_dict(), order="sorted")


def seal(key_id: int, prev: bytes, canonical: bytes) -> bytes:
    """Keyed hash over the previous hash and this event."""
    return hmac.new(settings.LOG_KEYS[key_id], prev + canonical, hashlib.sha256).digest()


def log_verify(stream: Stream) -> Tampered | None:
    """Read a stream from its start and say where it was tampered with first; None when it is whole.

    Found: a changed column or payload, a changed text, a missing or added event, a cut-off end.
    """
    with transaction.atomic():
        head_seq, head_hash, _ = _lock(stream)
        return _read_through(Event.objects.filter(stream=stream), head_seq, head_hash)


@dataclass(frozen=True, slots=True)
class Sealed:
    """How far a log had come as it was read, the seal of its last event in hex with the number of its key, and where it was found
    tampered with first, if anywhere."""

    seq: int
    hash: str
    key_id: int | None
    tampered: Tampered | None


def log_sealed(stream_id: int) -> Sealed:
    """As `log_verify`, up to the head that stands as it begins; whoever writes meanwhile waits for nothing."""
    head_seq, head_hash = Stream.objects.values_list("head_seq", "head_hash").get(pk=stream_id)
    events = Event.objects.filter(stream=stream_id, seq__lte=head_seq)
    found = _read_through(events, head_seq, bytes(head_hash))
    key_id = events.filter(seq=head_seq).values_list("key_id", flat=True).first()
    return Sealed(head_seq, bytes(head_hash).hex(), key_id, found)


def _read_through(events: QuerySet[Event], head_seq: int, head_hash: bytes) -> Tampered | None:
    prev, seq = b"", 0
    for event in events.order_by("seq").prefetch_related("texts").iterator(500):
        seq += 1
        problem = _examine(event, seq, prev)
        if problem:
            return Tampered(seq, problem)
        prev = bytes(event.hash)
    if (seq, prev) != (head_seq, head_hash):
        return Tampered(seq + 1, "the end of the log is missing")
    return None


def _examine(event: Event, seq: int, prev: bytes) -> str:
    if event.seq != seq:
        return "an event is missing"
    if bytes(event.prev_hash) != prev or seal(event.key_id, prev, bytes(event.canonical)) != bytes(event.hash):
        return "the hash does not follow from the event and the one before"
    if canonical_bytes(event) != bytes(event.canonical):
        return "a column differs from what was hashed"
    for text in event.texts.all():
        if text.text is not None and _digest(bytes(text.salt), text.text) != event.data.get(text.field):
            return f"the text of {text.field} differs from what was hashed"
    return ""


def with_texts(events: Sequence[Event]) -> list[Event]:
    """The same events with erasable texts filled in; an erased one reads as empty."""
    texts: dict[int, dict[str, Any]] = {}
    for row in EventText.objects.filter(event__in=[e.pk for e in events]).values("event_id", "field", "text"):
        texts.setdefault(row["event_id"], {})[row["field"]] = row["text"] or ""
    for event in events:
        event.data = {**event.data, **texts.get(event.pk, {})}
    return list(events)
