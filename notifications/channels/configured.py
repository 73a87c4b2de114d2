"""Which providers a channel has: from the environment, in the order of preference."""

import os
from collections.abc import Mapping, Sequence

from notifications.channels import Channel, email
from notifications.channels.browsers import Browsers
from notifications.channels.chats import chats
from notifications.channels.gateway import Gateway
from notifications.channels.robots import Gone, Robot
from notifications.channels.sink import Sink
from notifications.channels.vapid import signer
from notifications.domain import delivery

# channel → the variable that names its gateways, several divided by spaces
GATEWAYS = {delivery.Channel.SMS: "HOTLINE_SMS_URLS", delivery.Channel.VOICE: "HOTLINE_VOICE_URLS"}
SINK = "sink"


def providers(channel: str, *, real: bool, chat: str = "") -> dict[str, Channel]:
    """Name → provider. Outside the real world nothing leaves the house; without a provider it ends in the sink. A chat has its own
    robot and no other, by its name."""
    found: dict[str, Channel] = {}
    if real and chat:
        there = chats().get(chat)
        return {chat: Robot(there) if there is not None and there.kind == channel else Gone()}
    if real and channel == delivery.Channel.EMAIL and (url := email.server()):
        found["smtp"] = email.Smtp(url)
    if real and channel in GATEWAYS:
        found |= {gateway.name: gateway for gateway in gateways(channel)}
    if real and channel == delivery.Channel.PUSH and (ours := signer()) is not None:
        found["webpush"] = Browsers(ours)
    return found or {SINK: Sink()}


def gateways(channel: str) -> list[Gateway]:
    urls = os.environ.get(GATEWAYS[delivery.Channel(channel)], "").split()
    return [Gateway(channel, url) for url in urls]


def secrets_of(name: str) -> set[str]:
    """The secrets by which gateways of this name sign their receipts."""
    return {gateway.secret for channel in GATEWAYS for gateway in gateways(channel) if gateway.name == name}


def chosen(names: Sequence[str], *, failed: str, resting: Mapping[str, bool]) -> str:
    """By which provider an attempt is made: after a failure the next one, else the first; those that fail just now come last."""
    start = names.index(failed) + 1 if failed in names else 0
    order = [*names[start:], *names[:start]]
    return next((name for name in order if not resting.get(name)), order[0])
