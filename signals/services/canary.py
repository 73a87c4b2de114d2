"""The watchdog's canary: a sample that comes in, waits and is judged like all others, in a world of its own, and becomes an event.

No threshold of a plan is asked about it: it proves the way, not the rules.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction

from common.actor import SYSTEM
from common.clock import instant, utc_text, wall
from common.ids import token, token_digest
from engine import worlds
from engine.log import Entry, log_append_many, stream_open
from engine.models import World
from engine.selectors import newest_events
from plans.selectors import current
from signals.events import CanaryHeard
from signals.models import JudgeTodo, Source

KEY: Final = "canary"


@transaction.atomic
def canary_token() -> str:
    """The canary's world and source, made on first use; a new token for it, the one before opens a minute longer."""
    world = worlds.find(KEY) or worlds.world_open(
        key=KEY, name_zh="探针", name_en="Canary", kind=World.CANARY, at=wall()
    )
    secret = token("hes")
    source, made = Source.objects.select_for_update(no_key=True).get_or_create(
        key=KEY, defaults={"name": "Canary", "world": world, "token_sha256": token_digest(secret)}
    )
    if not made:
        source.former_sha256, source.former_until = source.token_sha256, wall() + timedelta(minutes=1)
        source.token_sha256 = token_digest(secret)
        source.save(update_fields=["token_sha256", "former_sha256", "former_until"])
    return secret


def canary_metric() -> str:
    """Of the metrics that the plan in force knows, one that takes any small number."""
    return min(current().metrics)


def canary_waits() -> bool:
    """Whether something of the canary's waits to be judged."""
    return JudgeTodo.objects.filter(world__kind=World.CANARY).exists()


def canary_reached_the_judge(at: str) -> bool:
    """Whether the canary of this time was judged."""
    stream = stream_open(worlds.by_key(KEY), "signals", KEY)
    return any(event.data["at"] == at for event in newest_events(stream.pk, 5))


def canary_heard(world_id: int, ats: Iterable[int]) -> None:
    """Write that these samples of the canary arrived at the judge; in the caller's transaction, as any verdict."""
    entries = [Entry(CanaryHeard(at=utc_text(instant(at)))) for at in sorted(set(ats))]
    if entries:
        log_append_many(stream_open(world_id, "signals", KEY), entries, by=SYSTEM)
