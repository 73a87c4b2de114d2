"""Trying a group chat: one message of no incident into that chat alone, by the way every other goes."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from common.errors import Missing
from common.ids import new_key
from engine import worlds
from notifications.channels.chats import chats
from notifications.models import Delivery, Message
from notifications.services.messages import deliver

KIND = "chat.tried"


@transaction.atomic
def chat_try(*, name: str) -> Delivery:
    """Say in a chat of the settings that it works; its row tells what became of it. Raises Missing for a name that is not there.

    Whoever may start programs on the machine may call this: no page does.
    """
    chat = chats().get(name)
    if chat is None:
        raise Missing("chat.missing", _("There is no chat of this name in HOTLINE_CHATS."))
    world = worlds.real()
    message = Message.objects.create(
        world=world,
        incident=None,
        kind=KIND,
        subject=both(_("Test: messages of the emergency hotline arrive in this chat.")),
        body=both(_("Test: messages of the emergency hotline arrive in this chat.")),
        key=f"{KIND}:{new_key()}",
        link="",
        at_once=True,
        created_at=worlds.now(world.pk),
    )
    deliver(message, {}, chats=[chat])
    return Delivery.objects.get(message=message)
