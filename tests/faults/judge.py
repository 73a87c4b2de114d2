"""The judges: pure functions from evidence to violations. Each is judged in turn by planted ones (test_judge.py)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from tests.faults.absences import overlap
from tests.faults.evidence import Evidence, Flow, Logged, at, later

# Of a world's time at the end of a run nothing is judged that fell due within its last moments.
LAST: Final = timedelta(seconds=2)
ENDS: Final = frozenset({"obligation.fulfilled", "obligation.superseded", "obligation.waived"})
# What an act of the client leaves in the log of its incident, once each time it was acknowledged.
LEAVES: Final = {
    "report": "incident.opened",
    "verify": "incident.verified",
    "assess": "incident.assessed",
    "decide-level": "level.decided",
    "start": "response.started",
    "evaluate": "effect.evaluated",
}
OUTSIDE: Final = frozenset({"sms", "voice"})
ENDED: Final = frozenset({"sent", "delivered", "read", "acknowledged", "given_up", "spared", "repeated"})


@dataclass(frozen=True, slots=True)
class Violation:
    kind: str
    what: str


def judged(seen: Evidence) -> list[Violation]:
    """Everything that was broken; empty when every promise held."""
    judges = (writes, samples, feed, deadlines, turns, letters, sends, leftovers, alarms, chain)
    return [violation for judge in judges for violation in judge(seen)]


# --- an acknowledged write survives, once -------------------------------------------------------------------------------
def writes(seen: Evidence) -> Iterator[Violation]:
    asked: Counter[tuple[str, str]] = Counter()
    for act in seen.acts:
        if act.what in LEAVES and act.acknowledged:
            asked[act.number, act.what] += 1
        if act.what in LEAVES and act.status == 0:
            yield Violation("unanswered", f"{act.what} {act.key} was never answered, {act.tries} tries")
        if act.what == "report" and seen.titles.get(act.key, 0) > 1:
            yield Violation("duplicate", f"{seen.titles[act.key]} incidents of one report")
    there = Counter((event.number, event.kind) for event in seen.events)
    for (number, what), count in asked.items():
        found = there[number, LEAVES[what]]
        if found < count:
            yield Violation("loss", f"{number}: {what} acknowledged {count} times, in the log {found} times")
        if found > count:
            yield Violation("duplicate", f"{number}: {what} acknowledged {count} times, in the log {found} times")


def samples(seen: Evidence) -> Iterator[Violation]:
    lost = [one for act in seen.acts if act.what == "samples" and act.acknowledged for one in act.samples]
    missing = [one for one in lost if one not in seen.stored]
    if missing:
        yield Violation("loss", f"{len(missing)} acknowledged samples are not stored, the first {missing[0]}")


# --- the feed has neither gap nor disorder ------------------------------------------------------------------------------
def feed(seen: Evidence) -> Iterator[Violation]:
    logged: dict[str, list[int]] = defaultdict(list)
    for event in seen.events:
        logged[event.number].append(event.seq)
    there = Counter(event.number for event in seen.events if event.recorded <= seen.read_until)
    for number, seqs in logged.items():
        if seqs != list(range(1, len(seqs) + 1)):
            yield Violation("gap", f"{number}: the log's own numbers are {_odd(seqs)}")
    for number, read in seen.reads.items():
        if list(read) != list(range(1, len(read) + 1)):
            yield Violation("gap", f"{number}: a reader saw {_odd(list(read))}")
        if len(read) < there[number]:
            yield Violation("gap", f"{number}: a reader saw {len(read)} of {there[number]} events")


def _odd(seqs: list[int]) -> str:
    wrong = next((n for n, seq in enumerate(seqs, start=1) if n != seq), len(seqs))
    return f"…{seqs[max(0, wrong - 3) : wrong + 2]}…"


# --- every due time fires once, and late ones say so --------------------------------------------------------------------
def deadlines(seen: Evidence) -> Iterator[Violation]:
    for turn, fired, ended in due_turns(seen):
        name, due = f"{turn.number} {turn.data['rule']} #{turn.data['turn']}", at(turn.data["due_at"])
        if len(fired) > 1:
            yield Violation("duplicate", f"{name} was overdue {len(fired)} times")
        if any(event.occurred < due for event in fired):
            yield Violation("early", f"{name} was overdue before it was due")
        if not fired and not _ended_before_it_fired(ended, due, seen):
            yield Violation("missed", f"{name} fell due at {due} and nothing says so")
        flow = seen.flows[turn.world]
        # A fast world's clock waits at a due time until it has fired: there it is never late, but must be on the very second.
        late = delay(fired[0], due, flow) if fired and flow.rate == 1 else timedelta(0)
        if late > allowed(seen, flow.wall_of(due), late) or (fired and flow.rate != 1 and fired[0].occurred != due):
            yield Violation("late", f"{name}, due {due}, fired {late} late, at {fired[0].occurred}")


def _ended_before_it_fired(ended: Logged | None, due: datetime, seen: Evidence) -> bool:
    """Done or ended in time; or so soon after that nothing had fired yet, and then it says itself that it was late."""
    if ended is None:
        return False
    if ended.occurred <= due:
        return True
    flow = seen.flows[ended.world]
    late = (ended.occurred - due) / flow.rate
    return late <= allowed(seen, flow.wall_of(due), late) and bool(ended.data.get("late", True))


def allowed(seen: Evidence, due: datetime, late: timedelta) -> timedelta:
    """What may lie between a due time and its event, when it came so much later. `due`: by the wall's clock."""
    return seen.latest + overlap(seen.idle, due, due + late)


def due_turns(seen: Evidence) -> Iterator[tuple[Logged, list[Logged], Logged | None]]:
    """Each turn that has fallen due: its opening, its overdue events, what ended it."""
    fired: dict[int, list[Logged]] = defaultdict(list)
    ended: dict[int, Logged] = {}
    for event in seen.events:
        if event.kind == "obligation.overdue":
            fired[event.data["id"]].append(event)
        if event.kind in ENDS:
            ended.setdefault(event.data["id"], event)
    for event in seen.events:
        if event.kind != "obligation.opened" or not event.data["due_at"]:
            continue
        flow = seen.flows[event.world]
        if at(event.data["due_at"]) <= seen.now[event.world] - LAST * flow.rate:
            yield event, fired[event.data["id"]], ended.get(event.data["id"])


def delay(event: Logged, due: datetime, flow: Flow) -> timedelta:
    """Wall time between the moment a world's clock showed `due` and the event."""
    return event.recorded - flow.wall_of(due)


def turns(seen: Evidence) -> Iterator[Violation]:
    """A rhythm skips no turn: whatever is opened of one rule and one anchor counts 1, 2, 3…"""
    opened: dict[tuple[str, str], list[int]] = defaultdict(list)
    for event in seen.events:
        if event.kind == "obligation.opened":
            opened[event.number, event.data["rule"]].append(event.data["turn"])
    for (number, rule), found in opened.items():
        for before, after in pairwise(found):
            if after not in (before + 1, 1):
                yield Violation("gap", f"{number} {rule}: turn {after} follows turn {before}")


# --- messages -----------------------------------------------------------------------------------------------------------
def letters(seen: Evidence) -> Iterator[Violation]:
    """Every one ends delivered, answered or visibly given up; what counts as sent is in the provider's own record."""
    given_up = {ref for kind, ref in seen.alarms if kind == "delivery.given_up"}
    for letter in seen.letters:
        name = f"letter {letter.id} by {letter.channel}"
        if letter.state not in ENDED and letter.queued <= seen.settled:
            yield Violation("stuck", f"{name} ended as {letter.state}")
        if letter.state == "given_up" and f"message:{letter.message}" not in given_up:
            yield Violation("silent", f"{name} was given up and no alarm says so")
        known = any(letter.key in keys for keys in seen.taken.values())
        if letter.channel in OUTSIDE and letter.provider in seen.taken and letter.state == "sent" and not known:
            yield Violation("loss", f"{name} counts as sent and no provider ever had it")


def sends(seen: Evidence) -> Iterator[Violation]:
    """At most one extra send a fault."""
    extra = extra_sends(seen)
    if extra > seen.faults:
        yield Violation("duplicate", f"{extra} extra sends under {seen.faults} faults")


def extra_sends(seen: Evidence) -> int:
    each = Counter(key for keys in seen.arrived.values() for key in keys if key not in seen.repeated)
    return sum(count - 1 for count in each.values() if count > 1)


# --- the rest -----------------------------------------------------------------------------------------------------------
def leftovers(seen: Evidence) -> Iterator[Violation]:
    for queue, count in seen.left.items():
        if count:
            yield Violation("stuck", f"{count} rows of {queue} still wait after everything was healed")


def alarms(seen: Evidence) -> Iterator[Violation]:
    for fault in seen.long:
        if not set(fault.alarms) & set(fault.wanted):
            yield Violation("silent", f"{fault.kind} lasted, and within a minute rose only {fault.alarms or 'nothing'}")


def chain(seen: Evidence) -> Iterator[Violation]:
    for stream in seen.tampered:
        yield Violation("tampered", stream)


# --- judging the judges -------------------------------------------------------------------------------------------------
def planted(seen: Evidence) -> dict[str, tuple[str, Evidence]]:
    """The same evidence with one thing wrong each: name → (kind of violation that must be found, evidence)."""
    _turn, fired, _ended = next(row for row in due_turns(seen) if row[1])
    report = next(act for act in seen.acts if act.what == "report" and act.acknowledged)
    reader = next(number for number, read in seen.reads.items() if len(read) > 3)
    read = seen.reads[reader]
    first = fired[0]
    too_late = 3 * seen.latest + overlap(seen.idle, first.recorded, first.recorded + timedelta(days=1))
    return {
        "an acknowledged report is not in the log": (
            "loss",
            seen.without_events(lambda e: e.number == report.number and e.kind == "incident.opened"),
        ),
        "a deadline fires twice": ("duplicate", replace(seen, events=(*seen.events, first))),
        "a deadline never fires": ("missed", seen.without_events(lambda e: e is first)),
        "a deadline fires late": (
            "late",
            replace(
                seen,
                events=tuple(later(e, too_late) if e is first else e for e in seen.events),
            ),
        ),
        "a reader misses an event": ("gap", replace(seen, reads={**seen.reads, reader: (*read[:1], *read[2:])})),
        "two incidents of one report": ("duplicate", replace(seen, titles={**seen.titles, report.key: 2})),
        "a sample is lost": (
            "loss",
            replace(seen, stored=frozenset(list(seen.stored)[1:]) if seen.stored else frozenset()),
        ),
    }
