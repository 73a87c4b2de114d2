"""Signal sources: their tokens, what their words mean, and their end."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.clock import utc_text, wall
from common.errors import Conflict, Invalid, Missing
from common.ids import token, token_digest
from engine import worlds
from engine.events import Payload
from engine.log import log_append, stream_open
from engine.models import World
from engine.timers import timer_set, timer_stands
from people.rights import require
from plans.selectors import current
from signals.answers import fault_sentence
from signals.domain.mapping import SourceMapping, as_said, faults, mapping_of
from signals.events import SourceMappingSet, SourceRevoked, SourceTokenSet
from signals.models import Source
from signals.services.baselines import learning_begin
from signals.services.silence import EVERY, SILENCE

FAULTY = _("Some rules cannot work; see each of them.")
LONGEST_GRACE = timedelta(days=7)


@transaction.atomic
def source_create(*, key: str, name: str, world: World, by: Actor) -> str:
    """A new source; its token, which nobody can read again. Raises Conflict when the key is taken.

    With its first source a world begins to look for silence and to learn every night.
    """
    by = require(by, "source.manage")
    if key == "new":
        errors = [
            {"field": "key", "code": "source.key", "message": _("This key is an address of ours; choose another.")}
        ]
        raise Invalid("invalid", _("This key is an address of ours; choose another."), errors=errors)
    secret = token("hes")
    try:
        with transaction.atomic():
            source = Source.objects.create(key=key, name=name, world=world, token_sha256=token_digest(secret))
    except IntegrityError:
        raise Conflict("source.taken", _("There is a source by this key already; rotate its token instead.")) from None
    _log(source, SourceTokenSet(source=source.pk, key=source.key), by)
    if not timer_stands(SILENCE, [world.pk]):
        timer_set(world.pk, SILENCE, world.pk, worlds.now(world) + EVERY)
    learning_begin(world)
    return secret


@transaction.atomic
def source_token_rotate(*, key: str, by: Actor, grace: timedelta | None = None) -> str:
    """A new token for a source. The one before opens too for `grace` (None: the setting; none for what leaked), the one before
    that no more. A web process may remember a dead one for five seconds.
    """
    by = require(by, "source.manage")
    grace = settings.SOURCE_TOKEN_GRACE if grace is None else grace
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise Invalid("source.grace", _("The old token may stay valid for seven days at most."))
    source = _held(key)
    secret, until = token("hes"), wall() + grace
    source.former_sha256, source.former_until = (source.token_sha256, until) if grace else ("", None)
    source.token_sha256 = token_digest(secret)
    source.save(update_fields=["token_sha256", "former_sha256", "former_until"])
    _log(source, SourceTokenSet(source=source.pk, key=source.key, former_until=utc_text(until) if grace else None), by)
    return secret


@transaction.atomic
def source_revoke(*, key: str, reason: str, by: Actor) -> Source:
    """No token of this source opens any more. It stays in the list with what it sent. Raises Conflict when it is revoked."""
    by = require(by, "source.manage")
    reason = reason.strip()
    if not reason:
        raise Invalid("source.reason", _("Say why the source is revoked."))
    source = _held(key)
    source.revoked_at, source.former_sha256, source.former_until = wall(), "", None
    source.save(update_fields=["revoked_at", "former_sha256", "former_until"])
    _log(source, SourceRevoked(source=source.pk, key=source.key, reason=reason), by)
    return source


@transaction.atomic
def source_mapping_set(*, key: str, mapping: SourceMapping, based_on: int, by: Actor) -> Source:
    """What a source's words mean from now on (a web process may go by the old one for five seconds).

    Raises Invalid, naming each rule that cannot work under the plan in force, and Conflict when somebody changed it meanwhile.
    """
    by = require(by, "source.manage")
    if found := faults(mapping, current()):
        errors = [{"field": row.where, "code": row.code, "message": fault_sentence(row)} for row in found]
        raise Invalid("source.mapping", FAULTY, errors=errors)
    source = _held(key)
    if source.version != based_on:
        raise Conflict("source.stale", _("Somebody changed the mapping after you opened it; read it again."))
    before, source.mapping = as_said(mapping_of(source.mapping)), as_said(mapping)
    if before == source.mapping:
        return source
    source.version += 1
    source.save(update_fields=["mapping", "version"])
    payload = SourceMappingSet(
        source=source.pk, key=source.key, version=source.version, before=before, after=source.mapping
    )
    _log(source, payload, by)
    return source


def _held(key: str) -> Source:
    """The source's row until the transaction ends; raises Missing, and Conflict for a revoked one."""
    source = Source.objects.select_for_update(no_key=True, of=("self",)).select_related("world").filter(key=key).first()
    if source is None:
        raise Missing("source.missing", _("There is no such source."))
    if source.revoked_at is not None:
        raise Conflict("source.revoked", _("This source is revoked; add a new one."))
    return source


def _log(source: Source, payload: Payload, by: Actor) -> None:
    log_append(stream_open(source.world, "signals", "sources"), payload, by=by)
