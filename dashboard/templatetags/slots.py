"""The slots of an incident as its reader sees them: `{% load slots %}{% slots_of incident as slots %}`."""

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dashboard.templatetags.labels import Look
from escalation.domain.slots import Course, Stand
from escalation.slots import SlotShown, StepShown, slots_for, slots_running
from incidents.selectors import Incident
from people.permissions import actor_on

register = template.Library()

WIDE = 1000  # of the drawing, from the slot's begin to its end
SHOWN = 12

STANDS = {
    Stand.DONE: Look(_("Done in time"), "circle-check", "ok"),
    Stand.DONE_LATE: Look(_("Done late"), "checks", "warn"),
    Stand.RUNNING: Look(_("Running"), "hourglass", "info"),
    Stand.LATE: Look(_("Late"), "clock-exclamation", "bad"),
    Stand.AHEAD: Look(_("Comes after"), "clock-pause", "quiet"),
    Stand.DROPPED: Look(_("No longer owed"), "minus", "quiet"),
}
COURSES = {
    Course.IN_TIME: Look(pgettext_lazy("slot", "In time"), "clock", "info"),
    Course.BEHIND: Look(_("A step is late; the end stands"), "alert-triangle", "warn"),
    Course.RUN_OUT: Look(_("The time for draft and review has run out"), "alert-octagon", "bad"),
    Course.OVERDUE: Look(_("Approved, and late to go out"), "clock-exclamation", "bad"),
    Course.KEPT: Look(_("Out in time"), "circle-check", "ok"),
    Course.KEPT_LATE: Look(_("Out, but late"), "checks", "warn"),
    Course.DROPPED: Look(_("No longer owed"), "minus", "quiet"),
}


@register.filter
def stand_look(stand: Stand) -> Look:
    return STANDS[stand]


@register.filter
def course_look(course: Course) -> Look:
    return COURSES[course]


@register.simple_tag(takes_context=True)
def slots_of(context: template.Context, incident: Incident | None) -> list[SlotShown]:
    """Of this incident; without one, those that still run in the page's world, what ends first before the others."""
    by = actor_on(context["request"])
    return slots_for(incident, by) if incident else slots_running(context["world"].pk, by)[:SHOWN]


@register.filter
def bar(slot: SlotShown) -> list[dict[str, Any]]:
    """The steps as pieces of a drawing WIDE across: where each begins and how far it reaches."""
    return [{"x": _at(slot, one.step.begins_at), "width": _width(slot, one), "step": one.step} for one in slot.steps]


@register.filter
def bar_now(slot: SlotShown) -> int:
    return min(max(_at(slot, slot.now), 0), WIDE)


def _width(slot: SlotShown, one: StepShown) -> int:
    return _at(slot, one.step.due_at) - _at(slot, one.step.begins_at)


def _at(slot: SlotShown, at: Any) -> int:
    return round((at - slot.read.begins_at) / (slot.read.ends_at - slot.read.begins_at) * WIDE)
