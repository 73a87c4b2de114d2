"""What the board shows, read in one go: rows and the numbers of their newest events belong together."""

from typing import Any

from django.db import connection, transaction

from common.actor import Actor
from common.clock import utc_text
from dashboard.aids import DATA, act_aids
from dashboard.around import beside_the_streams
from dashboard.continuity import index_of, index_source, said_down
from dashboard.live import SEEN_BY_ALL
from dashboard.names import grades_of, names_of
from dashboard.prefill import prefilled
from dashboard.record import Record
from engine import worlds
from engine.models import World
from engine.selectors import heads, newest_events
from escalation.file_fields import AddFilesForm
from escalation.files import added_to, files_of
from escalation.forms import decisions_for
from escalation.selectors import (
    Obligation,
    may_take,
    missing_of,
    never_owed,
    obligations_of,
    owns,
    place_of,
    plan_for,
    plan_move_standing,
    proofs_of,
    standing,
    standing_warning,
    taken_by,
    takers,
    waiving,
)
from escalation.services.files import FILE
from escalation.services.levels import card_dict
from escalation.slots import slots_for
from escalation.warning_room import warning_room
from incidents.domain.moves import Act
from incidents.forms import ReassignForm, TaskForm, forms_for
from incidents.selectors import (
    ORDER,
    Incident,
    act_open_for_group,
    assessments,
    groups_at_work,
    handling_of,
    handling_reports,
    latest_events,
    one_region,
    open_incidents,
    open_tasks_of,
    tasks_of,
)
from incidents.services.steps import may_tick
from notifications.notice_selectors import holding_offered, notices_of
from notifications.selectors import summaries_of
from people.rights import Scope, allowed
from people.selectors import groups
from plans.domain import Plan
from plans.selectors import current
from resources.selectors import away_for
from signals.selectors import readings

LOG_SHOWN = 30
ROOM_LOG = 2000  # newest events in an incident's room
# What a person reads in the log; the clocks' own entries stand in the list of obligations.
QUIET = frozenset({"obligation.opened", "obligation.superseded", "message.queued"})


def board_state(world: World) -> dict[str, Any]:
    """The whole board of a world. One snapshot of the database: an event is either in the rows and the heads, or in neither."""
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        newest = heads(world.pk, SEEN_BY_ALL)
        plan, standing = current(), open_incidents(world.pk)
        # An incident under way keeps its plan, whose words its log speaks in, when another one comes into force.
        others = {row.plan_version: plan_for(row) for row in standing}.values()
        return {
            "world": {
                "key": world.key,
                "name": world.names,
                "real": world.is_real,
                "now": utc_text(worlds.now(world)),
                "rate": 0.0 if world.paused else world.rate,
            },
            "heads": {str(stream): seq for stream, seq in newest.items()},
            "incidents": [incident_state(row, newest[row.stream_id]) for row in standing],
            "readings": readings(world.pk),
            "bci": index_of(plan, world.pk, None),
            **beside_the_streams(),
            "names": names_of(plan, *others),
            "grades": grades_of(plan, *others),
        }


def incident_state(incident: Incident, seq: int) -> dict[str, Any]:
    """One incident as the board holds it; the reducer of the board makes the same from the same events."""
    plan = plan_for(incident)
    return {
        "number": incident.number,
        "stream": incident.stream_id,
        "seq": seq,
        "title": incident.titles,
        "category": incident.category,
        "origin": incident.origin,
        "phase": incident.phase,
        "plan": incident.plan_version,
        "level": incident.level,
        "level_provisional": incident.level_provisional,
        "started_by_region": incident.started_by_region,
        "proposed_level": incident.proposed_level,
        "major": incident.major,
        "warning": warning.colour if (warning := standing_warning(incident)) else None,
        "regions": incident.regions,
        "reach": incident.reach,
        "opened_at": utc_text(incident.reported_at),
        "phase_since": utc_text(incident.phase_since),
        "groups": [{"key": g.group, "status": g.status, "at": utc_text(g.at)} for g in groups_at_work(incident)],
        "obligations": [_obligation(row, plan) for row in standing().filter(incident=incident)],
        "tasks": sorted(({"id": t.pk, "group": t.group} for t in open_tasks_of(incident)), key=lambda task: task["id"]),
        "log": [event.as_dict() for event in newest_events(incident.stream_id, LOG_SHOWN, without=QUIET)],
    }


def _obligation(row: Obligation, plan: Plan) -> dict[str, Any]:
    return {
        "id": row.pk,
        "rule": row.rule,
        "title": plan.rule(row.rule).title.as_dict(),
        "owner": row.owners[0],
        "owner_title": plan.role(row.owners[0]).title.as_dict(),
        "turn": row.turn,
        "due_at": row.due_at and utc_text(row.due_at),
        "state": row.state,
        "clause": row.clause,
    }


# Which page does it, for proofs that are acts: the obligation's button leads there.
ACT_OF_PROOF = {
    "incident.verified": "verify",
    "judged": "verify",
    "judged_major": "verify",
    "incident.assessed": "assess",
    "level.decided": "decide-level",
    "level_confirmed": "decide-level",
    "response.started": "start",
    "report.handling": "report",
    "effect.evaluated": "evaluate",
    "service.restored": "restore",
    "ending.reported": "ending-report",
    "response.ended": "end",
    "summary.published": "summary",
    "warning.started": "warn",
    "warning_data": "warning-data",
    "warning_prepared": "preparation",
    "warning.lift_applied": "lift",
}


# Proofs that come by themselves from what is done on a page of its own.
PAGE_OF_PROOF = dict.fromkeys(
    ("notice_draft", "legal_opinion", "notice_published", "notice", "notice_channel", "notice_regulator"),
    "/notices/?incident={number}",
)


def obligation_card(
    row: Obligation,
    plan: Plan,
    *,
    mine: bool,
    record: Record | None = None,
    taken: Any = None,
    may_take: bool = False,
    may_waive: bool = False,
) -> dict[str, Any]:
    """An obligation on a page, with what one can do about it: an act elsewhere, or a proof attached here. `record` is what the
    cards of one page share."""
    rule = plan.rule(row.rule)
    act = next((ACT_OF_PROOF[kind] for kind in rule.evidence if kind in ACT_OF_PROOF), None)
    number = row.incident.number
    page = next((PAGE_OF_PROOF[kind] for kind in rule.evidence if kind in PAGE_OF_PROOF), "")
    where = act_address(number, act) if act else page.format(number=number)
    proofs = [(kind, plan.evidence[kind].as_dict()) for kind in proofs_of(rule, plan)]
    stands = row.state in Obligation.STANDING
    start = prefilled(proofs[0][0], row.incident, plan, record) if proofs and mine and stands else ""
    return {
        "obligation": row,
        "number": number,
        "incident": row.incident,
        "incident_title": row.incident.title,
        "title": rule.title.as_dict(),
        "owner": plan.role(row.owners[0]).title.as_dict(),
        "standing": stands,
        "mine": mine,
        "taken": taken,
        "may_take": may_take,
        "may_waive": may_waive,
        "act_url": where if where and mine else None,
        "proofs": proofs,
        "start": start,
        "unknown": bool(start and missing_of(plan, proofs[0][0], start)),
        "takes_files": any(kind == FILE for kind, _title in proofs),
    }


def act_address(number: str, act: str) -> str:
    """Where a thing is done: its form in the room, or the page it has of its own."""
    return f"/incidents/{number}/summaries/" if act == "summary" else f"/incidents/{number}/#act-{act}"


# --- the incident room ---------------------------------------------------------------------------------------------------
def room_state(incident: Incident, by: Actor) -> dict[str, Any]:
    """Everything the incident's page shows, in the order a tired person needs it."""
    plan = plan_for(incident)
    place = place_of(by)
    rows = obligations_of(incident)
    taken = takers(row.pk for row in rows)
    own = taken_by(by, taken)
    cards = [
        obligation_card(
            row,
            plan,
            mine=owns(by, plan, row, place),
            taken=taken.get(row.pk),
            may_take=row.pk not in own and may_take(by, plan, row, place),
            may_waive=waiving(by, plan, row, place) is not None,
        )
        for row in rows
    ]
    owed = [card for card in cards if card["standing"]]
    teams = groups_state(incident, plan, by)
    proved = added_to(rows, plan, by, place)
    shown = latest_events(incident, limit=ROOM_LOG, without=QUIET)
    seq = shown[-1]["seq"] if shown else 0
    return {
        "incident": incident,
        "plan": plan,
        "world": incident.world,
        "seq": seq,
        "card": card_dict(incident),
        "owed": sorted(owed, key=lambda card: not card["mine"]),
        "overdue": sum(card["obligation"].state == Obligation.State.OVERDUE for card in owed),
        "past": [card for card in cards if not card["standing"]],
        "never_owed": never_owed(incident),
        "groups": teams,
        "other_groups": any(not team["of_plan"] for team in teams),
        "handling": handling_of(incident),
        "may_tick": may_tick(by, incident),
        "region": one_region(incident),
        "index": index_source(incident, plan),
        "said_down": said_down(incident, plan),
        "log": {"events": shown[::-1], "names": names_of(plan)},
        "summaries": summaries_of(incident.pk)[:1],
        "notices": notices_of(incident.pk),
        "files": files_of(incident.stream_id),
        "add_files": AddFilesForm(proved=proved) if proved else None,
        "holding": holding_offered(incident),
        "slots": slots_for(incident, by),
        "warning": _warning(incident, by, seq, plan),
        "away": away_for(incident.pk),
        "handling_reports": handling_reports(incident),
        "assessments": assessments(incident),
        "acts": _acts(incident, by, seq),
        "plan_move": plan_move_standing(incident),
    }


def clocks_of(incident: Incident) -> dict[str, Any]:
    """What runs of an incident, the most pressing first and what has no clock last; with whoever said that he is at it."""
    plan = plan_for(incident)
    rows = list(standing().filter(incident=incident))
    taken = takers(row.pk for row in rows)
    newest = latest_events(incident, limit=1)
    return {
        "incident": incident,
        "world": incident.world,
        "seq": newest[-1]["seq"] if newest else 0,
        "overdue": sum(row.state == Obligation.State.OVERDUE for row in rows),
        "clocks": [
            {
                "row": row,
                "title": plan.rule(row.rule).title.as_dict(),
                "owner": plan.role(row.owners[0]).title.as_dict(),
                "taken": taken.get(row.pk),
                "standing": True,
            }
            for row in rows
        ],
    }


def _warning(incident: Incident, by: Actor, seq: int, plan: Plan) -> dict[str, Any] | None:
    """The warning, what changed since this person's department last reported beside its hourly data: offered to its forecast."""
    room = warning_room(incident, by, seq=seq)
    for act in room["acts"] if room else ():
        if act["name"] == DATA:
            act |= act_aids(DATA, act["form"], incident, plan, Record([incident]))
    return room


def groups_state(incident: Incident, plan: Plan, by: Actor) -> list[dict[str, Any]]:
    """Each work group with its members, status, links and tasks, and what this person can do there."""
    at_work = {row.group: row for row in groups_at_work(incident)}
    given = tasks_of(incident)
    teams = {team.key: team for team in groups()}
    return [
        _group(incident, by, key, plan, teams.get(key), at_work.get(key), [task for task in given if task.group == key])
        for key in [*plan.groups, *(key for key in teams if key not in plan.groups)]
    ]


def _group(
    incident: Incident, by: Actor, key: str, plan: Plan, team: Any, at_work: Any, given: list[Any]
) -> dict[str, Any]:
    spec = plan.groups.get(key)
    scope = Scope(region=one_region(incident), group=key)
    may_give = not incident.is_over and allowed(by, "task.give", scope)
    mine = {by.id, *(lender.id for lender in by.lent)}
    leads = team is not None and any(
        seat.user_id in mine and seat.role in ("lead", "deputy") and seat.user.is_active for seat in team.seated
    )
    return {
        "key": key,
        "of_plan": spec is not None or at_work is not None or bool(given),
        "title": spec.title.as_dict() if spec else team.names,
        "duty": spec.duty.as_dict() if spec else None,
        "team": team,
        "at_work": at_work,
        "tasks": [
            {
                "task": task,
                "mine": task.assignee_id == by.id or leads,
                "pass_on": ReassignForm(group=team, auto_id=f"id_pass_{task.pk}_%s") if may_give and team else None,
            }
            for task in given
            if task.state == "open"
        ],
        "ended": [task for task in given if task.state != "open"],
        "may_give": may_give,
        "may_set": act_open_for_group(incident, by, key),
        "form": TaskForm(group=team)
        if may_give and team and any(seat.user.is_active for seat in team.seated)
        else None,
    }


def _acts(incident: Incident, by: Actor, seq: int) -> list[dict[str, Any]]:
    """The forms of what this person can do now, the most needed first; a level that stands is decided anew last of all."""
    order = [act.value for act in ORDER if act is not Act.DECIDE_LEVEL or not incident.level]
    forms = {row["name"]: row for row in (*decisions_for(incident, by, seq=seq), *forms_for(incident, by, seq=seq))}
    plan, record = plan_for(incident), Record([incident])
    for name, row in forms.items():
        row |= act_aids(name, row["form"], incident, plan, record)
        row["form"].initial = {**row["begins"], **row["form"].initial}
    return [forms.pop(name) for name in order if name in forms] + list(forms.values())
