"""Words for what a plan file writes in codes: `{% load plan_words %}`."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plans.domain import Span

register = template.Library()


@register.filter
def spoken_span(iso: str | None) -> str:
    """`PT30M` → "30 minutes"; nothing at all for no duration."""
    if not iso:
        return ""
    span = Span.parse(iso)
    if span.is_zero:
        return _("at once")
    if span.months and span.months % 12 == 0:
        return ngettext("%(count)d year", "%(count)d years", span.months // 12) % {"count": span.months // 12}
    if span.months:
        return ngettext("%(count)d month", "%(count)d months", span.months) % {"count": span.months}
    if span.days:
        return ngettext("%(count)d day", "%(count)d days", span.days) % {"count": span.days}
    if span.seconds % 3600 == 0:
        return ngettext("%(count)d hour", "%(count)d hours", span.seconds // 3600) % {"count": span.seconds // 3600}
    return ngettext("%(count)d minute", "%(count)d minutes", span.seconds // 60) % {"count": span.seconds // 60}
