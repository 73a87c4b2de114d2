"""The group chats of the settings with what was last said in each; neither address nor secret is among it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.clock import utc_text, wall
from common.errors import Text
from notifications.channels.chats import Chat, read_all
from notifications.domain.delivery import ON_ITS_WAY, UNSENT, State
from notifications.models import Delivery
from notifications.services.trying import KIND

# After so long somebody looks whether anything sends at all.
STUCK = timedelta(seconds=30)

# What a platform's code means, where that says what to do; any other is said by how it ends.
REFUSALS: dict[str, Text] = {
    "wecom.errcode_93000": _("WeCom does not know the robot's key: renew the address."),
    "wecom.errcode_93004": _("The robot was stopped in WeCom: start it again."),
    "wecom.errcode_93008": _("The robot is not in this WeCom group any more: add it again."),
    "dingtalk.errcode_400013": _("The DingTalk group was dissolved: give the settings another one."),
    "dingtalk.errcode_400101": _("DingTalk does not know the robot's token: renew the address."),
    "dingtalk.errcode_400102": _("The robot was stopped in DingTalk: start it again."),
    "dingtalk.errcode_400106": _("The robot is not in this DingTalk group any more: add it again."),
    "dingtalk.errcode_300001": _("DingTalk does not know the robot's token: renew the address."),
    "dingtalk.errcode_310000": _(
        "DingTalk's security settings refuse us: compare secret, keyword and allowed addresses."
    ),
    "feishu.errcode_19001": _("Feishu does not know the robot's token: renew the address."),
    "feishu.errcode_19021": _(
        "Feishu does not accept our signature: compare the secret, and the clock of this machine."
    ),
    "feishu.errcode_19022": _("Feishu does not allow this machine's address: add it to the robot's settings."),
    "feishu.errcode_19024": _(
        "Feishu asks for a keyword that our messages do not hold: take the keyword off the robot."
    ),
    "chat.gone": _("This chat is not in the settings any more."),
}
ENDINGS: dict[str, Text] = {
    "unreachable": _("The chat's server cannot be reached."),
    "address": _("The address of this chat is wrong; mend it."),
    "key_refused": _("The chat's robot is not there for us; renew its address."),
    "limited": _("The chat takes no more messages for now; this one waits."),
    "busy": _("The chat's server is busy."),
    "odd_answer": _("The chat's server answered something we do not understand."),
    "outcome_unknown": _("The chat's server did not say whether it took it."),
}


def refusal_said(code: str) -> Text:
    """What went wrong, in plain words; empty where nothing did. The platform's own number is shown beside it."""
    if not code:
        return ""
    said = REFUSALS.get(code) or ENDINGS.get(code.partition(".")[2])
    return said or _("The chat's robot refused the message.")


@dataclass(frozen=True, slots=True)
class ChatShown:
    """A chat with the newest row of its ledger and its newest test; None: nothing was said there yet."""

    chat: Chat
    last: Delivery | None
    test: Delivery | None
    now: datetime

    @property
    def waits(self) -> bool:
        """A test of it is on its way."""
        return self.test is not None and self.test.state in ON_ITS_WAY

    @property
    def stuck(self) -> bool:
        """… for so long, and never tried, that nothing seems to send at all."""
        test = self.test
        return test is not None and test.state == State.QUEUED and not test.tries and self.now - test.queued_at > STUCK

    @property
    def said(self) -> Text:
        return refusal_said(self.test.error) if self.test and self.test.state in UNSENT else ""

    def as_dict(self) -> dict[str, Any]:
        chat = self.chat
        return {
            "name": chat.name,
            "owner": chat.owner,
            "channel": chat.kind,
            "signed": bool(chat.secret),
            "last": _row(self.last),
            "test": _row(self.test),
        }


def _row(row: Delivery | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "message": row.message_id,
        "state": row.state,
        "tries": row.tries,
        "queued_at": utc_text(row.queued_at),
        "delivered_at": row.delivered_at and utc_text(row.delivered_at),
        "error": row.error,
        "said": str(refusal_said(row.error)),
    }


def chats_shown() -> tuple[list[ChatShown], list[int]]:
    """Every chat in the order of the settings, and the places of the entries that cannot be read."""
    good, bad = read_all()
    now = wall()
    return [
        ChatShown(chat, _newest(chat.name), _newest(chat.name, message__kind=KIND), now) for chat in good.values()
    ], bad


def _newest(name: str, **wanted: str) -> Delivery | None:
    return Delivery.objects.filter(chat=name, **wanted).order_by("-queued_at", "-pk").first()
