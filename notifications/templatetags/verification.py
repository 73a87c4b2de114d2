"""What the standings of a way are called and drawn as: `{% load verification %}`."""

from django import template
from django.utils.translation import pgettext_lazy

from common.errors import Text
from notifications.domain.verification import Standing
from notifications.templatetags.deliveries import Look
from people.rights import ROLES

register = template.Library()

STANDINGS = {
    Standing.CONFIRMED: Look(pgettext_lazy("contact", "Confirmed"), "checks", "ok"),
    Standing.WAITING: Look(pgettext_lazy("contact", "Not confirmed yet"), "hourglass", "warn"),
    Standing.FAILED: Look(pgettext_lazy("contact", "Failed"), "circle-x", "bad"),
    Standing.NO_ADDRESS: Look(pgettext_lazy("contact", "No address on record"), "alert-triangle", "bad"),
}
AT_THE_END = Look(pgettext_lazy("contact", "Not confirmed"), "circle-x", "bad")


@register.filter
def standing_look(standing: Standing, over: bool = False) -> Look:
    """In a round that is over nothing is waited for."""
    return AT_THE_END if over and standing is Standing.WAITING else STANDINGS[standing]


@register.filter
def role_label(role: str) -> Text | str:
    return ROLES.get(role, "")
