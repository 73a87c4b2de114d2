"""What a run leaves behind, as plain values: the judges see nothing else."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row


@dataclass(frozen=True, slots=True)
class Act:
    """Something the client asked for under one key until it was answered. `status` 0: it never was."""

    key: str
    what: str  # report, verify, start, evaluate, samples …
    number: str  # of the incident; of a report the one that came back
    status: int
    tries: int
    samples: tuple[tuple[str, str], ...] = ()  # (node, at) of each

    @property
    def acknowledged(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Logged:
    """An event of the log. `world`: its key."""

    world: str
    number: str
    seq: int
    kind: str
    data: dict[str, Any]
    occurred: datetime
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery by a way that leaves the house. `queued`: from when it should leave."""

    id: int
    key: str
    message: int
    channel: str
    state: str
    provider: str
    queued: datetime
    sent: datetime | None


@dataclass(frozen=True, slots=True)
class Flow:
    """A world's clock: at the wall time `wall` it showed `world`, and runs `rate` times as fast."""

    wall: datetime
    world: datetime
    rate: float

    def wall_of(self, at: datetime) -> datetime:
        return self.wall + (at - self.world) / self.rate


@dataclass(frozen=True, slots=True)
class Long:
    """A fault that lasted long enough for operators to be told of it; the alarms that rose within a minute, as kind:ref, and
    those of which one must be among them, because it names what is away."""

    kind: str
    alarms: tuple[str, ...]
    wanted: tuple[str, ...]
    begun: datetime
    ended: datetime


@dataclass(frozen=True)
class Evidence:
    """`reads`: number → event numbers as one reader saw them, in that order. `taken`, `arrived`: provider → keys of what it
    took in, and of what reached people, by its own record."""

    acts: tuple[Act, ...]
    events: tuple[Logged, ...]
    reads: dict[str, tuple[int, ...]]
    letters: tuple[Letter, ...]
    taken: dict[str, tuple[str, ...]]
    arrived: dict[str, tuple[str, ...]]
    stored: frozenset[tuple[str, str]]
    titles: dict[str, int]  # the client's key of a report → how many incidents carry it
    flows: dict[str, Flow]
    now: dict[str, datetime]  # world → its time at the end
    alarms: frozenset[tuple[str, str]]
    set_aside: frozenset[str]
    settled: datetime  # then nothing waited any more; what was queued before must have come to its end
    read_until: datetime  # what was recorded by then the reader must have seen
    tampered: tuple[str, ...] = ()
    left: dict[str, int] = field(default_factory=dict)  # queue → rows still due at the end
    faults: int = 0
    long: tuple[Long, ...] = ()
    latest: timedelta = timedelta(seconds=20)  # due → event at the worst, over and above `idle`
    idle: tuple[tuple[datetime, datetime], ...] = ()  # wall time in which no worker worked, or no database did
    repeated: frozenset[str] = frozenset()  # keys that a provider delivered twice of its own accord

    def without_events(self, wrong: Any) -> "Evidence":
        return replace(self, events=tuple(event for event in self.events if not wrong(event)))


def read(url: str, **more: Any) -> Evidence:
    """What the database holds, read as its superuser; `more` is what others know. Django is set up by then."""
    from engine.worlds import CLOCK

    with psycopg.connect(url, row_factory=namedtuple_row, autocommit=True) as db:
        rows = db.execute(
            "SELECT w.key AS world, s.key AS number, e.seq, e.kind, e.data, e.occurred_at AS occurred, e.recorded_at AS recorded"
            " FROM engine_event e JOIN engine_stream s ON s.id = e.stream_id JOIN engine_world w ON w.id = s.world_id"
            " WHERE s.kind = 'incident' ORDER BY e.stream_id, e.seq"
        ).fetchall()
        letters = db.execute(
            # What another letter carries went to the provider under that one's key.
            "SELECT d.id, coalesce(c.key, d.key) AS key, d.message_id AS message, d.channel, d.state, d.provider,"
            " coalesce(d.held_until, d.queued_at) AS queued, d.sent_at AS sent FROM notifications_delivery d"
            " LEFT JOIN notifications_delivery c ON c.id = d.carried_by_id WHERE d.channel <> 'inapp' ORDER BY d.id"
        ).fetchall()
        stored = db.execute(
            "SELECT k.node, to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS at FROM signals_sample s"
            " JOIN signals_series k ON k.id = s.series_id WHERE k.node LIKE 'f-%'"
        ).fetchall()
        titles = db.execute("SELECT title_en AS key, count(*) AS n FROM incidents_incident GROUP BY 1").fetchall()
        worlds = db.execute(
            f"SELECT w.key, w.wall_anchor, w.world_anchor, w.rate, {CLOCK} AS now FROM engine_world w"
        ).fetchall()
        alarms = db.execute("SELECT kind, ref FROM engine_alarm").fetchall()
        aside = db.execute("SELECT queue || ':' || what AS what FROM engine_setaside").fetchall()
    return Evidence(
        events=tuple(Logged(*row) for row in rows),
        letters=tuple(Letter(*row) for row in letters),
        stored=frozenset((row.node, row.at) for row in stored),
        titles={row.key: row.n for row in titles},
        flows={row.key: Flow(row.wall_anchor, row.world_anchor, row.rate) for row in worlds},
        now={row.key: row.now for row in worlds},
        alarms=frozenset((row.kind, row.ref) for row in alarms),
        set_aside=frozenset(row.what for row in aside),
        **more,
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def later(event: Logged, by: timedelta) -> Logged:
    """The same event, so much later by the clock of its world and by the wall's."""
    return replace(event, recorded=event.recorded + by, occurred=event.occurred + by)


def as_json(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, default=str)
