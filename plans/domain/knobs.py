"""The values of a plan that people change most often, each with its place in the file and the way a person writes it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from plans.domain.base import Span, Text
from plans.domain.conditions import AllOf, AnyOf, Test, tests_of
from plans.domain.editing import Place, value_set
from plans.domain.lint.titles import figures
from plans.domain.metrics import Threshold
from plans.domain.schema import Plan

Kind = Literal["number", "percent", "count", "span", "text"]
LONGEST: Final = 200  # characters of a title
_FIGURE: Final = re.compile(r"[+-]?\d{1,12}(?:\.\d{1,9})?")
_SPOKEN: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([^\W\d_]+)")
# How a person writes a unit of time → (seconds, days, months) of one.
_UNITS: Final[Mapping[str, tuple[int, int, int]]] = {
    **dict.fromkeys(("s", "sec", "秒"), (1, 0, 0)),
    **dict.fromkeys(("min", "m", "分", "分钟"), (60, 0, 0)),
    **dict.fromkeys(("h", "小时"), (3600, 0, 0)),
    **dict.fromkeys(("d", "day", "days", "天", "日"), (0, 1, 0)),
    **dict.fromkeys(("month", "months", "月", "个月"), (0, 0, 1)),
}  # fmt: skip


class Unreadable(ValueError):
    """What was written is no value of this kind; `kind` says what was expected."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        super().__init__(kind)


@dataclass(frozen=True, slots=True)
class Knob:
    """One value that can be changed without reading the file. `what` says which of its row's values it is, `row` the row's path;
    `optional` ones may be left empty, both or all of one row together."""

    path: tuple[str | int, ...]
    row: str
    what: str
    kind: Kind
    unit: str
    value: Any
    optional: bool = False

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))

    def shown(self, language: str = "en") -> str:
        """The value as a person writes it; a share in percent."""
        if self.value is None:
            return ""
        if self.kind == "text":
            return str(self.value)
        if self.kind == "span":
            return span_written(Span.parse(self.value), language)
        return f"{round(self.value * 100, 7) if self.kind == 'percent' else self.value:.10g}"

    def read(self, said: str) -> Any:
        """What the file is to hold; raises Unreadable."""
        if self.kind == "text":
            return text_read(said)
        said = said.strip().replace("，", ",").replace("％", "%")
        if not said and self.optional:
            return None
        if self.kind == "span":
            return span_read(said)
        said = said.removesuffix("%").strip() if self.kind == "percent" else said
        if not _FIGURE.fullmatch(said):
            raise Unreadable(self.kind)
        if self.kind == "count":
            if "." in said or said.startswith("-"):
                raise Unreadable(self.kind)
            return int(said)
        value = round(float(said) / 100, 9) if self.kind == "percent" else float(said)
        return int(value) if value == int(value) and self.kind == "number" else value


def text_read(said: str) -> str:
    """A title on one line; raises Unreadable."""
    said = " ".join(said.split())
    if not 1 <= len(said) <= LONGEST or not said.isprintable():
        raise Unreadable("text")
    return said


def span_written(span: Span, language: str) -> str:
    """`PT90M` → "90 min"; in its largest whole unit."""
    zh = language.lower().startswith("zh")
    if span.months:
        figure, unit = span.months, ("个月" if zh else "months")
    elif span.days and not span.seconds:
        figure, unit = span.days, ("天" if zh else "d")
    else:
        seconds = span.seconds + 86400 * span.days
        if seconds and seconds % 3600 == 0:
            figure, unit = seconds // 3600, ("小时" if zh else "h")
        elif seconds % 60 == 0:
            figure, unit = seconds // 60, ("分钟" if zh else "min")
        else:
            figure, unit = seconds, ("秒" if zh else "s")
    return f"{figure} {unit}"


def span_read(said: str) -> str:
    """The ISO form of "30 min", "6 h", "3 天" or of ISO itself; a bare figure is minutes. Raises Unreadable."""
    if said.startswith("P"):
        try:
            return Span.parse(said).iso
        except ValueError:
            raise Unreadable("span") from None
    found = _SPOKEN.fullmatch(f"{said} min" if _FIGURE.fullmatch(said) else said)
    if found is None or found[2].lower() not in _UNITS:
        raise Unreadable("span")
    figure = float(found[1])
    seconds, days, months = (figure * each for each in _UNITS[found[2].lower()])
    if any(part != int(part) for part in (seconds, days, months)):
        raise Unreadable("span")
    if months:
        return f"P{int(months)}M"
    if days:
        return f"P{int(days)}D"
    whole = int(seconds)
    if whole and whole % 3600 == 0:
        return f"PT{whole // 3600}H"
    return f"PT{whole // 60}M" if whole and whole % 60 == 0 else f"PT{whole}S"


def knobs(plan: Plan) -> tuple[Knob, ...]:
    """Every value that a form offers, row by row in the file's order."""
    return (*_thresholds(plan), *_windows(plan), *_limits(plan), *_clocks(plan))


def _thresholds(plan: Plan) -> Iterator[Knob]:
    for line in plan.thresholds.values():
        row, at = f"thresholds.{line.id}", ("thresholds", line.id)
        ratio = line.measure != "value"
        kind: Kind = "percent" if ratio else "number"
        unit = "percent" if ratio else plan.metrics[line.metric].unit
        yield Knob((*at, "value"), row, "value", kind, unit, line.value)
        yield Knob((*at, "clear_at"), row, "clear_at", kind, unit, line.clear_at)
        yield Knob((*at, "sustained_for"), row, "sustained_for", "span", "", line.sustained_for.iso)
        yield Knob((*at, "min_count"), row, "min_count", "count", "", line.min_count)
        if line.direction == "above":
            yield from _near(line, row)
        yield from _words(row, "title", line.title)


def _words(row: str, field: str, text: Text) -> Iterator[Knob]:
    """A title that names a number stands beside it in both languages: who changes the one sees what the other says."""
    if figures(text.zh) or figures(text.en):
        section, _dot, key = row.partition(".")
        for code, words in text.as_dict().items():
            yield Knob((section, key, field, code), row, f"title_{code}", "text", "", words)


def _near(line: Threshold, row: str) -> Iterator[Knob]:
    for colour in ("blue", "yellow"):
        value = getattr(line.near, colour) if line.near else None
        yield Knob(("thresholds", line.id, "near", colour), row, f"near_{colour}", "percent", "percent", value, True)


def _windows(plan: Plan) -> Iterator[Knob]:
    watched = {line.metric for line in plan.thresholds.values()}
    for metric in plan.metrics.values():
        if metric.id in watched:
            yield Knob(
                ("metrics", metric.id, "window"), f"metrics.{metric.id}", "window", "span", "", metric.window.iso
            )


def _limits(plan: Plan) -> Iterator[Knob]:
    for section in ("level_rules", "major_rules"):
        for rule in getattr(plan, section).values():
            for path, test in _tests(rule.when, (section, rule.id, "when")):
                spec = plan.facts.get(test.fact)
                if spec is not None and spec.kind == "number":
                    ratio = spec.unit == "ratio"
                    kind: Kind = "percent" if ratio else "number"
                    unit = "percent" if ratio else spec.unit or ""
                    yield Knob(
                        (*path, "value"), f"{section}.{rule.id}", f"{test.fact} {test.op}", kind, unit, test.value
                    )
            if any(plan.facts[test.fact].kind == "number" for test in tests_of(rule.when) if test.fact in plan.facts):
                yield from _words(f"{section}.{rule.id}", "reason", rule.reason)


def _tests(node: Test | AllOf | AnyOf, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Test]]:
    if isinstance(node, Test):
        yield path, node
        return
    word, parts = ("all", node.all) if isinstance(node, AllOf) else ("any", node.any)
    for index, part in enumerate(parts):
        yield from _tests(part, (*path, word, index))


def _clocks(plan: Plan) -> Iterator[Knob]:
    for row in plan.obligations.values():
        if row.due is not None:
            yield Knob(("obligations", row.id, "due"), f"obligations.{row.id}", "due", "span", "", row.due.iso)
            yield from _words(f"obligations.{row.id}", "title", row.title)


def turned(text: str, plan: Plan, said: Mapping[str, str]) -> tuple[str, dict[str, Unreadable]]:
    """The text with every knob that was written otherwise turned, and which of them could not be read (name → why).

    `said` is by `Knob.name`; what is left out stays. Raises editing.NotThere when the file holds no such place.
    """
    wrong: dict[str, Unreadable] = {}
    changes: dict[tuple[str | int, ...], Any] = {}
    for knob in knobs(plan):
        if knob.name not in said or said[knob.name].strip() in (knob.shown("zh-hans"), knob.shown("en")):
            continue
        try:
            value = knob.read(said[knob.name])
        except Unreadable as unreadable:
            wrong[knob.name] = unreadable
            continue
        if value != knob.value:
            changes[knob.path] = value
    for path, value in _together(plan, changes).items():
        text = value_set(text, path, value)
    return text, wrong


def _together(plan: Plan, changes: Mapping[tuple[str | int, ...], Any]) -> dict[Place, Any]:
    """A near band is written as a whole: it may have to be begun, or taken away."""
    result: dict[Place, Any] = {path: value for path, value in changes.items() if "near" not in path}
    for line in plan.thresholds.values():
        at = ("thresholds", line.id, "near")
        moved = {path[-1]: value for path, value in changes.items() if path[:3] == at}
        if moved:
            band = {colour: getattr(line.near, colour) if line.near else None for colour in ("blue", "yellow")} | moved
            kept = {colour: value for colour, value in band.items() if value is not None}
            result[at] = kept or None
    return result
