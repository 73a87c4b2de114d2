"""Loading a plan."""

import hashlib
from pathlib import Path
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid
from engine import worlds
from engine.log import log_append, stream_open
from people.rights import require
from plans.domain import PlanErrors, admit
from plans.domain.versions import FIXED
from plans.events import VersionLoaded
from plans.models import PlanVersion
from plans.services.acting import fault_rows
from plans.services.drafting import next_number
from plans.services.entering import versions_held

SHIPPED: Final = Path(__file__).parents[1] / "data" / "hotline.yaml"


def plan_load(*, text: str, file: str, by: Actor, shipped: bool = False) -> PlanVersion:
    """Check a plan and put it into force; a text already known is returned as it stands, in force or retired.

    Incidents under way keep their version. Raises Invalid with every fault (line, clause, what was expected), and
    Conflict when another plan is being loaded at this moment.
    """
    by = require(by, "operations.act")
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = PlanVersion.objects.filter(sha256=digest, status__in=sorted(FIXED)).order_by("-pk").first()
    if known is not None:
        return known
    try:
        plan = admit(text, file)
    except PlanErrors as faulty:
        sentence = _("The plan has %(count)s faults and was not loaded; mend them and load it again.")
        errors = fault_rows(faulty)
        raise Invalid("plan.faulty", sentence, errors=errors, count=len(errors)) from faulty
    try:
        with transaction.atomic():
            return _put_into_force(plan.key, text, digest, shipped=shipped, by=by)
    except IntegrityError:
        raise Conflict(
            "plan.being_loaded", _("Somebody else is loading a plan; look at it before you try again.")
        ) from None


def _put_into_force(key: str, text: str, digest: str, *, shipped: bool, by: Actor) -> PlanVersion:
    held = versions_held()
    world = worlds.real()
    now = worlds.now(world)
    before = next((row for row in held if row.status == PlanVersion.Status.IN_FORCE), None)
    if before is not None:
        before.status, before.retired_at = PlanVersion.Status.RETIRED, now
        before.save(update_fields=["status", "retired_at"])
    version = PlanVersion.objects.create(
        plan_key=key,
        number=next_number(),
        text=text,
        sha256=digest,
        status=PlanVersion.Status.IN_FORCE,
        shipped=shipped,
        in_force_from=now,
        created_by_name=by.name,
    )
    loaded = VersionLoaded(
        version=version.pk, plan_key=key, number=version.number, sha256=digest, before=before.pk if before else None
    )
    log_append(stream_open(world, "plan", key), loaded, by=by, plan_version=version.pk)
    return version
