"""How an incident begins: a person reports, or a machine's signal starts the pre-response; and what joins it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.clock import utc_text
from common.errors import Invalid
from engine import worlds
from engine.events import Payload
from engine.log import stream_open
from engine.models import World
from incidents.domain.facts import NOWHERE, changed, recorded
from incidents.domain.moves import Act
from incidents.domain.reports import ReportIn, facts_said
from incidents.domain.triggers import Trigger, joining_together, keys_after, regions_after
from incidents.events import FactsRecorded, IncidentJoined, IncidentOpened, TriggerSaid
from incidents.models import Incident, Intake, Origin, Phase, Reach, SystemsState
from incidents.selectors import symptoms_of
from incidents.services.acting import INCIDENT, check_open, cited, locked, user_id, written, written_each
from incidents.services.judging import Facts, facts_taken
from people import selectors as people
from people.rights import Scope, allowed, require
from plans import selectors as plans
from plans.domain import Place, Plan

__all__ = ["ReportIn", "incident_join", "incident_open_from_signal", "incident_report"]

LONGEST_TITLE = 60
# A clock on a wall and ours may differ by this much.
AHEAD = timedelta(minutes=5)
BEHIND = timedelta(days=366)  # an older fault is history, not an incident

AUTOMATIC = "automatic-start"


@transaction.atomic
def incident_report(*, report: ReportIn, by: Actor, world: World, plan_version: int | None = None) -> Incident:
    """Record a fault that a person reports (3.1). Nothing is judged and no rule runs: that comes after.

    Raises NotAllowed, or Invalid naming each field. The reporter may be narrowed to a region and know nothing of the place.
    """
    actor = _reporter(by)
    now = worlds.now(world)
    version = plan_version or plans.in_force().pk
    plan = plans.plan_of(version)
    _check(report, now, plan)
    titles = _titles(report, plan)
    incident = _open(
        world,
        now,
        titles=titles,
        origin=Origin.REPORT,
        phase=Phase.REPORTED,
        plan_version=version,
        category=report.category,
        business=report.business,
        regions=sorted({*report.regions}),
        hotlines=sorted({*report.hotlines}),
        nodes=sorted({*report.nodes}),
        reach=report.reach or None,
        noticed_at=report.noticed_at,
        known_at=now,
    )
    _intake(incident, report, actor)
    events: list[Payload] = [
        _opened(incident, title=titles["zh"], titles=None if report.title or report.noticed else titles)
    ]
    before, after = changed({}, facts_said(report))
    if after:
        incident.facts = recorded({}, after, at=now, source=actor.role)
        incident.save(update_fields=["facts"])
        events.append(FactsRecorded(before=before, after=after))
    written(incident, events, by=actor, at=now, clause=cited(incident, "intake"))
    return incident


@transaction.atomic
def incident_open_from_signal(
    *,
    trigger: Trigger,
    title: Mapping[str, str],
    world: World,
    by: Actor = SYSTEM,
    plan_version: int | None = None,
    category: str = "",
    business: str = "",
    clause: str = "",
) -> Incident:
    """Start the automatic pre-response (4.1): an incident in its warning phase. `title` is {zh, en}.

    The caller has looked for a standing incident (`selectors.joined_by`) under the lock of the signals' stream.
    """
    now = worlds.now(world)
    incident = _open(
        world,
        now,
        titles=title,
        origin=Origin.SIGNAL,
        phase=Phase.WARNING,
        plan_version=plan_version,
        category=category,
        business=business,
        regions=keys_after([], trigger.region),
        hotlines=keys_after([], trigger.hotline),
        nodes=keys_after([], trigger.node),
        noticed_at=trigger.at,
        known_at=now,
    )
    _joined(incident, [trigger])
    written(
        incident,
        [_opened(incident, title=title["zh"], titles=dict(title), trigger=trigger)],
        by=by,
        at=now,
        clause=clause or cited(incident, AUTOMATIC),
    )
    return incident


# A failure is the caller's to undo: no savepoint, for this runs while a crossed threshold waits for its board.
@transaction.atomic(savepoint=False)
def incident_join(
    *,
    incident_id: int,
    triggers: Sequence[Trigger],
    facts: Callable[[Incident], Facts],
    by: Actor = SYSTEM,
    source: str = "",
    places: Mapping[str, Place] = NOWHERE,
    clause: str = "",
) -> Incident:
    """Let further triggers join a standing incident; one that joined already joins no second time.

    Each has its event, but of a storm every line has one that says how many. `facts`: what they say about the level, asked once
    the incident reaches their places; written by `source` and with their `places` like any facts. Raises Missing, or Conflict
    when the incident is over. The incident comes back held until the transaction ends.
    """
    incident = locked(incident_id)
    check_open(incident)
    now = worlds.now(incident.world)
    fresh = _joined(incident, triggers)
    wider: set[str] = set()
    events: list[Payload] = []
    for together in joining_together(fresh):
        for trigger in together:
            wider.update(_widened(incident, trigger))
        first = TriggerSaid.of(together[0])
        events.append(IncidentJoined(trigger=first, regions=incident.regions, more=len(together) - 1))
    said, fields = facts_taken(incident, facts(incident), now=now, source=source or by.role, places=places)
    entries: list[tuple[Payload, str]] = [(event, clause or cited(incident, AUTOMATIC)) for event in events]
    entries += [(said, cited(incident, Act.RECORD_FACTS))] if said else []
    written_each(incident, entries, by=by, at=now, ahead=INCIDENT.updating(incident, {*wider, *fields}))
    return incident


def _widened(incident: Incident, trigger: Trigger) -> list[str]:
    """Let the incident reach the trigger's place; the fields that grew."""
    # What machines report without a region they report of all; a person may not have known where.
    nationwide = incident.reach == Reach.NATIONWIDE or incident.origin == Origin.SIGNAL
    places = {
        "regions": regions_after(incident.regions, trigger.region, nationwide=nationwide),
        "hotlines": keys_after(incident.hotlines, trigger.hotline),
        "nodes": keys_after(incident.nodes, trigger.node),
    }
    wider = [name for name, keys in places.items() if getattr(incident, name) != keys]
    for name in wider:
        setattr(incident, name, places[name])
    return wider


def _reporter(by: Actor) -> Actor:
    """Who may report anywhere may report everything."""
    entries = sorted(entry.rpartition("@")[2] for entry in {*by.regions, *by.groups})
    scopes = [Scope(), *(Scope(region=key, group=key) for key in entries)]
    scope = next((s for s in scopes if allowed(by, "incident.report", s)), Scope())
    return require(by, "incident.report", scope)


def _check(report: ReportIn, now: datetime, plan: Plan) -> None:
    """Raise Invalid naming each field that is wrong."""
    wrong: list[dict[str, object]] = []
    if not (report.symptoms or report.noticed.strip() or report.title.strip()):
        wrong.append(
            {"field": "noticed", "code": "blank", "message": _("Say what customers notice: one word is enough.")}
        )
    if report.noticed_at and report.noticed_at > now + AHEAD:
        wrong.append(
            {"field": "noticed_at", "code": "future", "message": _("The time of the fault lies in the future.")}
        )
    if report.noticed_at and report.noticed_at < now - BEHIND:
        wrong.append(
            {"field": "noticed_at", "code": "past", "message": _("The time of the fault is more than a year past.")}
        )
    known = {
        "regions": {row.key for row in people.regions()} if report.regions else set(),
        "hotlines": {row.key for row in people.hotlines()} if report.hotlines else set(),
        "nodes": {row.key for row in people.nodes()} if report.nodes else set(),
        "symptoms": {*symptoms_of(plan)},
        "reach": set(Reach.values),
        "systems": set(SystemsState.values),
        "category": {*plan.categories},
        "business": {*plan.business},
    }
    said = {
        "regions": report.regions,
        "hotlines": report.hotlines,
        "nodes": report.nodes,
        "symptoms": report.symptoms,
        "reach": [report.reach] if report.reach else [],
        "systems": [report.systems],
        "category": [report.category] if report.category else [],
        "business": [report.business] if report.business else [],
    }
    offered = known.pop("symptoms")
    for index, key in enumerate(said.pop("symptoms")):
        if key not in offered:
            message = _("This is not one of the choices.")
            wrong.append({"field": f"symptoms.{index}", "code": "invalid_choice", "message": message})
    for field, keys in said.items():
        if not {*keys} <= known[field]:
            wrong.append({"field": field, "code": "invalid_choice", "message": _("This is not one of the choices.")})
    for field in ("call_minutes", "queue_minutes", "queue_length"):
        value = getattr(report, field)
        if value is not None and not 0 <= value < 1_000_000:
            wrong.append({"field": field, "code": "out_of_bounds", "message": _("This number cannot be right.")})
    if wrong:
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=wrong)


def _titles(report: ReportIn, plan: Plan) -> dict[str, str]:
    """A title in both languages: what was typed, else what was ticked, in the plan's words."""
    typed = " ".join((report.title or report.noticed).split())
    if typed:
        short = typed if len(typed) <= LONGEST_TITLE else typed[: LONGEST_TITLE - 1] + "…"
        return {"zh": short, "en": short}
    offered = symptoms_of(plan)
    return {code: " · ".join(offered[key][code] for key in report.symptoms) for code in ("zh", "en")}


def _open(world: World, now: datetime, *, titles: Mapping[str, str], **fields: object) -> Incident:
    number = _next_number(world, now)
    return Incident.objects.create(
        number=number,
        world=world,
        stream=stream_open(world, "incident", number),
        title_zh=titles["zh"],
        title_en=titles["en"],
        phase_since=now,
        reported_at=now,
        **fields,
    )


def _next_number(world: World, now: datetime) -> str:
    """The next number of the company's year in this world. The row's lock makes numbers without gaps."""
    year = now.astimezone(ZoneInfo(settings.TIME_ZONE)).year
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO incidents_numberseries (world_id, year, last) VALUES (%s, %s, 1)"
            " ON CONFLICT (world_id, year) DO UPDATE SET last = incidents_numberseries.last + 1 RETURNING last",
            [world.pk, year],
        )
        last = cursor.fetchone()[0]
    return f"{year}-{last:04}" if world.is_real else f"P-{world.key}-{year}-{last:04}"


def _intake(incident: Incident, report: ReportIn, actor: Actor) -> None:
    Intake.objects.create(
        incident=incident,
        symptoms=list(report.symptoms),
        noticed=report.noticed.strip(),
        caller_words=report.caller_words.strip(),
        call_minutes=report.call_minutes,
        queue_minutes=report.queue_minutes,
        queue_length=report.queue_length,
        systems=report.systems,
        systems_note=report.systems_note.strip(),
        reported_by_id=user_id(actor),
    )


JOINED = (
    "incident_id", "watch", "threshold", "metric", "region", "hotline", "node", "value", "ratio", "baseline", "at",
)  # fmt: skip
JOIN = """
INSERT INTO incidents_joinedtrigger ({columns}) VALUES {rows} ON CONFLICT (watch, at) DO NOTHING RETURNING watch, at
"""


def _joined(incident: Incident, triggers: Sequence[Trigger]) -> list[Trigger]:
    """Keep what joined; those that had not joined before."""
    values: list[Any] = []
    for trigger in triggers:
        values += [incident.pk, trigger.watch, trigger.threshold, trigger.metric, trigger.region or ""]
        values += [
            trigger.hotline or "",
            trigger.node or "",
            trigger.value,
            trigger.ratio,
            trigger.baseline,
            trigger.at,
        ]
    row = f"({', '.join(['%s'] * len(JOINED))})"
    with connection.cursor() as cursor:
        cursor.execute(JOIN.format(columns=", ".join(JOINED), rows=", ".join([row] * len(triggers))), values)
        made = set(cursor.fetchall())
    return [trigger for trigger in triggers if (trigger.watch, trigger.at) in made]


def _opened(
    incident: Incident, *, title: str, titles: dict[str, str] | None, trigger: Trigger | None = None
) -> IncidentOpened:
    return IncidentOpened(
        number=incident.number,
        origin=incident.origin,  # type: ignore[arg-type]
        title=title,
        category=incident.category,
        business=incident.business,
        regions=incident.regions,
        hotlines=incident.hotlines,
        nodes=incident.nodes,
        reach=incident.reach,
        phase=incident.phase,
        level=None,
        noticed_at=utc_text(incident.noticed_at) if incident.noticed_at else None,
        titles=titles,
        trigger=TriggerSaid.of(trigger) if trigger else None,
    )
