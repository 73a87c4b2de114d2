"""What a source's request is judged by: whose token it is, what its words mean, and what samples may name."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from common.clock import wall
from common.ids import token_digest
from engine import worlds
from engine.models import World
from people import selectors as people
from plans.domain import Plan
from plans.selectors import current
from signals.domain.intake import SeriesKey, Ways
from signals.domain.limits import Bucket
from signals.domain.mapping import SourceMapping, mapping_of
from signals.domain.places import Directory
from signals.domain.remote_write import Ways as WrittenWays
from signals.models import Source


@dataclass
class Known:
    """What a request is judged by, read again every few seconds."""

    source: Source
    world: World
    plan: Plan
    places: Directory
    mapping: SourceMapping
    offset: timedelta  # world's now − wall's now when read
    read_at: float
    series: dict[SeriesKey, int] = field(default_factory=dict)
    ways: Ways = field(default_factory=dict)
    written_ways: WrittenWays = field(default_factory=WrittenWays)

    @property
    def now(self) -> datetime:
        rate = 0.0 if self.world.paused else self.world.rate
        return wall() + self.offset + timedelta(seconds=(time.monotonic() - self.read_at) * (rate - 1))


def known_by(secret: str) -> Known | None:
    """The source with this token, or with this one before its last, while that opens; None for a token nobody has."""
    digest = token_digest(secret)
    found = Source.objects.select_related("world").filter(
        Q(token_sha256=digest) | Q(former_sha256=digest, former_until__gt=Now()), revoked_at=None
    )
    source = found.first()
    return None if source is None else known_of(source)


def known_of(source: Source) -> Known:
    """The same for a source already found."""
    offset = worlds.now(source.world) - wall()
    return Known(source, source.world, current(), directory(), mapping_of(source.mapping), offset, time.monotonic())


def directory() -> Directory:
    """The keys of places that there are."""
    return Directory(
        frozenset(row.key for row in people.regions()),
        frozenset(row.key for row in people.hotlines()),
        people.regions_of_nodes(),
    )


class Buckets:
    """What each source may still send to this process (settings: SOURCE_SAMPLES_A_SECOND, SOURCE_BURST)."""

    def __init__(self) -> None:
        self._by_token: dict[str, Bucket] = {}

    def of(self, source: Source) -> Bucket:
        """A rotated token begins with a full bucket; that is no way around, for it takes an administrator."""
        bucket = self._by_token.get(source.token_sha256)
        if bucket is None:
            rate, burst = settings.SOURCE_SAMPLES_A_SECOND, settings.SOURCE_BURST
            bucket = self._by_token[source.token_sha256] = Bucket.full(rate, burst, time.monotonic())
        return bucket
