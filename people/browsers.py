"""Reads about browsers in which people turned notifications on."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import Missing
from people.models import Browser
from people.models.browsers import Subscription

__all__ = ["Browser", "Subscription", "browsers_of", "own_browser", "with_browser"]


def browsers_of(user_id: int, *, server_key: str = "") -> list[Browser]:
    """A person's, the newest first; with `server_key` those alone that take what is signed with it."""
    rows = Browser.objects.filter(user_id=user_id)
    return list((rows.filter(server_key=server_key) if server_key else rows).order_by("-added_at", "pk"))


def own_browser(user_id: int, pk: UUID) -> Browser:
    """Raises Missing, also for another person's."""
    found = Browser.objects.filter(user_id=user_id, pk=pk).first()
    if found is None:
        raise Missing("browser.missing", _("There is no such browser among yours; it may have been removed already."))
    return found


def with_browser(user_ids: Iterable[int], server_key: str) -> set[int]:
    """Of these persons, those that can be told in some browser."""
    rows = Browser.objects.filter(user_id__in={*user_ids}, server_key=server_key)
    return set(rows.values_list("user_id", flat=True))
