"""Figures of readings as people write them."""

from datetime import datetime
from typing import Any, Final

from django import template
from django.utils.translation import get_language, gettext

from common.bilingual import in_language
from plans.domain import units
from signals.rules import RULES

register = template.Library()


@register.filter
def reading(value: float | None) -> str:
    """At most one decimal, none when it is whole; thousands apart."""
    return "—" if value is None else f"{round(value, 1):,}".removesuffix(".0")


@register.filter
def unit_name(unit: str) -> str:
    """What stands behind a figure of a metric of the plan; nothing for what is merely counted."""
    return units.name_of(unit, get_language() or "zh-hans")


@register.filter
def percent_over(ratio: float | None) -> str:
    """A ratio as people write it: +34 %."""
    return "—" if ratio is None else f"{ratio:+.0%}".replace("%", " %")


@register.simple_tag
def over_mean(percent: int, flat: bool = False, measure: str = "excess") -> str:
    """So many per cent over or below the daily mean: 34, -12; or of the whole, where that is what is measured."""
    if measure == "share":
        return gettext("%(percent)s %% of the whole") % {"percent": percent}
    if flat:
        over = gettext("%(percent)s %% over the flat mean; history is short")
        below = gettext("%(percent)s %% below the flat mean; history is short")
    else:
        over, below = gettext("%(percent)s %% over the daily mean"), gettext("%(percent)s %% below the daily mean")
    return (below if percent < 0 else over) % {"percent": abs(percent)}


@register.filter
def company_time(at: str | None) -> str:
    """An instant written as text, in the time of the plan in force."""
    if not at:
        return "—"
    return datetime.fromisoformat(at).astimezone(RULES.fresh().zone).strftime("%Y-%m-%d %H:%M")


SHORT: Final = 8  # rows that are read without scrolling for long


@register.filter
def gravest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of a long list of warnings those that a reader looks at first: the gravest by their plan's levels, of these the longest, one that
    still stands before all; a short list as it is."""
    if len(rows) <= SHORT:
        return rows
    return sorted(rows, key=lambda row: (-row.get("rank", 0), row["ended"] is not None, -(row["minutes"] or 0)))[:SHORT]


@register.filter
def drawable(chart: dict[str, Any]) -> dict[str, Any]:
    """A backtest's chart as the front end draws a series."""
    return {
        "title": in_language(chart["title"]),
        "unit": chart["unit"],
        "points": chart["points"],
        "baseline": [],
        "thresholds": [],
        "over": chart["over"],
        "beside": chart["beside"],
        "hushed": chart.get("hushed", []),  # results kept by earlier versions have neither
        "unknown": chart.get("unknown", []),
    }


@register.filter
def metric_name(key: str) -> str:
    """As the plan in force calls it; a metric it does not know goes by its key."""
    metric = RULES.fresh().metrics.get(key)
    return in_language(metric.title.as_dict()) if metric else key


@register.filter
def level_name(key: str | None) -> str:
    """The same of a level."""
    level = RULES.fresh().levels.get(key or "")
    return in_language(level.title.as_dict()) if level else key or "—"


@register.filter
def place_name(key: str, names: dict[str, dict[str, str]]) -> str:
    """Of the regions or nodes that are known; one that left the map goes by its key."""
    return in_language(names[key]) if key in names else key


@register.filter
def concat(text: str, number: int) -> str:
    return f"{text}{number}"
