"""Titles and reasons that name another number than the value beside them: whoever reads the sentence acts on the wrong line."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from plans.domain.base import Span, Spec, Text
from plans.domain.conditions import tests_of
from plans.domain.deciding import LevelRule, MajorRule
from plans.domain.ending import EndingCondition, Kind, kind_of
from plans.domain.lint.clocks import spoken
from plans.domain.lint.findings import Draft, listed
from plans.domain.lint.spoken import value_text
from plans.domain.metrics import Metric, Threshold
from plans.domain.schema import Plan
from plans.domain.units import said
from plans.domain.vocabulary import SEEN_FACTS

Manner = Literal["percent", "time", "bare"]
Values = dict[Manner, set[float]]
# How a unit of time is written → how many seconds, or how many months.
_SECONDS: Final = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "秒", "秒钟"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "分", "分钟"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "小时"), 3600.0),
    **dict.fromkeys(("d", "day", "days", "天", "日"), 86400.0),
    **dict.fromkeys(("week", "weeks", "周"), 604800.0),
}
_MONTHS: Final = {**dict.fromkeys(("month", "months", "个月"), 1), **dict.fromkeys(("year", "years", "年"), 12)}
_UNITS: Final = "|".join(sorted((*_SECONDS, *_MONTHS), key=len, reverse=True))
# A figure that stands by itself: not the 4 of "C4" nor a part of "1.2.3", with what stands behind it.
_FIGURE: Final = re.compile(
    rf"(?<![A-Za-z\d.])(?P<n>\d+(?:,\d{{3}})*(?:\.\d+)?)(?![\d.]*\.\d)\s*(?:(?P<percent>[%％]|per ?cent\b)|(?P<times>[万亿])|"
    rf"-?(?P<unit>{_UNITS})(?![A-Za-z均常]))?"
)
_TIMES: Final = {"万": 1e4, "亿": 1e8}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as a sentence names it. A time is in seconds, one of months or years in months below zero: they have no length."""

    shown: str
    manner: Manner
    value: float


@dataclass(slots=True)
class Named:
    """What a row holds in figures: `main` is the value, `beside` what may stand beside it, `within` what only a title may name
    that names the value as well; `shown` says it all in words. `only_time`: of what the title counts only times are its values."""

    shown: list[Text] = field(default_factory=list)
    main: Values = field(default_factory=dict)
    beside: Values = field(default_factory=dict)
    within: Values = field(default_factory=dict)
    only_time: bool = False

    def strange(self, named: list[Figure]) -> list[Figure]:
        """The figures that are none of this row's."""
        whole = any(_in(figure, self.main) for figure in named)
        allowed = (self.main, self.beside, self.within) if whole else (self.main, self.beside)
        asked = [figure for figure in named if figure.manner == "time" or not self.only_time]
        return [figure for figure in asked if not any(_in(figure, values) for values in allowed)]


def _in(figure: Figure, values: Values) -> bool:
    return any(math.isclose(figure.value, value, rel_tol=1e-6) for value in values.get(figure.manner, ()))


def titles(plan: Plan) -> Iterator[Draft]:
    """Rows whose title or reason names another number than they hold, each language for itself; one without figures says nothing."""
    ranks = {figure.value for level in plan.levels.values() for figure in _both(level.title)}
    for path, name, text, clauses, named in _rows(plan):
        numbers = {float(clause) for clause in clauses if re.fullmatch(r"\d+\.\d+", clause)}  # "1.2 and 4.2 differ"
        known = ranks | numbers
        strange = {
            side: [f for f in named.strange(figures(getattr(text, side))) if f.manner != "bare" or f.value not in known]
            for side in ("zh", "en")
        }
        if any(strange.values()):
            yield _draft(path, name, text, clauses, strange, listed(named.shown))


def _both(text: Text) -> list[Figure]:
    return figures(text.zh) + figures(text.en)


def figures(text: str) -> list[Figure]:
    """The numbers a sentence names in figures."""
    return [_figure(found) for found in _FIGURE.finditer(text)]


def _figure(found: re.Match[str]) -> Figure:
    value, unit, shown = float(found["n"].replace(",", "")), found["unit"], found[0].strip()
    if found["percent"]:
        return Figure(shown, "percent", value)
    if unit in _MONTHS:
        return Figure(shown, "time", -value * _MONTHS[unit])
    if unit:
        return Figure(shown, "time", value * _SECONDS[unit])
    return Figure(shown, "bare", value * _TIMES.get(found["times"] or "", 1.0))


def _draft(
    path: str, name: str, text: Text, clauses: tuple[str, ...], strange: dict[str, list[Figure]], values: Text
) -> Draft:
    # What only one language says wrongly is shown as that one says it.
    zh, en = strange["zh"] or strange["en"], strange["en"] or strange["zh"]
    figures_zh, figures_en = "、".join(f.shown for f in zh), ", ".join(f.shown for f in en)
    words: dict[str, Text | str] = {"row": text, "figures": Text(zh=figures_zh, en=figures_en), "values": values}
    example = Text(
        zh=f"读到{figures_zh}的人据此行事；系统按{values.zh}判断。",
        en=f"Whoever reads {figures_en} acts on it; the product goes by {values.en}.",
    )
    return Draft("title_differs", (path, f"{path}.{name}"), clauses, words, example)


# --- what each row holds ------------------------------------------------------------------------------------------------
def _rows(plan: Plan) -> Iterator[tuple[str, str, Text, tuple[str, ...], Named]]:
    for line in plan.thresholds.values():
        yield f"thresholds.{line.id}", "title", line.title, line.clauses, _of_line(plan, line)
    for section in ("level_rules", "major_rules"):
        for rule in getattr(plan, section).values():
            named = _of_rule(plan, rule)
            if named.shown:
                yield f"{section}.{rule.id}", "reason", rule.reason, rule.clauses, named
    for section in ("lifting", "ending"):
        for condition in getattr(plan, section).values():
            if not isinstance(condition.value, bool | str):
                yield f"{section}.{condition.id}", "title", condition.title, condition.clauses, _of_end(plan, condition)
    for section in ("obligations", "preparation"):
        for row in getattr(plan, section).values():
            spans = [span for span in _spans(row) if not span.is_zero]
            if spans:
                named = Named([spoken(span) for span in spans], only_time=True)
                for span in spans:
                    _add_span(named.main, span)
                yield f"{section}.{row.id}", "title", row.title, row.clauses, named


def _of_line(plan: Plan, line: Threshold) -> Named:
    metric = plan.metrics[line.metric]
    unit = metric.unit if line.measure == "value" else "ratio"
    named = Named([said(unit, line.value)])
    for values, value in ((named.main, line.value), (named.within, line.clear_at)):
        _add_value(values, unit, value, metric if line.measure == "value" else None)
        if line.measure == "excess":  # 30 % over the mean is 130 % of it
            _add_value(values, unit, 1 + value)
    if line.near:
        named.within.setdefault("percent", set()).update((line.near.blue * 100, line.near.yellow * 100))
    named.beside.setdefault("bare", set()).add(float(line.min_count))
    for span in (line.sustained_for, metric.window):
        _add_span(named.beside, span)
    if not line.sustained_for.is_zero:
        named.shown.append(spoken(line.sustained_for))
    return named


def _of_rule(plan: Plan, rule: LevelRule | MajorRule) -> Named:
    """The numbers its tests compare with; titles of facts and words of a scale may hold figures of their own."""
    named = Named()
    for test in tests_of(rule.when):
        spec = plan.facts.get(test.fact)
        if spec is None:
            continue
        for figure in (*_both(spec.title), *(_both(spec.shown(test.value)) if spec.kind == "scale" else ())):
            named.beside.setdefault(figure.manner, set()).add(figure.value)
        if spec.kind == "number":
            _add_value(named.main, spec.unit or "", float(test.value))
            if spec.unit == "ratio":
                _add_value(named.main, "ratio", 1 + float(test.value))
            named.shown.append(value_text(plan, test.fact, test.op, test.value))
    return named


def _of_end(plan: Plan, row: EndingCondition) -> Named:
    kind, value = kind_of(plan, row), float(row.value)
    metric = plan.metrics[row.fact] if kind is Kind.MEASURED else None
    if kind is Kind.OF_MEAN:
        unit = "ratio"
    elif kind is Kind.RECORDED:
        unit = plan.facts[row.fact].unit or ""
    else:
        unit = metric.unit if metric else SEEN_FACTS.get(row.fact, "")
    named = Named([said(unit, value)])
    _add_value(named.main, unit, value, metric)
    if row.lasts is not None and kind is not Kind.SEEN:
        _add_span(named.beside, row.lasts)
    return named


_LENGTH: Final = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0}


def _add_value(values: Values, unit: str, value: float, metric: Metric | None = None) -> None:
    """A value in every way that it is written: in its unit, in the others that its metric accepts, in percent, as a time."""
    bare = values.setdefault("bare", set())
    bare.update((value, *(value / factor for factor in (metric.units if metric else {}).values())))
    if unit in ("ratio", "percent"):
        percent = value * 100 if unit == "ratio" else value
        values.setdefault("percent", set()).add(percent)
        bare.add(percent)
    elif unit in _LENGTH:
        values.setdefault("time", set()).add(value * _LENGTH[unit])


def _add_span(values: Values, span: Span) -> None:
    length = -float(span.months) if span.months else span.fixed().total_seconds()
    values.setdefault("time", set()).add(length)


def _spans(node: Spec) -> Iterator[Span]:
    """Every span that a row holds, those of its parts too."""
    for name in type(node).model_fields:
        value = getattr(node, name)
        if isinstance(value, Span):
            yield value
        elif isinstance(value, Spec):
            yield from _spans(value)
