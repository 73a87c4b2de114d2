"""How the dates and states of equipment are said and drawn: `{% load equipment %}`."""

from datetime import date
from typing import NamedTuple

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from resources import selectors
from resources.domain.dates import Due, Fitness, Verdict, fitness
from resources.models import Equipment, Movement

register = template.Library()


class Look(NamedTuple):
    label: str | Promise
    icon: str
    tone: str


CONDITIONS = {
    "good": Look(gettext_lazy("Good"), "circle-check", "ok"),
    "worn": Look(gettext_lazy("Worn, still usable"), "alert-triangle", "warn"),
    "defective": Look(gettext_lazy("Defective"), "circle-x", "bad"),
}


@register.filter
def fitness_on(item: Equipment, today: date | None) -> Fitness:
    return fitness(inspect_by=item.inspect_by, replace_by=item.replace_by, today=today or selectors.today())


@register.filter
def row_tone(worst: Due) -> str:
    return {Due.EXPIRED: "bad", Due.SOON: "warn"}.get(worst, "")


@register.filter
def due_look(verdict: Verdict) -> Look:
    """What a date means today, in words, icon and tone."""
    days = verdict.days or 0
    match verdict.state:
        case Due.EXPIRED:
            said = ngettext("Expired %(days)s day ago", "Expired %(days)s days ago", -days) % {"days": -days}
            return Look(said, "alert-octagon", "bad")
        case Due.SOON if days == 0:
            return Look(_("Due today"), "clock-exclamation", "warn")
        case Due.SOON:
            said = ngettext("Due in %(days)s day", "Due in %(days)s days", days) % {"days": days}
            return Look(said, "clock-exclamation", "warn")
        case Due.FINE:
            return Look(_("In time"), "circle-check", "ok")
        case Due.NEVER:
            return Look(_("No interval"), "minus", "quiet")


@register.filter
def condition_look(condition: str) -> Look:
    return CONDITIONS[condition]


@register.filter
def movement_sentence(line: Movement) -> str:
    """A line of the usage record, as one sentence; the item's unit is beside it on the page."""
    words = {"n": abs(line.quantity), "left": line.quantity_after - line.out_after, "all": line.quantity_after}
    match line.kind:
        case Movement.Kind.ADDED:
            return _("Entered into the ledger with %(n)s.") % words
        case Movement.Kind.WITHDRAWN:
            return _("%(n)s withdrawn; %(left)s left in store.") % words
        case Movement.Kind.RETURNED:
            return _("%(n)s returned; %(left)s in store.") % words
        case Movement.Kind.INSPECTED:
            return _("Inspected.")
        case Movement.Kind.ADJUSTED if line.quantity < 0:
            return _("Quantity lowered by %(n)s to %(all)s.") % words
        case Movement.Kind.ADJUSTED:
            return _("Quantity raised by %(n)s to %(all)s.") % words
        case _unknown:
            return _("Retired; it is no longer in the ledger.")
