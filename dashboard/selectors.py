"""What the board shows, read in one go: rows and the numbers of their newest events belong together."""

from typing import Any

from django.db import connection, transaction

from common.actor import Actor
from common.bilingual import both
from common.clock import utc_text
from dashboard.alarms import alarm_text
from dashboard.live import SEEN_BY_ALL
from engine import worlds
from engine.models import World
from engine.selectors import alarms_standing, heads, newest_events
from escalation.selectors import Obligation, mine, obligations_of, owns, plan_for, standing
from escalation.services import endings
from escalation.services.levels import card_dict
from incidents.domain.moves import Act
from incidents.forms import forms_for
from incidents.selectors import Incident, act_open, events, groups_at_work, open_incidents
from notifications.selectors import holding_offered, notices_of, summaries_of
from people.rights import ROLES
from people.selectors import groups_of, names, users_by_id
from plans.domain import Plan
from plans.selectors import current
from signals.selectors import readings

LOG_SHOWN = 30
# What a person reads in the log; the clocks' own entries stand in the list of obligations.
QUIET = frozenset({"obligation.opened", "obligation.superseded", "message.queued"})


def board_state(world: World) -> dict[str, Any]:
    """The whole board of a world. One snapshot of the database: an event is either in the rows and the heads, or in neither."""
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        newest = heads(world.pk, SEEN_BY_ALL)
        return {
            "world": {
                "key": world.key,
                "name": world.names,
                "real": world.is_real,
                "now": utc_text(worlds.now(world)),
                "rate": 0.0 if world.paused else world.rate,
            },
            "heads": {str(stream): seq for stream, seq in newest.items()},
            "incidents": [incident_state(row, newest[row.stream_id]) for row in open_incidents(world.pk)],
            "readings": readings(world.pk),
            "alarms": [
                {"kind": a.kind, "text": alarm_text(a), "since": utc_text(a.first_at)} for a in alarms_standing()
            ],
            "names": _names(current()),
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
        "level": incident.level,
        "level_provisional": incident.level_provisional,
        "proposed_level": incident.proposed_level,
        "major": incident.major,
        "regions": incident.regions,
        "opened_at": utc_text(incident.reported_at),
        "phase_since": utc_text(incident.phase_since),
        "groups": [{"key": g.group, "status": g.status, "at": utc_text(g.at)} for g in groups_at_work(incident)],
        "obligations": [_obligation(row, plan) for row in standing().filter(incident=incident)],
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


def _names(plan: Plan) -> dict[str, dict[str, dict[str, str]]]:
    known = names()
    return {
        "regions": known["regions"],
        "groups": known["groups"],
        "hotlines": known["hotlines"],
        "nodes": known["nodes"],
        "roles": {key: role.title.as_dict() for key, role in plan.roles.items()},
        "metrics": {key: metric.title.as_dict() for key, metric in plan.metrics.items()},
        "thresholds": {key: row.title.as_dict() for key, row in plan.thresholds.items()},
        "obligations": {key: row.title.as_dict() for key, row in plan.obligations.items()},
        "facts": {key: row.title.as_dict() for key, row in plan.facts.items()},
        "rights": {role: both(label) for role, label in ROLES.items()},
    }


# Which page does it, for proofs that are acts: the obligation's button leads there.
ACT_OF_PROOF = {
    "incident.verified": "verify",
    "judged": "verify",
    "judged_major": "verify",
    "incident.assessed": "assess",
    "level.decided": "decide-level",
    "response.started": "start",
    "report.handling": "report",
    "effect.evaluated": "evaluate",
    "service.restored": "restore",
    "ending.reported": "ending-report",
    "response.ended": "end",
    "summary.published": "summary",
}


# Proofs that come by themselves from what is done on a page of its own.
PAGE_OF_PROOF = dict.fromkeys(
    ("notice_draft", "legal_opinion", "notice_published", "notice"), "/notices/?incident={number}"
)


def obligation_card(row: Obligation, plan: Plan, *, mine: bool) -> dict[str, Any]:
    """An obligation on a page, with what one can do about it: an act elsewhere, or a proof attached here."""
    rule = plan.rule(row.rule)
    act = next((ACT_OF_PROOF[kind] for kind in rule.evidence if kind in ACT_OF_PROOF), None)
    number = row.incident.number
    page = next((PAGE_OF_PROOF[kind] for kind in rule.evidence if kind in PAGE_OF_PROOF), "")
    where = f"/incidents/{number}/#act-{act}" if act else page.format(number=number)
    by_hand = [kind for kind in rule.evidence if kind in plan.evidence and kind not in PAGE_OF_PROOF]
    return {
        "obligation": row,
        "number": number,
        "incident_title": row.incident.title,
        "title": rule.title.as_dict(),
        "owner": plan.role(row.owners[0]).title.as_dict(),
        "standing": row.state in Obligation.STANDING,
        "mine": mine,
        "act_url": where if where and mine else None,
        "proofs": [(kind, plan.evidence[kind].as_dict()) for kind in by_hand],
    }


def mine_now(by: Actor, world: World) -> list[dict[str, Any]]:
    """What this person owes in a world, as cards."""
    return [obligation_card(row, plan, mine=True) for row, plan in mine(by, user_id=by.id or 0, world_id=world.pk)]


def room_state(incident: Incident, by: Actor) -> dict[str, Any]:
    """Everything the incident's page shows, in the order a tired person needs it."""
    plan = plan_for(incident)
    sits_in = groups_of(users_by_id([by.id or 0])[by.id or 0])
    cards = [obligation_card(row, plan, mine=owns(by, plan, row, sits_in)) for row in obligations_of(incident)]
    at_work = {row.group: row for row in groups_at_work(incident)}
    shown = [event for event in events(incident, limit=2000) if event["kind"] not in QUIET]
    return {
        "incident": incident,
        "plan": plan,
        "world": incident.world,
        "seq": shown[-1]["seq"] if shown else 0,
        "card": card_dict(incident),
        "ending": endings.ending_verdict(incident, {}).as_dict() if incident.response_started_at else None,
        "owed": [card for card in cards if card["standing"]],
        "past": [card for card in cards if not card["standing"]],
        "groups": [
            {"key": key, "title": group.title.as_dict(), "at_work": at_work.get(key)}
            for key, group in plan.groups.items()
        ],
        "log": {"events": shown[::-1], "names": _names(plan)},
        "summaries": summaries_of(incident.pk)[:1],
        "notices": notices_of(incident.pk),
        "holding": holding_offered(incident),
        "acts": forms_for(incident, by, seq=shown[-1]["seq"] if shown else 0),
        **_may(incident, by),
    }


def _may(incident: Incident, by: Actor) -> dict[str, bool]:
    """Which of headquarters' decisions are open to this person now."""
    wanted = {"may_decide": Act.DECIDE_LEVEL, "may_evaluate": Act.EVALUATE, "may_end": Act.END}
    return {name: act_open(incident, by, act) for name, act in wanted.items()}
