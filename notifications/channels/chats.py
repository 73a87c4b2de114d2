"""The group chats there are: from the environment, as the addresses of other providers.

    HOTLINE_CHATS="hq/command=wecom+https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…
                   technical_response/tech=dingtalk+https://oapi.dingtalk.com/robot/send?access_token=…#SECRET"

Each is `whose/name=kind+address#secret`: a role or group of the plan, our name for it, what it runs on, the address as the platform
gives it, and the secret it is signed with. Address and secret stand nowhere else: rows, alarms and errors carry the name.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from notifications.domain.delivery import CHATS, Channel, chat_kinds

VARIABLE = "HOTLINE_CHATS"
ENTRY = re.compile(r"(?P<owner>[a-z0-9_-]{1,40})/(?P<name>[a-z0-9-]{1,40})=(?P<kind>[a-z]+)\+(?P<address>\S+)")
LONGEST_ADDRESS = 2000


@dataclass(frozen=True, slots=True)
class Chat:
    """`owner`: whose chat it is, a role or group of the plan; `url` and `secret` are for the robot alone."""

    owner: str
    name: str
    kind: Channel
    url: str = field(repr=False)
    secret: str = field(repr=False, default="")


def _read(entry: str) -> Chat | None:
    found = ENTRY.fullmatch(entry)
    if found is None or found["kind"] not in CHATS or len(found["address"]) > LONGEST_ADDRESS:
        return None
    url, _hash, secret = found["address"].partition("#")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    # Without a secret whoever gets the address could speak in our name to what listens there; a platform's robot has its own key.
    if not whole or (found["kind"] == Channel.WEBHOOK and not secret):
        return None
    return Chat(found["owner"], found["name"], Channel(found["kind"]), url, unquote(secret))


def read_all() -> tuple[dict[str, Chat], list[int]]:
    """(name → chat, places of the entries that cannot be read or whose name is taken, from 1). One bad entry stops no other."""
    good: dict[str, Chat] = {}
    bad: list[int] = []
    for place, entry in enumerate(os.environ.get(VARIABLE, "").split(), start=1):
        chat = _read(entry)
        if chat is None or chat.name in good:
            bad.append(place)
        else:
            good[chat.name] = chat
    return good, bad


def chats() -> dict[str, Chat]:
    """By name, in the order they are written in."""
    return read_all()[0]


def chats_for(channels: Iterable[str], owners: Iterable[str] = ()) -> list[Chat]:
    """The chats these words of a plan mean, of these owners; without any named, everybody's."""
    kinds, named = chat_kinds(channels), {*owners}
    return (
        [chat for chat in chats().values() if chat.kind in kinds and (not named or chat.owner in named)]
        if kinds
        else []
    )
