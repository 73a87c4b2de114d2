"""What changed since the last report of a kind, for whoever writes the next: sentences to keep or to strike (3.2, 4.4, 6.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from common.bilingual import Both, in_each, in_language
from common.clock import utc_text
from dashboard.names import names_of
from dashboard.record import Record, figure_text
from engine import worlds
from engine.models import Event
from escalation.domain.moments import TEMPLATE_OF
from incidents.domain.moves import Act
from incidents.selectors import Incident, latest_events, one_region
from notifications.domain import words
from notifications.domain.changes import Line, changes, figure_line
from plans.domain import ObligationRule, Plan
from signals.continuity import parts_at

# Act → the event that the report before this one is.
REPORTED: Final = {Act.REPORT.value: "report.handling", Act.EVALUATE.value: "effect.evaluated"}
# Act → the field of its form that the sentences begin in; what stands there anyway is not said twice.
INTO: Final = {Act.REPORT.value: "situation", Act.EVALUATE.value: "reason"}
ELSEWHERE: Final = {Act.REPORT.value: frozenset({"task.done"}), Act.EVALUATE.value: frozenset({"report.handling"})}
LOG_READ = 2000  # newest events of an incident
HAPPENED: Final = frozenset({"level", "task", "event"})
MOST = 40  # sentences: whoever was away for a day reads the log
# Papers that leave the house hold the elements of their template (3.3); what else is on record is taken over one by one.
PAPERS: Final = frozenset(TEMPLATE_OF)


@dataclass(frozen=True, slots=True)
class Changes:
    """`since` is when the report before was made; without one, when the response began, else when the incident was known."""

    since: datetime
    before: bool
    lines: tuple[Line, ...]

    @property
    def said(self) -> list[str]:
        """The sentences in the language now active, as they begin the form."""
        return [in_language(line.text.as_dict()) for line in self.lines]

    def as_dict(self) -> dict[str, Any]:
        return {
            "since": utc_text(self.since),
            "reported_before": self.before,
            "lines": [line.as_dict() for line in self.lines],
        }


def changes_for(incident: Incident, plan: Plan, what: str, record: Record) -> Changes:
    """`what` is an act with a report of its own, or a declared kind of proof. Read once a page."""
    key = (incident.pk, what)
    if key not in record.changes:
        without = frozenset({what, REPORTED.get(what, ""), *ELSEWHERE.get(what, ())})
        proof = REPORTED.get(what, what)
        settling = frozenset(rule.id for rule in plan.obligations.values() if proof in rule.evidence)
        record.changes[key] = _read(incident, plan, _last(incident, what), record, without=without, settling=settling)
    found: Changes = record.changes[key]
    return found


def changes_for_proof(incident: Incident, plan: Plan, rule: ObligationRule, record: Record) -> Changes:
    """The same for whoever proves an obligation: since its own last proof, of whatever kind that was."""
    proved = _events(incident).filter(kind="obligation.fulfilled", data__rule=rule.id).order_by("-seq").first()
    return _read(incident, plan, proved, record, settling=frozenset({rule.id}))


def changes_for_department(incident: Incident, plan: Plan, department: str, record: Record) -> Changes:
    """The same for a department's hourly data (4.3): since it reported last."""
    reported = _events(incident).filter(kind="warning.data_reported", data__department=department).order_by("-seq")
    settling = frozenset(rule.id for rule in plan.obligations.values() if "warning_data" in rule.evidence)
    without = frozenset({"warning.data_reported"})
    return _read(incident, plan, reported.first(), record, without=without, settling=settling)


def begins_so(rule: ObligationRule, proofs: Iterable[str]) -> bool:
    """Whether a proof begins with the sentences, to strike what is too much: a report of a rhythm. Else each is taken over by a tap:
    a meeting or a decision is no account of what happened, and a paper to the authority says what its template asks for."""
    return rule.repeat and PAPERS.isdisjoint(proofs)


def _read(
    incident: Incident,
    plan: Plan,
    last: Event | None,
    record: Record,
    *,
    without: frozenset[str] = frozenset(),
    settling: frozenset[str] = frozenset(),
) -> Changes:
    since = last.occurred_at if last else incident.response_started_at or incident.known_at
    events = latest_events(incident, limit=LOG_READ, without=("message.queued",))
    seq = (
        last.seq
        if last
        else max((row["seq"] for row in events if datetime.fromisoformat(row["occurred"]) <= since), default=0)
    )
    told = changes(
        events,
        since=seq,
        names=names_of(plan),
        now=worlds.now(incident.world_id),
        zone=plan.zone,
        without=without,
        measured=frozenset(row["key"] for row in record.figures(incident)),
        settling=settling,
    )
    return Changes(since, last is not None, (*_figures(incident, since, record), *_newest(told)))


def _newest(told: list[Line]) -> list[Line]:
    """The same without the oldest of what happened, as far as it is more than one reads; what stands differently stays."""
    over = max(len(told) - MOST, 0)
    left_out = {id(line) for line in [line for line in told if line.kind in HAPPENED][:over]}
    return [line for line in told if id(line) not in left_out]


def _last(incident: Incident, what: str) -> Event | None:
    kind = REPORTED.get(what)
    proved = {"kind": "obligation.fulfilled", "data__evidence": what}
    return _events(incident).filter(**({"kind": kind} if kind else proved)).order_by("-seq").first()


def _events(incident: Incident) -> QuerySet[Event]:
    return Event.objects.filter(stream_id=incident.stream_id)


def _figures(incident: Incident, since: datetime, record: Record) -> list[Line]:
    """Core indicators that read differently now; where nothing is known of then, nothing is compared."""
    now = record.figures(incident)
    if not now:
        return []
    before = parts_at(incident.world_id, one_region(incident), since)
    lines = []
    for row in now:
        was = before.get(row["key"])
        then, after = (_figure(row["unit"], value) for value in (was, row["value"]))
        if was is not None and then != after:
            lines.append(figure_line(words.Both(**row["title"]), words.Both(**then), words.Both(**after)))
    return lines


def _figure(unit: str, value: float | None) -> Both:
    return in_each(lambda: "" if value is None else figure_text(unit, value))
