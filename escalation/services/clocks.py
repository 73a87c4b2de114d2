"""What happens when an obligation's clock strikes: reminder, overdue, the next one up, the next turn.

What is due and the climb after it are fired many at once, and only write what happened; people are told by a reaction to it
(`tell`), so that a thousand deadlines of one second wait for no letter. Their streams are held by who fires them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM
from common.bilingual import both
from common.clock import utc_text
from engine.log import Entry, log_append_many
from engine.models import Event
from engine.timers import Fallen, timers_set
from escalation import selectors
from escalation.domain.rungs import rung
from escalation.events import ObligationEscalated, ObligationOverdue
from escalation.models import Obligation
from escalation.services.telling import tell_roles
from escalation.services.turns import CLIMB, NewTurn, stream_of, turns_make
from incidents.selectors import Incident, of_event
from notifications.services import summary_draft
from plans.domain import ObligationRule, Plan, escalate_at, next_due
from plans.selectors import answering_for, holders_of

SUMMARY = "summary.published"


def streams_of(refs: Collection[int]) -> Mapping[int, int]:
    """Obligation id → id of the stream that what happens to it is written to."""
    return dict(Obligation.objects.filter(pk__in=refs).values_list("pk", "incident__stream_id"))


class Held:
    """Whether anybody answers for a role of an incident's plan, asked once for all that struck together."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], bool] = {}

    def __call__(self, incident: Incident, plan: Plan, role: str) -> bool:
        key = (incident.plan_version, role)
        if key not in self._known:
            self._known[key] = bool(answering_for(plan.role(role)))
        return self._known[key]


@dataclass
class Struck:
    """An obligation whose clock struck, and what follows."""

    row: Obligation
    due_at: datetime
    plan: Plan
    rule: ObligationRule
    held: Held
    entries: list[Entry] = field(default_factory=list)
    told: tuple[str, ...] = ()
    climbs_at: datetime | None = None

    @property
    def incident(self) -> Incident:
        return self.row.incident

    def answers(self, role: str) -> bool:
        return self.held(self.incident, self.plan, role)


def _struck(fallen: Sequence[Fallen]) -> list[Struck]:
    """The obligations, each row locked after its stream: the order every writer takes."""
    rows = Obligation.objects.select_for_update(no_key=True, of=("self",)).select_related("incident")
    found = {row.pk: row for row in rows.filter(pk__in=[one.ref for one in fallen]).order_by("pk")}
    struck, held = [], Held()
    for one in fallen:
        row = found[one.ref]
        plan = selectors.plan_for(row.incident)
        struck.append(Struck(row, one.due_at, plan, plan.rule(row.rule), held))
    return struck


def remind(ref: int, due_at: datetime, now: datetime) -> None:
    """Before it is due: the owner hears, and the progress summary is drafted for them from the log (3.2)."""
    (one,) = _struck([Fallen(ref, due_at)])
    row, incident, plan, rule = one.row, one.incident, one.plan, one.rule
    if row.state != Obligation.State.OPEN or row.due_at is None or now >= row.due_at:
        return
    if SUMMARY in rule.evidence:
        summary_draft(incident_id=incident.pk, turn=row.turn, due_at=row.due_at, now=now)
    # Nobody of its owners is here: the next one up who is hears before it is too late.
    away = not any(one.answers(role) for role in rule.owners)
    said = _("%(number)s: “%(title)s” is due at %(due)s (clause %(clause)s).")
    if away:
        said = _("%(number)s: “%(title)s” is due at %(due)s (clause %(clause)s). Nobody who owes it is here.")
    tell_roles(
        incident,
        plan,
        (*rule.owners, *(_next_here(one) if away else ())),
        kind="obligation.reminder",
        subject=both(_("Soon due: %(title)s"), title=rule.title.as_dict()),
        body=both(
            said,
            number=incident.number,
            title=rule.title.as_dict(),
            due=_local(row.due_at, plan),
            clause=rule.clause,
        ),
        clause=rule.clause,
        key=f"remind:{row.pk}",
    )


def _next_here(one: Struck) -> tuple[str, ...]:
    """The next role up that somebody answers for."""
    return rung(one.plan, one.rule.owner, 1, one.answers).roles


def due(fallen: Sequence[Fallen], now: datetime) -> None:
    """At due: what is not done is overdue, its owner and the next one up hear; done or not, the next turn begins.

    After a long absence of ours every missed turn gets its event, but only the latest speaks (DESIGN.md, rule 3).
    """
    struck = _struck(fallen)
    late = [one for one in struck if one.row.state == Obligation.State.OPEN]
    turns = []
    for one in struck:
        row = one.row
        following = next_due(one.rule, one.due_at, anchored_at=row.anchored_at, zone=one.plan.zone)
        if row.state == Obligation.State.OPEN and (following is None or following > now):
            _climb(one, step=1, now=now, at_due=True)
        if following is not None and row.state in (*Obligation.STANDING, Obligation.State.FULFILLED):
            new = NewTurn(
                one.incident, one.plan, one.rule, row.anchor_event_id, row.turn + 1, row.anchored_at, following
            )
            turns.append(new)
    for one in late:
        one.entries.insert(0, _overdue(one))
    for step, rows in _by_step(late).items():
        Obligation.objects.filter(pk__in=rows).update(state=Obligation.State.OVERDUE, overdue_at=now, step=step)
    _record(late, turns_make(turns))


def climb(fallen: Sequence[Fallen], now: datetime) -> None:
    """Still not done: the next one up hears, until the top of the chain has. Whoever took it holds that for a step."""
    late = [one for one in _struck(fallen) if one.row.state == Obligation.State.OVERDUE]
    held = selectors.held_until([one.row.pk for one in late])
    # Taken while this waited for the stream: its clock was set anew.
    late = [one for one in late if held.get(one.row.pk, now) <= now]
    for one in late:
        _climb(one, step=one.row.step + 1, now=now, at_due=False)
    for step, rows in _by_step(late).items():
        Obligation.objects.filter(pk__in=rows).update(step=step)
    _record(late)


def _by_step(struck: Iterable[Struck]) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = {}
    for one in struck:
        rows.setdefault(one.row.step, []).append(one.row.pk)
    return rows


def _record(struck: Sequence[Struck], opened: Sequence[tuple[Incident, Entry]] = ()) -> None:
    """Write the next steps' timers, and the events of each incident in one append."""
    timers_set([(one.incident.world_id, CLIMB, one.row.pk, one.climbs_at) for one in struck if one.climbs_at])
    written = [(one.incident, entry) for one in struck for entry in one.entries]
    by_incident = sorted((*written, *opened), key=lambda pair: pair[0].pk)  # a stable order: each one's own stays
    for _pk, pairs in groupby(by_incident, key=lambda pair: pair[0].pk):
        incidents, entries = zip(*pairs, strict=True)
        incident = incidents[0]
        log_append_many(stream_of(incident), entries, by=SYSTEM, plan_version=incident.plan_version)


def _overdue(one: Struck) -> Entry:
    payload = ObligationOverdue(
        id=one.row.pk,
        rule=one.row.rule,
        title=one.rule.title.as_dict(),
        owners=one.row.owners,
        turn=one.row.turn,
        due_at=utc_text(one.due_at),
        told=list(one.told),
    )
    return Entry(payload, clause=one.rule.clause)


def _climb(one: Struck, *, step: int, now: datetime, at_due: bool) -> None:
    """The next one up who exists and is here hears; a role nobody holds, or all of whose holders are on leave without a deputy, is
    skipped at once, and the log says so."""
    row, plan, rule = one.row, one.plan, one.rule
    found = rung(plan, rule.owner, step, one.answers)
    for below, role in found.skipped:
        away = bool(holders_of(plan.role(role)))
        one.entries.append(_step(one, below, (), at_due=at_due, skipped=role, away=away))
    row.step = found.step
    one.told = (*rule.owners, *found.roles) if at_due else found.roles
    if found.roles:
        one.entries.append(_step(one, found.step, found.roles, at_due=at_due))
        one.climbs_at = max(escalate_at(plan, rule, row.due_at or now, found.step + 1), now)


def _step(
    one: Struck, step: int, told: tuple[str, ...], *, at_due: bool, skipped: str = "", away: bool = False
) -> Entry:
    payload = ObligationEscalated(
        id=one.row.pk,
        rule=one.row.rule,
        turn=one.row.turn,
        step=step,
        told=list(told),
        at_due=at_due,
        skipped=skipped,
        away=away,
    )
    return Entry(payload, clause=one.rule.clause)


def tell(event: Event) -> None:
    """React to an obligation that is late, or still is: whoever its event names hears of it."""
    data = event.data
    if untold(event):
        return
    incident = of_event(event)
    row = Obligation.objects.get(pk=data["id"])
    plan = selectors.plan_for(incident)
    rule = plan.rule(row.rule)
    tell_roles(
        incident,
        plan,
        data["told"],
        kind="obligation.overdue",
        subject=both(_("Overdue: %(title)s"), title=rule.title.as_dict()),
        body=both(
            _("%(number)s: “%(title)s” was due at %(due)s and is not done (clause %(clause)s). Owner: %(owner)s."),
            number=incident.number,
            title=rule.title.as_dict(),
            due=_local(row.due_at or event.occurred_at, plan),
            clause=rule.clause,
            owner=plan.role(rule.owner).title.as_dict(),
        ),
        clause=rule.clause,
        key=f"overdue:{row.pk}:{data.get('step', 'due')}",
        unanswered=rule.owners,
    )


def untold(event: Event) -> bool:
    """Whether nobody hears of an event about a late obligation, or hears it with the event before it."""
    return not event.data["told"] or event.data.get("at_due", False)


def _local(at: datetime, plan: Plan) -> str:
    return at.astimezone(plan.zone).strftime("%m-%d %H:%M")
