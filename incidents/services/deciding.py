"""The warning phase, the level and the start of the response, as people decide them (4.2, 5.1, 6.1)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language
from common.errors import Conflict
from incidents.domain.moves import Act, Phase
from incidents.events import GroupStatusSet, LevelDecided, ResponseStarted
from incidents.models import GroupAtWork, Incident
from incidents.services.acting import chosen, entered, locked, moved, region_alone, required, written
from people import selectors as people
from plans.selectors import plan_of


def level_propose(*, incident_id: int, level: str | None) -> Incident:
    """Keep what the plan proposes beside the incident; the caller, who judged by the plan, writes the event."""
    incident = locked(incident_id)
    incident.proposed_level = level
    incident.save(update_fields=["proposed_level"])
    return incident


@transaction.atomic
def warning_begin(*, number: str, by: Actor, based_on: int | None = None) -> Incident:
    """Move a reported or verified incident into its warning phase; the caller, who knows the warning, writes the event."""
    incident, _actor, now = entered(Act.WARN, number=number, by=by, based_on=based_on)
    incident.save(update_fields=moved(Act.WARN, incident, now))
    return incident


@transaction.atomic
def level_set(
    *,
    number: str,
    level: str,
    provisional: bool,
    proposed: str | None,
    reason: str,
    by: Actor,
    based_on: int | None = None,
) -> Incident:
    """Set the level that a person decided on; `proposed` is what the plan said at that moment.

    Deciding again what stands is a Conflict: somebody was faster. Confirming a provisional level is not.
    """
    incident, actor, now = entered(Act.DECIDE_LEVEL, number=number, by=by, based_on=based_on)
    levels = plan_of(incident.plan_version).levels
    chosen("level", level, levels)
    if incident.level == level and incident.level_provisional == provisional:
        raise Conflict(
            "level.stands",
            _("%(level)s stands already; somebody was faster, or nothing would change."),
            level=in_language(levels[level].title.as_dict()),
        )
    over = _taken_over(incident, level)
    decided = _level_taken(
        incident, level, now, provisional=provisional, proposed=proposed, reason=reason, hq_active=over
    )
    incident.hq_active |= over
    incident.save(update_fields=[*LEVEL_FIELDS, "hq_active"])
    written(incident, [decided], by=actor, at=now, act=Act.DECIDE_LEVEL)
    return incident


def _taken_over(incident: Incident, level: str) -> bool:
    """Whether this level takes a response that was left to the front line to headquarters (3.2, 4.4)."""
    running = incident.phase == Phase.RESPONSE and not incident.hq_active
    return running and plan_of(incident.plan_version).led_by_headquarters(level)


LEVEL_FIELDS = ["level", "level_provisional", "level_decided_at"]


def _level_taken(
    incident: Incident,
    level: str,
    now: datetime,
    *,
    provisional: bool,
    proposed: str | None,
    reason: str,
    hq_active: bool = False,
) -> LevelDecided:
    before, incident.level, incident.level_provisional = incident.level, level, provisional
    incident.level_decided_at = now
    return LevelDecided(
        before=before,
        after=level,
        provisional=provisional,
        proposed=proposed,
        differs=proposed != level,
        reason=reason.strip(),
        hq_active=hq_active,
    )


@transaction.atomic
def response_start(*, number: str, by: Actor, based_on: int | None = None) -> Incident:
    """Headquarters issues the start (6.1): the response runs, every work group is activated."""
    incident, actor, now = entered(Act.START, number=number, by=by, based_on=based_on)
    fields = moved(Act.START, incident, now)
    incident.save(update_fields=[*fields, *_response_begun(incident, now)])
    started = ResponseStarted(level=incident.level or "", phase=incident.phase, hq_active=incident.hq_active)
    written(incident, [started, *_groups_activated(incident, now)], by=actor, at=now, act=Act.START)
    return incident


@transaction.atomic
def response_start_regional(
    *,
    number: str,
    level: str,
    provisional: bool,
    proposed: str | None,
    reason: str,
    clause: str,
    by: Actor,
    based_on: int | None = None,
) -> Incident:
    """A region starts the response of what lies in it alone, at the level its plan names under `clause` (1.2).

    Level and start are one act. Raises Missing, NotAllowed, Invalid (no reason), Conflict: it reaches further, headquarters
    decided a level before, it runs already or is over.
    """
    incident, actor, now = entered(Act.START_REGIONAL, number=number, by=by, based_on=based_on)
    # Asked again of the row that is held: a trigger that joined meanwhile may have brought a second region.
    incident.started_by_region = region_alone(incident)
    reason = required("reason", reason)
    chosen("level", level, plan_of(incident.plan_version).levels)
    phase_fields = moved(Act.START_REGIONAL, incident, now)
    decided = _level_taken(incident, level, now, provisional=provisional, proposed=proposed, reason=reason)
    fields = _response_begun(incident, now)
    incident.save(update_fields=[*phase_fields, *LEVEL_FIELDS, *fields, "started_by_region"])
    started = ResponseStarted(
        level=level, phase=incident.phase, hq_active=incident.hq_active, region=incident.started_by_region
    )
    written(incident, [decided, started, *_groups_activated(incident, now)], by=actor, at=now, clause=clause)
    return incident


def _response_begun(incident: Incident, now: datetime) -> list[str]:
    """The fields to save."""
    incident.response_started_at = now
    # A fault left to the front line does not bring headquarters together (ruling on contradiction 12).
    incident.hq_active = plan_of(incident.plan_version).led_by_headquarters(incident.level or "")
    return ["response_started_at", "hq_active"]


def _groups_activated(incident: Incident, now: datetime) -> list[GroupStatusSet]:
    """Call every work group of the incident's plan that is not at work yet; what to write of it."""
    called, plan = [], plan_of(incident.plan_version)
    for group in (row for row in people.groups() if row.key in plan.groups):
        row, made = GroupAtWork.objects.get_or_create(
            incident=incident, group=group.key, defaults={"status": GroupAtWork.Status.ACTIVATED, "at": now}
        )
        if made or row.status == GroupAtWork.Status.STANDBY:
            before = None if made else row.status
            GroupAtWork.objects.filter(pk=row.pk).update(status=GroupAtWork.Status.ACTIVATED, at=now)
            called.append(GroupStatusSet(group=group.key, before=before, after="activated", note=""))
    return called
