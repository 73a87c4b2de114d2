"""How fast a chat's robot may be told: what its platform takes, shared so that a grave message finds room.

Sources: WeCom and DingTalk take 20 messages a minute of a robot (DingTalk then refuses for ten minutes), Feishu 100 a minute and
5 a second. The windows here are longer by what our clock and theirs may differ.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from notifications.domain.delivery import Channel, Rank


class Limit(NamedTuple):
    posts: int
    seconds: float


LIMITS: Final[dict[Channel, tuple[Limit, ...]]] = {
    Channel.WECOM: (Limit(20, 61),),
    Channel.DINGTALK: (Limit(20, 61),),
    Channel.FEISHU: (Limit(5, 1.2), Limit(100, 61)),
    # Whatever it is, it says so itself (429).
    Channel.WEBHOOK: (),
}
# How much of a window a message of this rank may find used and still go.
SHARES: Final = {Rank.ORDINARY: 0.5, Rank.URGENT: 0.75, Rank.GRAVEST: 1.0}


def free_at(channel: Channel, posts: Sequence[datetime], rank: Rank, now: datetime) -> datetime:
    """The earliest instant at which one more post may be made; not after `now` when that is at once. `posts`: earlier ones, in
    order."""
    found = now
    for limit in LIMITS[channel]:
        room = max(1, int(limit.posts * SHARES[rank]))
        if len(posts) >= room:
            # With this one gone out of the window, one fewer than `room` is left in it.
            found = max(found, posts[-room] + timedelta(seconds=limit.seconds))
    return found


def kept(channel: Channel, posts: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those of the posts that still count."""
    longest = max((limit.seconds for limit in LIMITS[channel]), default=0)
    return [at for at in posts if at > now - timedelta(seconds=longest)]
