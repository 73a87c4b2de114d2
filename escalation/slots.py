"""Slots as pages and programs see them: what each step's share is, who holds it now, and the statement offered when it runs out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from common.actor import Actor
from common.bilingual import Both
from common.clock import utc_text
from common.errors import Text
from engine import worlds
from engine.models import Event
from escalation.domain.slots import OF_OBLIGATIONS, OF_TEXTS, Course, Entry, SlotRead, Stand, Step, slot_read
from escalation.models import Obligation
from escalation.selectors import plan_for, standing
from incidents.selectors import Incident
from notifications.domain.notices import Act
from notifications.notice_selectors import Notice, holding_ready, notice_acts
from notifications.services.notices import BARRED
from people import selectors as people
from people.rostered import on_now
from plans.domain import Plan, RoleSpec
from plans.selectors import told_of

NAMED = 3  # persons named beside a role; of more, only how many


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a step is: the role of the plan and who that is now. `on_duty`: by the roster."""

    title: Both
    names: tuple[str, ...]
    people: int
    on_duty: bool


@dataclass(frozen=True, slots=True)
class StepShown:
    step: Step
    owner: Owner

    @property
    def minutes(self) -> int:
        return round((self.step.due_at - self.step.begins_at).total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Offer:
    """A holding statement approved ahead. `may`: this person can publish it; `bar` is his own part in it that forbids it."""

    notice: Notice
    may: bool
    bar: Text | None


@dataclass(frozen=True, slots=True)
class SlotShown:
    """A slot of an incident. `offers` is empty unless the slot has run out and something was approved ahead."""

    incident: Incident
    read: SlotRead
    steps: tuple[StepShown, ...]
    writer: str
    now: datetime
    offers: tuple[Offer, ...] = ()

    @property
    def title(self) -> Both:
        return self.read.steps[-1].rule.title.as_dict()

    @property
    def end(self) -> str:
        """The rule of the step that the others are for."""
        return self.read.steps[-1].rule.id

    @property
    def clause(self) -> str:
        return self.read.steps[-1].rule.clause

    @property
    def holder(self) -> StepShown | None:
        return None if self.read.holder is None else self.steps[self.read.holder]

    @property
    def minutes(self) -> int:
        return round((self.read.ends_at - self.read.begins_at).total_seconds() / 60)

    @property
    def may_publish(self) -> bool:
        return any(offer.may for offer in self.offers)


def slots_of(incidents: Sequence[Incident], by: Actor | None = None) -> dict[int, list[SlotShown]]:
    """Incident → its slots, of those that ever had one; with `by`, what this person is offered. Four queries and those for the
    names of owners, however many incidents."""
    plans = {incident.pk: plan for incident in incidents if (plan := plan_for(incident)).slots}
    wanted = [incident for incident in incidents if incident.pk in plans]
    if not wanted:
        return {}
    stories = _stories(wanted, {step.id for plan in plans.values() for slot in plan.slots for step in slot.steps})
    now = {world: worlds.now(world) for world in {incident.world_id for incident in wanted}}
    read = {
        incident: [
            one
            for slot in plans[incident.pk].slots
            if (one := slot_read(slot, stories[incident.stream_id], now[incident.world_id]))
        ]
        for incident in wanted
    }
    owners = _Owners()
    writers = people.users_by_id({one.writer for found in read.values() for one in found if one.writer})
    ready = _ready(read, by)
    return {
        incident.pk: [
            SlotShown(
                incident,
                one,
                tuple(StepShown(step, owners.of(plans[incident.pk], step.rule.owner)) for step in one.steps),
                writers[one.writer].display_name if one.writer in writers else "",
                now[incident.world_id],
                ready[incident.world_id] if one.offers and not incident.is_over else (),
            )
            for one in found
        ]
        for incident, found in read.items()
        if found
    }


def _stories(incidents: Sequence[Incident], rules: Iterable[str]) -> dict[int, list[Entry]]:
    """Stream → what slots are read from, oldest first. No text of a notice is among it."""
    of_rules = Q(kind__in=OF_OBLIGATIONS, data__rule__in=sorted(rules))
    rows = (
        Event.objects.filter(of_rules | Q(kind__in=OF_TEXTS), stream_id__in=[one.stream_id for one in incidents])
        .order_by("stream_id", "seq")
        .values_list("stream_id", "kind", "data", "occurred_at", "actor_id")
    )
    found: dict[int, list[Entry]] = defaultdict(list)
    for stream, kind, data, at, by in rows:
        found[stream].append(Entry(kind, data, at, by))
    return found


def _ready(read: dict[Incident, list[SlotRead]], by: Actor | None) -> dict[int, tuple[Offer, ...]]:
    """World → what stands approved ahead there, where a slot has run out."""
    where = {incident.world_id for incident, found in read.items() if any(one.offers for one in found)}
    return {world: tuple(_offer(notice, by) for notice in holding_ready(world)) for world in where}


def _offer(notice: Notice, by: Actor | None) -> Offer:
    act = next((one for one in notice_acts(notice, by) if one.act is Act.PUBLISH), None) if by else None
    if act is None:
        return Offer(notice, may=False, bar=None)
    return Offer(notice, may=act.bar is None, bar=BARRED[act.bar] if act.bar else None)


class _Owners:
    """Who holds a role of a plan, asked once a reading."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], Owner] = {}

    def of(self, plan: Plan, role: str) -> Owner:
        key = (id(plan), role)
        if key not in self._known:
            self._known[key] = _owner(plan.role(role))
        return self._known[key]


def _owner(role: RoleSpec) -> Owner:
    users = told_of(role)
    names = tuple(user.display_name for user in users) if len(users) <= NAMED else ()
    return Owner(role.title.as_dict(), names, len(users), bool(role.duty and on_now([role.duty])))


def slots_for(incident: Incident, by: Actor | None = None) -> list[SlotShown]:
    """The slots of one incident."""
    return slots_of([incident], by).get(incident.pk, [])


def slots_running(world_id: int, by: Actor) -> list[SlotShown]:
    """Slots of a world whose last step is owed, the one that ends first before the others."""
    owed = standing().filter(incident__world_id=world_id, due_at__isnull=False)
    found = {row.incident_id: row.incident for row in owed if _ends_a_slot(row)}
    shown = [slot for slots in slots_of(list(found.values()), by).values() for slot in slots if not slot.read.over]
    return sorted(shown, key=lambda slot: (slot.read.ends_at, slot.incident.pk))


def _ends_a_slot(row: Obligation) -> bool:
    return any(slot.end.id == row.rule for slot in plan_for(row.incident).slots)


def slot_dict(shown: SlotShown) -> dict[str, Any]:
    """A slot as the API shows it."""
    read = shown.read
    return {
        "incident": shown.incident.number,
        "title": shown.title,
        "clause": shown.clause,
        "begins_at": utc_text(read.begins_at),
        "ends_at": utc_text(read.ends_at),
        "course": read.course.value,
        "holder": None if read.holder is None else read.steps[read.holder].rule.id,
        "writer": read.writer,
        "steps": [_step_dict(one) for one in shown.steps],
        "offers": [
            {"notice": offer.notice.pk, "revision": offer.notice.revision, "may": offer.may} for offer in shown.offers
        ],
    }


def _step_dict(one: StepShown) -> dict[str, Any]:
    step, owner = one.step, one.owner
    return {
        "rule": step.rule.id,
        "title": step.rule.title.as_dict(),
        "owner": step.rule.owner,
        "owner_title": owner.title,
        "people": owner.people,
        "on_duty": owner.on_duty,
        "share_seconds": round((step.due_at - step.begins_at).total_seconds()),
        "begins_at": utc_text(step.begins_at),
        "due_at": utc_text(step.due_at),
        "stand": step.stand.value,
        "done_at": step.done_at and utc_text(step.done_at),
    }


COURSES, STANDS = [course.value for course in Course], [stand.value for stand in Stand]
