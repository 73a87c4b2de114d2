"""Signal sources and their tokens."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict
from common.ids import token, token_digest
from engine import worlds
from engine.log import log_append, stream_open
from engine.models import World
from engine.timers import timer_set, timer_stands
from people.rights import require
from signals.events import SourceTokenSet
from signals.models import Source
from signals.services.baselines import learning_begin
from signals.services.silence import EVERY, SILENCE


@transaction.atomic
def source_create(*, key: str, name: str, world: World, by: Actor) -> str:
    """A new source; its token, which nobody can read again. Raises Conflict when the key is taken.

    With its first source a world begins to look for silence and to learn every night.
    """
    by = require(by, "source.manage")
    secret = token("hes")
    try:
        with transaction.atomic():
            source = Source.objects.create(key=key, name=name, world=world, token_sha256=token_digest(secret))
    except IntegrityError:
        raise Conflict("source.taken", _("There is a source by this key already; rotate its token instead.")) from None
    _log(source, by)
    if not timer_stands(SILENCE, [world.pk]):
        timer_set(world.pk, SILENCE, world.pk, worlds.now(world) + EVERY)
    learning_begin(world)
    return secret


@transaction.atomic
def source_token_rotate(*, key: str, by: Actor) -> str:
    """A new token for a source; the old one is dead at once (a web process may remember it for five seconds)."""
    by = require(by, "source.manage")
    source = Source.objects.select_for_update(no_key=True).select_related("world").get(key=key)
    secret = token("hes")
    source.token_sha256 = token_digest(secret)
    source.save(update_fields=["token_sha256"])
    _log(source, by)
    return secret


def _log(source: Source, by: Actor) -> None:
    log_append(stream_open(source.world, "signals", "sources"), SourceTokenSet(source=source.pk, key=source.key), by=by)
