"""What the watches write into a world's stream `signals` / `watches`, and its sources into `signals` / `sources`."""

from typing import Any, Literal

from engine.events import FreeText, Payload, event


@event("watch.opened")
class WatchOpened(Payload):
    """A series crossed a threshold, for as long as the plan asks. `value` and `baseline` in the metric's unit over its window."""

    watch: int
    series: int
    threshold: str
    metric: str
    region: str
    hotline: str
    node: str
    value: float
    ratio: float | None
    baseline: float | None
    at: str
    since: str
    despite: int | None = None  # the mute that did not hold it back, or no longer does


@event("watch.muted")
class WatchMuted(WatchOpened, kw_only=True):
    """The same while a mute holds: on record, and nothing follows yet."""

    mute: int


@event("watch.flapping")
class WatchFlapping(WatchOpened, kw_only=True):
    """The opening that was one too many; the watch stays open until the series has settled, and says nothing meanwhile."""

    turns: int


@event("watch.cleared")
class WatchCleared(Payload):
    watch: int
    series: int
    threshold: str
    metric: str
    region: str
    hotline: str
    node: str
    value: float
    ratio: float | None
    at: str


@event("series.silent")
class SeriesSilent(Payload):
    """No data inside service hours: neither normal nor recovered."""

    series: int
    metric: str
    region: str
    hotline: str
    node: str
    since: str


@event("series.heard")
class SeriesHeard(Payload):
    series: int
    metric: str
    region: str
    hotline: str
    node: str
    at: str


@event("source.token_set")
class SourceTokenSet(Payload):
    """`former_until`: until when the token before opens too; null: not at all."""

    source: int
    key: str
    former_until: str | None = None


@event("source.revoked")
class SourceRevoked(Payload):
    source: int
    key: str
    reason: FreeText


@event("source.mapping_set")
class SourceMappingSet(Payload):
    """What a source's words mean from now on, and what they meant before."""

    source: int
    key: str
    version: int
    before: dict[str, Any]
    after: dict[str, Any]


@event("history.loaded")
class HistoryLoaded(Payload):
    """Old samples were stored for charts and baselines; nothing was judged on them. `via` is the source they came by, if one."""

    via: str | None
    stored: int
    known: int
    rejected: int
    first: str | None
    last: str | None
    series: list[int]


@event("backtest.asked")
class BacktestAsked(Payload):
    """A plan is tried on history: version, or None for a text of its own; `against` likewise, None without one."""

    run: int
    version: int | None
    against: int | None
    since: str | None
    until: str | None
    uploaded: bool


class MuteSaid(Payload):
    """A maintenance window or silence. Empty keys: not narrowed in that dimension."""

    mute: int
    sort: Literal["maintenance", "silence"]
    metric: str
    region: str
    hotline: str
    node: str
    owner: int
    starts_at: str
    ends_at: str


@event("mute.set")
class MuteSet(MuteSaid):
    reason: FreeText


@event("mute.extended")
class MuteExtended(MuteSaid):
    before: str
    reason: FreeText


@event("mute.ended")
class MuteEnded(MuteSaid):
    """`held` watches were held back, `spoke` of them still stood and spoke at the end."""

    ending: Literal["due", "early"]
    held: int
    spoke: int


@event("canary.heard")
class CanaryHeard(Payload):
    """The watchdog's sample of this time came to the judge."""

    at: str
