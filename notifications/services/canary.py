"""The last part of the canary's way: a message is written, sent by the sender like any other, and ends in the sink."""

from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM
from common.bilingual import both
from common.errors import Missing
from engine.models import Event, World
from notifications.domain.delivery import Channel
from notifications.models import Delivery
from notifications.services.messages import message_send
from people.selectors import User, user_by_name
from people.services import user_create, user_deactivate

CANARY = "canary"


def canary_ensure() -> User:
    """Whom the canary's messages are for: an account that nobody can sign in to and that holds no role."""
    try:
        return user_by_name(CANARY)
    except Missing:
        made = user_create(username=CANARY, display_name="Canary", by=SYSTEM)
        return user_deactivate(user=made, by=SYSTEM)


def follow(event: Event) -> None:
    """React to a canary that was heard."""
    message_send(
        world_id=event.stream.world_id,
        incident_id=None,
        kind=event.kind,
        to=[(user_by_name(CANARY).pk, "source")],
        subject=both(_("Canary")),
        body=both(_("The product's own test of its way from sample to message.")),
        clause="",
        urgent=False,
        key=key_of(event.data["at"]),
        link="",
        channels=("email",),
    )


def key_of(at: str) -> str:
    return f"canary:{at}"


def canary_sent(at: str) -> Delivery | None:
    """The letter of the canary of this time; None while none is written."""
    rows = Delivery.objects.filter(message__key=key_of(at), message__world__kind=World.CANARY, channel=Channel.EMAIL)
    return rows.first()
