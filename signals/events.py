"""What the watches write into a world's stream `signals` / `watches`, and its sources into `signals` / `sources`."""

from typing import Any

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
