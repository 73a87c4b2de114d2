"""How a slot stands: what of its steps is done, who holds it now, and whether the last can still be met. Read from the log alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from escalation.domain.moments import MOMENTS_OF, PROOFS_OF
from plans.domain import ObligationRule, Slot

OPENED, FULFILLED = "obligation.opened", "obligation.fulfilled"
DROPPED: Final = frozenset({"obligation.superseded", "obligation.waived"})
WRITTEN: Final = frozenset({"notice.drafted", "notice.edited"})
# Kinds of events a slot is read from; of obligations, those of its own rules.
OF_OBLIGATIONS: Final = frozenset({OPENED, FULFILLED, *DROPPED})
OF_TEXTS: Final = frozenset(
    {*WRITTEN, "notice.submitted", "notice.approved", "notice.returned", "notice.withdrawn", "notice.published"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of the incident, as far as a slot goes by it; `by` is the person who acted."""

    kind: str
    data: Mapping[str, Any]
    at: datetime
    by: int | None = None


class Stand(StrEnum):
    """How one step stands."""

    DONE = "done"
    DONE_LATE = "done_late"
    RUNNING = "running"
    LATE = "late"
    AHEAD = "ahead"
    DROPPED = "dropped"


class Course(StrEnum):
    """How the whole stands. Behind: a step is late and the last may still be met within its share; run out: its share has begun,
    or its time is over, and what it needs is not there."""

    IN_TIME = "in_time"
    BEHIND = "behind"
    RUN_OUT = "run_out"
    OVERDUE = "overdue"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    DROPPED = "dropped"


OVER: Final = frozenset({Course.KEPT, Course.KEPT_LATE, Course.DROPPED})


@dataclass(frozen=True, slots=True)
class Step:
    rule: ObligationRule
    begins_at: datetime
    due_at: datetime
    stand: Stand
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class SlotRead:
    """`holder` is the step that waits for its owner now, None when nothing of it is owed any more; `writer` who wrote last at the
    text that is not handed over yet."""

    steps: tuple[Step, ...]
    course: Course
    holder: int | None
    writer: int | None

    @property
    def begins_at(self) -> datetime:
        return self.steps[0].begins_at

    @property
    def ends_at(self) -> datetime:
        return self.steps[-1].due_at

    @property
    def over(self) -> bool:
        return self.course in OVER

    @property
    def offers(self) -> bool:
        """Whether a statement approved ahead is offered: what the last step needs can no longer be there in time (ruling 10)."""
        return self.course is Course.RUN_OUT


def slot_read(slot: Slot, story: Sequence[Entry], now: datetime) -> SlotRead | None:
    """Read a slot from an incident's log, oldest event first; None while its last step was never owed.

    Due times are those the log gives; the end stands as it was opened, whatever comes late before it. A text that is returned,
    changed after it was handed over, or given up takes back what it had proved.
    """
    known = _Known(slot)
    for entry in story:
        known.take(entry)
    ends_at = known.due.get(slot.end.id)
    if ends_at is None:
        return None
    begins = slot.schedule(ends_at)
    dues = [known.due.get(step.id, due) for step, due in zip(slot.steps, begins[1:], strict=True)]
    done = [known.done_at(index) for index in range(len(slot.steps))]
    dropped = [step.id in known.dropped for step in slot.steps]
    holder = next((i for i, at in enumerate(done) if at is None and not dropped[i]), None)
    steps = tuple(
        Step(rule, start, due, _stand(at, due, now, dropped=off, held=index == holder), at)
        for index, (rule, (start, due), at, off) in enumerate(
            zip(slot.steps, pairwise((begins[0], *dues)), done, dropped, strict=True)
        )
    )
    return SlotRead(steps, _course(steps, holder, now), holder, known.writer() if holder == 0 else None)


class _Known:
    """What the log has said so far."""

    def __init__(self, slot: Slot) -> None:
        self.index = {step.id: n for n, step in enumerate(slot.steps)}
        self.evidence = [frozenset(step.evidence) for step in slot.steps]
        self.due: dict[str, datetime] = {}
        self.dropped: set[str] = set()
        # By text; under None what persons attached.
        self.proved: dict[int | None, dict[int, datetime]] = {}
        self.drafts: dict[int, int | None] = {}

    def take(self, entry: Entry) -> None:
        if entry.kind in OF_TEXTS:
            self._text(entry)
        elif (rule := entry.data.get("rule")) in self.index:
            self._obligation(entry, rule)

    def done_at(self, step: int) -> datetime | None:
        return min((proofs[step] for proofs in self.proved.values() if step in proofs), default=None)

    def writer(self) -> int | None:
        """Who wrote last at a text that nobody has handed over."""
        return next((by for text, by in reversed(self.drafts.items()) if text not in self.proved), None)

    def _obligation(self, entry: Entry, rule: str) -> None:
        if entry.kind == OPENED:
            if entry.data["due_at"] is not None:
                self.due[rule] = datetime.fromisoformat(entry.data["due_at"])
            self.dropped.discard(rule)
        elif entry.kind in DROPPED:
            self.dropped.add(rule)
        elif entry.kind == FULFILLED and entry.data["by_event"] is None:
            self.proved.setdefault(None, {}).setdefault(self.index[rule], entry.at)

    def _text(self, entry: Entry) -> None:
        data, text = entry.data, entry.data["notice"]
        if _takes_back(entry):
            self.proved.pop(text, None)
        if entry.kind == "notice.withdrawn":
            self.drafts.pop(text, None)
        elif entry.kind in WRITTEN and PROOFS_OF.get(("notice.submitted", data["kind"])):
            self.drafts.pop(text, None)
            self.drafts[text] = entry.by
        proofs = {*PROOFS_OF.get((entry.kind, data["kind"]), ())}
        if entry.kind in MOMENTS_OF:
            proofs |= {*MOMENTS_OF[entry.kind](data)}
        for step, accepted in enumerate(self.evidence):
            if proofs & accepted:
                self.proved.setdefault(text, {}).setdefault(step, entry.at)


def _takes_back(entry: Entry) -> bool:
    if entry.kind == "notice.withdrawn":
        return not entry.data["published"]
    return entry.kind == "notice.returned" or (entry.kind == "notice.edited" and bool(entry.data["voided"]))


def _stand(at: datetime | None, due: datetime, now: datetime, *, dropped: bool, held: bool) -> Stand:
    if at is not None:
        return Stand.DONE if at <= due else Stand.DONE_LATE
    if dropped:
        return Stand.DROPPED
    if now >= due:
        return Stand.LATE
    return Stand.RUNNING if held else Stand.AHEAD


def _course(steps: Sequence[Step], holder: int | None, now: datetime) -> Course:
    end = steps[-1]
    if end.done_at is not None:
        return Course.KEPT if end.stand is Stand.DONE else Course.KEPT_LATE
    if end.stand is Stand.DROPPED:
        return Course.DROPPED
    if holder == len(steps) - 1:
        return Course.OVERDUE if end.stand is Stand.LATE else Course.IN_TIME
    if now >= end.begins_at:
        return Course.RUN_OUT
    return Course.BEHIND if any(step.stand is Stand.LATE for step in steps) else Course.IN_TIME
