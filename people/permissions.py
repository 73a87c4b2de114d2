"""The door: every view names the right it takes, and a view that names none lets nobody in."""

from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from common.actor import Actor
from people import selectors
from people.rights import GRANTS, allowed_somewhere, refusal

# Not rights but the two other answers a view may give to "who may come in?".
PUBLIC: Final = "public"
SIGNED_IN: Final = "signed in"

Declared = str | dict[str, str]


class ByRight(BasePermission):
    """Reads `view.right`: a right, PUBLIC, SIGNED_IN, or a dict of these by HTTP method.

    This is the door only: a role narrowed to a region passes. The service behind it asks again, with the scope.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        method = request.method or ""
        right = right_for(view, method)
        if right is None:
            return not hasattr(view, method.lower())  # no such method: DRF answers 405; one without a right: refused
        if right == PUBLIC:
            return True
        if not request.user.is_authenticated:
            return False
        pass_door(actor_on(request), right)
        return True


def pass_door(by: Actor, right: str) -> None:
    """Raises NotAllowed unless the actor holds the right for some scope."""
    if right not in (PUBLIC, SIGNED_IN) and not allowed_somewhere(by, right):
        raise refusal(right)


def actor_on(request: Request | HttpRequest) -> Actor:
    """The signed-in user as an actor; read once a request."""
    http: Any = getattr(request, "_request", request)
    user: Any = request.user
    known: tuple[int, Actor] | None = getattr(http, "_hotline_actor", None)
    if known is not None and known[0] == user.pk:
        return known[1]
    by = selectors.actor_of(user)
    http._hotline_actor = (user.pk, by)
    return by


def declared(view: object) -> Declared:
    """What a view or page function says about itself; raises ImproperlyConfigured when it says nothing we know."""
    right = getattr(view, "right", None)
    named = list(right.values()) if isinstance(right, dict) else [right]
    if right is None or not named or any(name not in (PUBLIC, SIGNED_IN) and name not in GRANTS for name in named):
        raise ImproperlyConfigured(f"{view!r} does not declare a right of people.rights, PUBLIC or SIGNED_IN")
    return right


def right_for(view: object, method: str) -> str | None:
    """The right this method takes; None for a method nothing was declared for."""
    right = declared(view)
    if isinstance(right, str):
        return right
    if method == "OPTIONS":
        return SIGNED_IN
    return right.get("GET" if method == "HEAD" else method)
