"""Figures of readings as people write them."""

from django import template
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

register = template.Library()

# Units of the plan's metrics; what is merely counted has none.
UNITS: dict[str, str | Promise] = {"count": "", "percent": "%", "seconds": pgettext_lazy("seconds", "s")}


@register.filter
def reading(value: float | None) -> str:
    """At most one decimal, none when it is whole; thousands apart."""
    return "—" if value is None else f"{round(value, 1):,}".removesuffix(".0")


@register.filter
def unit_name(unit: str) -> str | Promise:
    return UNITS.get(unit, unit)
