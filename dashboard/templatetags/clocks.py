"""Instants in templates, for every template."""

from datetime import datetime

from django import template

register = template.Library()


@register.filter
def instant(at: datetime | str) -> datetime:
    """An aware datetime; also of the ISO text that API and board hold."""
    return datetime.fromisoformat(at) if isinstance(at, str) else at
