"""What a source's own words mean: its names of metrics, the labels that hold a place, and the alerts that stand for a value."""

from collections.abc import Mapping as Words
from typing import Any, Final

import msgspec

from plans.domain import Metric, Plan, Rejection
from signals.domain.intake import Rejected, Way, Why, shown, way_of
from signals.domain.places import Directory

MOST_RULES: Final = 200
MOST_LABELS: Final = 10


class To(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A metric of the plan, and the unit the source gives it in; no unit: the metric's own."""

    metric: str
    unit: str | None = None


class AlertRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An alert with all these labels stands for a value of a metric: `firing` while it fires, `resolved` after.

    None takes the value that came with the alert.
    """

    match: dict[str, str]
    metric: str
    firing: float | None = None
    resolved: float | None = None
    unit: str | None = None

    def fits(self, labels: Words[str, str]) -> bool:
        return all(labels.get(name) == value for name, value in self.match.items())


class SourceMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one source's words are read. What it does not name is taken as it is: a metric by the plan's own key.

    Of several labels the first that says something counts. `hints` are labels such as `instance` that name a machine: they
    count where they name a node of ours (without a port) and no other label says a place; otherwise they are ignored.
    """

    metrics: dict[str, To] = {}
    regions: tuple[str, ...] = ("region",)
    hotlines: tuple[str, ...] = ("hotline",)
    nodes: tuple[str, ...] = ("node",)
    hints: tuple[str, ...] = ("instance", "host")
    places: dict[str, str] = {}  # what a label says → the key of a place
    alerts: tuple[AlertRule, ...] = ()

    def way(self, labels: Words[str, str], *, plan: Plan, places: Directory) -> Way | Rejected:
        """How samples with these labels are kept; `__name__` is the metric."""
        name = labels.get("__name__", "")
        to = self.metrics.get(name) or To(name)
        return self.way_to(to, labels, plan=plan, places=places)

    def way_to(self, to: To, labels: Words[str, str], *, plan: Plan, places: Directory) -> Way | Rejected:
        if to.metric not in plan.metrics:
            return Rejected(0, Why.METRIC, shown(to.metric))
        region, hotline, node = (self._first(labels, names) for names in (self.regions, self.hotlines, self.nodes))
        if not (region or hotline or node):
            node = self._hinted(labels, places)
        return way_of(to.metric, to.unit, region, hotline, node, plan=plan, places=places)

    def _first(self, labels: Words[str, str], names: tuple[str, ...]) -> str | None:
        said = next((labels[name] for name in names if labels.get(name)), None)
        return None if said is None else self.places.get(said, said)

    def _hinted(self, labels: Words[str, str], places: Directory) -> str | None:
        for name in self.hints:
            said = labels.get(name, "")
            for word in (said, said.rpartition(":")[0]):
                key = self.places.get(word, word)
                if key and key in places.region_of:
                    return key
        return None


DEFAULT: Final = SourceMapping()


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with a mapping: `code` is one of the keys of `signals.answers.FAULTS`."""

    where: str
    code: str
    what: str = ""


def faults(mapping: SourceMapping, plan: Plan) -> list[Fault]:
    """Everything in a mapping that could never work under this plan."""
    found: list[Fault] = []
    if len(mapping.metrics) + len(mapping.places) + len(mapping.alerts) > MOST_RULES:
        found.append(Fault("", "too_many", str(MOST_RULES)))
    for name in ("regions", "hotlines", "nodes", "hints"):
        if len(getattr(mapping, name)) > MOST_LABELS:
            found.append(Fault(name, "too_many", str(MOST_LABELS)))
    for said, to in mapping.metrics.items():
        found += _faults_of(f"metrics.{said}", to, plan)
    for number, rule in enumerate(mapping.alerts):
        where = f"alerts.{number}"
        if not rule.match:
            found.append(Fault(where, "matches_all"))
        found += _faults_of(where, To(rule.metric, rule.unit), plan)
        metric = plan.metrics.get(rule.metric)
        values = [value for value in (rule.firing, rule.resolved) if value is not None]
        if metric is not None and any(_outside(metric, value, rule.unit) for value in values):
            found.append(Fault(where, "out_of_range", rule.metric))
    return found


def _outside(metric: Metric, value: float, unit: str | None) -> bool:
    return metric.factor_of(unit) is not None and isinstance(metric.parse_value(value, unit), Rejection)


def _faults_of(where: str, to: To, plan: Plan) -> list[Fault]:
    metric = plan.metrics.get(to.metric)
    if metric is None:
        return [Fault(where, "unknown_metric", shown(to.metric))]
    if metric.factor_of(to.unit) is None:
        return [Fault(where, "unknown_unit", shown(str(to.unit)))]
    return []


class NotAMapping(Exception):
    """The text says what has the wrong shape, and where."""


def mapping_of(said: Any) -> SourceMapping:
    """A mapping from what was stored or sent; raises NotAMapping."""
    try:
        return msgspec.convert(said, SourceMapping)
    except msgspec.ValidationError as error:
        raise NotAMapping(str(error)[:200]) from None


def as_said(mapping: SourceMapping) -> dict[str, Any]:
    """As it is stored and shown to programs."""
    return msgspec.to_builtins(mapping)
