"""Tags for forms and menus of every room: `{% load people %}`."""

from django import template
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.ids import new_key
from people.permissions import actor_on
from people.rights import allowed_somewhere

register = template.Library()


@register.simple_tag
def idempotency_key() -> SafeString:
    """The hidden field that lets `endpoints.change_once` see that a form was sent twice."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', new_key())


@register.simple_tag(takes_context=True)
def may(context: template.Context, right: str) -> bool:
    """Whether the signed-in person may do this somewhere: `{% may "incident.verify" as may_verify %}`."""
    request: HttpRequest = context["request"]
    return request.user.is_authenticated and allowed_somewhere(actor_on(request), right)
