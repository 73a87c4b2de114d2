"""No data inside service hours is a state of its own (DESIGN.md, rule 10): when it is noticed, and by whom heard again. No store.

Live the newest samples are looked at every five minutes; over a history the same looks are taken where samples are missing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import chain, pairwise
from typing import Final

from common.clock import instant, microseconds
from plans.domain import Metric, ServiceHours
from signals.domain.marks import History, Key
from signals.domain.mutes import Muted, covering
from signals.domain.verdict import LOST_IN_A_ROW

EVERY: Final = timedelta(minutes=5)
MINUTES: Final = 7 * 24 * 60  # of a week
SHIFTED: Final = 65  # minutes: a clock put forward, and a look besides


@dataclass(frozen=True, slots=True)
class Silent:
    """A series that gave no data: its last sample, when that was noticed, and the first one after it, if any came."""

    key: Key
    since: datetime
    noticed: datetime
    heard: datetime | None


def patience(metric: Metric) -> timedelta:
    """How long after a sample the next may stay away."""
    return metric.expected_every.fixed() * LOST_IN_A_ROW + timedelta(minutes=1)


def missed(metric: Metric, last: datetime, at: datetime, zone: tzinfo) -> bool:
    """Whether a series is silent for more than a few expected samples, all of it inside service hours."""
    waited = patience(metric)
    return at - last > waited and metric.in_service(at, zone) and metric.in_service(at - waited, zone)


def silences(
    history: History, *, zone: tzinfo, mutes: Sequence[Muted], start: int | None, until: int
) -> Iterator[Silent]:
    """What looking every five minutes from `start` to `until` (microseconds) would have noticed of a watched series; while a mute
    holds nothing is noticed."""
    waited, metric = patience(history.metric) // timedelta(microseconds=1), history.metric
    own = [mute for mute in mutes if mute.where.covers(*history.key)]
    for last, following in chain(pairwise(history.at), ((at, None) for at in history.at[-1:])):
        end = until if following is None else following
        if end - last <= waited:
            continue
        for look in _looks(metric, instant(max(last + waited, start or 0)), instant(end), zone):
            if missed(metric, instant(last), look, zone) and covering(own, history.key, look) is None:
                yield Silent(history.key, instant(last), look, None if following is None else instant(following))
                break


def _looks(metric: Metric, since: datetime, until: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Every five minutes of the clock, less most of the hours in which no service is expected."""
    every = EVERY // timedelta(microseconds=1)
    look = instant(-(-microseconds(since) // every) * every)
    closed = _closed_for(metric.service_hours)
    while look <= until:
        yield look
        local = look.astimezone(zone)
        ahead = closed[(local.weekday() * 24 + local.hour) * 60 + local.minute] - SHIFTED if closed else 0
        look += EVERY * max(1, ahead // 5)


@lru_cache(maxsize=64)
def _closed_for(hours: tuple[ServiceHours, ...]) -> tuple[int, ...]:
    """For each minute of a week how many minutes later service is expected, 0 while it is; empty: always."""
    if not hours:
        return ()
    week = [any(h.covers(n // 1440, time(n // 60 % 24, n % 60)) for h in hours) for n in range(MINUTES)]
    ahead, found = 0, [0] * MINUTES
    for n in range(2 * MINUTES - 1, -1, -1):  # twice: what a week ends with, the next one begins with
        ahead = 0 if week[n % MINUTES] else ahead + 1
        found[n % MINUTES] = ahead
    return tuple(found)
