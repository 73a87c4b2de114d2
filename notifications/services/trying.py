"""Trying a group chat: one message of no incident into that chat alone, by the way every other goes."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import both
from common.errors import Conflict, Missing
from common.ids import new_key
from engine import worlds
from engine.log import log_append, stream_locked, stream_open
from notifications.channels.chats import chats
from notifications.domain.delivery import ON_ITS_WAY
from notifications.events import ChatTried
from notifications.models import Delivery, Message
from notifications.services.messages import deliver
from people.rights import require

KIND = "chat.tried"


@transaction.atomic
def chat_try(*, name: str, by: Actor) -> Delivery:
    """Say in a chat of the settings that it works; its row tells what became of it.

    Raises NotAllowed, Missing for a name that is not there, Conflict while the test before it is on its way.
    """
    by = require(by, "operations.act")
    chat = chats().get(name)
    if chat is None:
        raise Missing("chat.missing", _("There is no chat of this name in HOTLINE_CHATS."))
    world = worlds.real()
    stream = stream_locked(stream_open(world, "messages", "chats").pk)
    if Delivery.objects.filter(chat=name, message__kind=KIND, state__in=ON_ITS_WAY).exists():
        raise Conflict("chat.trying", _("A test of this chat is still on its way; wait for what becomes of it."))
    message = Message.objects.create(
        world=world,
        incident=None,
        kind=KIND,
        subject=both(_("Test: messages of Hotline EP arrive in this chat.")),
        body=both(_("Test: messages of Hotline EP arrive in this chat.")),
        key=f"{KIND}:{new_key()}",
        link="",
        at_once=True,
        created_at=worlds.now(world.pk),
    )
    deliver(message, {}, chats=[chat])
    log_append(stream, ChatTried(chat=name, channel=chat.kind, message=message.pk), by=by)
    return Delivery.objects.get(message=message)
