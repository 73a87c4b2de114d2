"""The dossier of an incident: what was known, proposed, decided, owed, done and told, as the record holds it; a reading, kept nowhere.

It is for whoever answers for the incident afterwards: every figure has its time, every decision the card it was taken on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from common.clock import utc_text
from common.errors import Text
from dashboard.names import names_of
from engine.log import log_sealed
from escalation.files import files_of
from escalation.selectors import Obligation, never_owed, obligation_row, obligations_of, plan_for, proposals_of, takers
from incidents.selectors import Incident, assessments, events, handling_reports, incident_dict
from notifications.notice_selectors import notices_of
from notifications.told import told_in

DECISIONS: Final = frozenset(
    {"level.decided", "response.started", "effect.evaluated", "response.ended", "incident.dismissed"}
)
MOST_EVENTS: Final = 5_000
PAGE: Final = 500


def dossier_of(incident: Incident) -> dict[str, Any]:
    """Everything a dossier says, as plain values; `events` are the newest 5,000 at most, `more` tells whether there are others."""
    plan = plan_for(incident)
    logged, more = _logged(incident)
    return {
        "incident": incident_dict(incident),
        "plan_version": incident.plan_version,
        "turns": _turns(incident, logged),
        "obligations": _all_owed(incident, plan),
        "never_owed": never_owed(incident),
        "messages": told_in(incident.pk),
        "notices": [_notice(notice) for notice in notices_of(incident.pk)],
        "files": [shown.as_dict() for shown in files_of(incident.stream_id)],
        "assessments": [_written(row, "impact", "measures") for row in assessments(incident)[::-1]],
        "reports": [
            _written(row, "measures", "situation", "next_steps", "recovery_hours")
            for row in handling_reports(incident)[::-1]
        ],
        "events": logged,
        "more": more,
        "seal": _seal(incident),
        "names": names_of(plan),
    }


def _seal(incident: Incident) -> dict[str, Any]:
    """What proves that this is the log as it was written: its newest number, the seal over all before it, and whether it is whole."""
    sealed = log_sealed(incident.stream_id)
    return {
        "seq": sealed.seq,
        "hash": sealed.hash,
        "key": sealed.key_id,
        "whole": sealed.tampered is None,
        "tampered_at": sealed.tampered and sealed.tampered.seq,
    }


def times_of(incident: Incident) -> list[tuple[Text, datetime]]:
    """What happened when, as far as it did."""
    told: list[tuple[Text, datetime | None]] = [
        (_("Noticed by customers"), incident.noticed_at),
        (_("On record since"), incident.known_at),
        (_("Response started"), incident.response_started_at),
        (_("Service restored"), incident.service_restored_at),
        (_("In this phase since"), incident.phase_since),
    ]
    return [(name, at) for name, at in told if at is not None]


def _logged(incident: Incident) -> tuple[list[dict[str, Any]], bool]:
    found: list[dict[str, Any]] = []
    while page := events(incident, after=found[-1]["seq"] if found else 0, limit=PAGE):
        found += page
    return found[-MOST_EVENTS:], len(found) > MOST_EVENTS


def _turns(incident: Incident, logged: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The decision cards as they were taken (4.2), and after each what was decided on it, in the order of the log."""
    cards = {card.event.seq: card for card in proposals_of(incident)}
    turns: list[dict[str, Any]] = []
    for event in logged:
        card = cards.get(event["seq"])
        if card is not None:
            turns.append({"seq": event["seq"], "at": event["occurred"], "card": card.card, "decided": []})
        elif event["kind"] in DECISIONS:
            if not turns:
                turns.append({"seq": event["seq"], "at": event["occurred"], "card": None, "decided": []})
            turns[-1]["decided"].append(event)
    return turns


def _all_owed(incident: Incident, plan: Any) -> list[dict[str, Any]]:
    rows = obligations_of(incident)
    taken = takers(row.pk for row in rows)
    return [_owed(row, plan, taken.get(row.pk)) for row in rows]


def _owed(row: Obligation, plan: Any, taken: Any) -> dict[str, Any]:
    late = row.overdue_at is not None or (
        row.due_at is not None and row.ended_at is not None and row.ended_at > row.due_at
    )
    proof = row.proof_event
    return {
        **obligation_row(row, plan, taken),
        "late": late and row.state != Obligation.State.SUPERSEDED,
        "proof_seq": proof.seq if proof else None,
    }


def _notice(notice: Any) -> dict[str, Any]:
    return {
        "id": notice.pk,
        "kind": notice.kind,
        "state": notice.state,
        "text": {"zh": notice.text_zh, "en": notice.text_en},
        "published_at": notice.published_at and utc_text(notice.published_at),
    }


def _written(row: Any, *fields: str) -> dict[str, Any]:
    by = row.by_user.display_name if row.by_user else ""
    return {"at": utc_text(row.at), "by": by, **{field: getattr(row, field) for field in fields}}
