"""Group chats: the robots of WeCom, DingTalk and Feishu, and a plain webhook, each in the format its platform publishes.

    WeCom     developer.work.weixin.qq.com/document/path/91770         the key is in the address
    DingTalk  open.dingtalk.com/document/orgapp/custom-robot-access    `timestamp` in ms and `sign` in the address
    Feishu    open.feishu.cn/document/client-docs/bot-v3/add-custom-bot    `timestamp` in s and `sign` in the body
    webhook   ours, see docs/operating.md                              `Hotline-Signature`, as receipts have it

A robot cannot be asked for what it was told, and knows no key of ours: see `sending` for what follows from that. All of them answer
200 to what they refuse: what counts is the code in the body.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

import httpx
from django.utils.translation import gettext_lazy as _

from common.clock import wall
from common.errors import NeverDelivers, TryLater
from notifications.channels import Letter, Limited, OutcomeUnknown, gateway
from notifications.channels.chats import Chat
from notifications.domain import receipts
from notifications.domain.delivery import Channel

# Seconds a robot is left alone that says it was told too much; for DingTalk see the pace, which keeps us from coming to that.
RESTS_SECONDS, LONGEST_REST = 60, 600
LARGEST_ANSWER = 64 * 1024


class Post(NamedTuple):
    """What is sent: `query` is added to the address."""

    said: Mapping[str, Any]
    query: Mapping[str, str] = {}


def _hmac(key: str, said: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()).decode()


def wecom(letter: Letter, secret: str, at: float) -> Post:
    return Post({"msgtype": "text", "text": {"content": letter.body}})


def dingtalk(letter: Letter, secret: str, at: float) -> Post:
    stamp = str(int(at * 1000))
    query = {"timestamp": stamp, "sign": _hmac(secret, f"{stamp}\n{secret}")} if secret else {}
    return Post({"msgtype": "text", "text": {"content": letter.body}}, query)


def feishu(letter: Letter, secret: str, at: float) -> Post:
    stamp = str(int(at))
    # Here stamp and secret are the key, and nothing is what is signed.
    signed = {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{secret}", "")} if secret else {}
    # `<at user_id="all">` in a text calls everybody: a title is to call nobody.
    return Post({**signed, "msg_type": "text", "content": {"text": letter.body.replace("<", "＜")}})


def webhook(letter: Letter, secret: str, at: float) -> Post:
    return Post({
        "key": letter.key,
        "number": letter.number or None,
        "title": letter.subject,
        "clause": letter.clause or None,
        "link": letter.link or None,
        "text": letter.body,
        "language": letter.language,
        "urgent": letter.urgent,
    })  # fmt: skip


FORMATS: dict[Channel, Callable[[Letter, str, float], Post]] = {
    Channel.WECOM: wecom,
    Channel.DINGTALK: dingtalk,
    Channel.FEISHU: feishu,
    Channel.WEBHOOK: webhook,
}
# Codes that ask us to come back later, and those that say no until a person acts; any other is tried again, and seen.
TOO_FAST: dict[Channel, frozenset[int]] = {
    Channel.WECOM: frozenset({45009, 45033}),
    Channel.DINGTALK: frozenset({130101, 410100, 90018, 90030}),
    Channel.FEISHU: frozenset({11232, 230020, 99991400}),
}
FOR_GOOD: dict[Channel, frozenset[int]] = {
    # The address, the size or the kind of message is wrong.
    Channel.WECOM: frozenset({93000, 93004, 93008, 40008, 40058}),
    # Group gone, token unknown, robot stopped or gone; sign, keyword or sender's address not as the robot's settings ask.
    Channel.DINGTALK: frozenset({400013, 400101, 400102, 400106, 310000, 300001}),
    Channel.FEISHU: frozenset({19001, 19021, 19022, 19024}),
}


class Robot:
    can_be_asked: ClassVar[bool] = False

    def __init__(self, chat: Chat) -> None:
        self.chat, self.kind = chat, chat.kind

    def deliver(self, letter: Letter) -> str:
        """Post it. A robot gives no number of its own: the answer is empty."""
        self._judge(self._posted(letter))
        return ""

    def find(self, key: str) -> str | None:
        raise NotImplementedError("a robot cannot be asked")

    def _posted(self, letter: Letter) -> httpx.Response:
        at = wall().timestamp()
        post = FORMATS[self.kind](letter, self.chat.secret, at)
        body = json.dumps(post.said, ensure_ascii=False).encode()
        url = self.chat.url
        if post.query:
            url += ("&" if "?" in url else "?") + urlencode(post.query)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self.kind is Channel.WEBHOOK:
            headers["Hotline-Signature"] = receipts.header(self.chat.secret, int(at), body)
            headers["Idempotency-Key"] = letter.key
        try:
            return gateway.client().post(url, content=body, headers=headers, timeout=gateway.CALL_SECONDS)
        # Their words may quote the address, and the address is the key: what happened is said without them.
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise TryLater(f"{self.kind}.unreachable", _("The chat's server cannot be reached.")) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise NeverDelivers(f"{self.kind}.address", _("The address of this chat is wrong; mend it.")) from None
        except httpx.HTTPError:
            raise self._unknown() from None

    def _judge(self, answer: httpx.Response) -> None:
        """Whether it stands in the chat. The platform's words may quote ours: its code alone is kept."""
        status, code = answer.status_code, self._code(answer)
        if status == 429 or code in TOO_FAST.get(self.kind, ()):
            text = _("The chat takes no more messages for now; this one waits.")
            raise Limited(f"{self.kind}.limited", text, seconds=_rest(answer))
        if code:
            wrong = f"{self.kind}.errcode_{code}"
            if code in FOR_GOOD.get(self.kind, ()):
                raise NeverDelivers(wrong, _("The chat's robot refuses us; look at its settings and try it again."))
            raise TryLater(wrong, _("The chat's robot refused the message."))
        if status in (401, 403, 404, 410):
            raise NeverDelivers(
                f"{self.kind}.key_refused", _("The chat's robot is not there for us; renew its address.")
            )
        if 500 <= status < 600:
            raise TryLater(f"{self.kind}.busy", _("The chat's server is busy."))
        if not 200 <= status < 300:
            raise TryLater(f"{self.kind}.odd_answer", _("The chat's server answered something we do not understand."))
        if code is None and self.kind is not Channel.WEBHOOK:
            raise self._unknown()

    def _code(self, answer: httpx.Response) -> int | None:
        """The code in the body, 0 when all is well; None when there is none that could be read. A webhook has none."""
        if self.kind is Channel.WEBHOOK or len(answer.content) > LARGEST_ANSWER:
            return None
        try:
            said = answer.json()
        except ValueError:
            return None
        names = ("code", "StatusCode") if self.kind is Channel.FEISHU else ("errcode",)
        found = next((said[name] for name in names if name in said), None) if isinstance(said, dict) else None
        return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**9 else None

    def _unknown(self) -> OutcomeUnknown:
        return OutcomeUnknown(f"{self.kind}.outcome_unknown", _("The chat's server did not say whether it took it."))


class Gone:
    """Stands for a chat that is not in the settings any more."""

    can_be_asked: ClassVar[bool] = False

    def deliver(self, letter: Letter) -> str:
        raise NeverDelivers("chat.gone", _("This chat is not in the settings any more."))

    def find(self, key: str) -> str | None:
        raise NotImplementedError("a robot cannot be asked")


def _rest(answer: httpx.Response) -> int:
    """For how many seconds it asks to be left alone."""
    said = answer.headers.get("Retry-After", "")
    if not (said.isascii() and said.isdigit() and len(said) < 6):
        return RESTS_SECONDS
    return max(1, min(int(said), LONGEST_REST))
