"""What the watches write into a world's stream `signals` / `watches`."""

from engine.events import Payload, event


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
    source: int
    key: str


@event("backtest.asked")
class BacktestAsked(Payload):
    """A plan is tried on history: version, or None for a text of its own; `against` likewise, None without one."""

    run: int
    version: int | None
    against: int | None
    since: str | None
    until: str | None
    uploaded: bool
