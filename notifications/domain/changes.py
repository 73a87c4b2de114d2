"""What changed in an incident since a moment of its log, each thing one short sentence in both languages.

Net, not blow by blow: a fact that went up and down again did not change, an obligation that fell due and was met meanwhile is done.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from notifications.domain import words
from notifications.domain.summary import Fact, Names, Teller, course, situation_of, value_said
from notifications.domain.words import Both

KINDS: Final = ("figure", "fact", "level", "task", "event", "owed")
OWED: Final = frozenset({"obligation.fulfilled", "obligation.waived"})


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is one of KINDS."""

    kind: str
    text: Both

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "text": self.text.as_dict()}


def changes(
    events: Sequence[Fact],
    *,
    since: int,
    names: Names,
    now: datetime,
    zone: tzinfo,
    without: Collection[str] = (),
    measured: Collection[str] = (),
    settling: Collection[str] = (),
) -> list[Line]:
    """Facts, then what happened in its order, then what is owed, nothing twice; `without` leaves out kinds of events and of proof,
    `measured` the facts that machines say anew, `settling` the obligations that the report being written is itself the proof of."""
    teller = Teller(names, zone, now)
    kept = [event for event in events if event["kind"] not in without]
    told = [
        *(Line("fact", line) for line in _facts(events, since, measured)),
        *(Line(_kind(event["kind"]), line) for event, line in course(kept, since, teller)),
        *(Line("owed", line) for line in _owed(events, since, teller, without, settling)),
    ]
    return list(dict.fromkeys(told))


def figure_line(title: Both, before: Both, after: Both) -> Line:
    """A reading then and now."""
    return Line("figure", words.CHANGED_LINE.filled(fact=title, before=before, after=after))


def _kind(kind: str) -> str:
    return {"level": "level", "task": "task"}.get(kind.partition(".")[0], "event")


def _facts(events: Sequence[Fact], since: int, measured: Collection[str]) -> Iterator[Both]:
    before = situation_of([event for event in events if event["seq"] <= since]).facts
    after = situation_of(events).facts
    for fact, label in words.FACTS.items():
        if fact in measured or fact not in after or (fact in before and before[fact] == after[fact]):
            continue
        if fact in before:
            said = {"before": value_said(fact, before[fact]), "after": value_said(fact, after[fact])}
            yield words.CHANGED_LINE.filled(fact=label, **said)
        else:
            yield words.FACT_LINE.filled(fact=label, value=value_said(fact, after[fact]))


def _owed(
    events: Sequence[Fact], since: int, teller: Teller, without: Collection[str], settling: Collection[str]
) -> Iterator[Both]:
    """What fell due since and still is not done; what was done or waived."""
    newer = [event for event in events if event["seq"] > since]
    standing = situation_of(events).overdue
    for event in newer:
        data = event["data"]
        if event["kind"] == "obligation.overdue" and data["id"] in standing and data["rule"] not in settling:
            title = Both(data["title"]["zh"], data["title"]["en"])
            owners = teller.all_named("roles", data["owners"])
            yield words.OVERDUE_NOW_LINE.filled(title=title, owners=owners, due=teller.time(data["due_at"]))
    settled: dict[Both, dict[str, None]] = {}
    for event in newer:
        data = event["data"]
        if event["kind"] in OWED and data.get("evidence") not in without:
            settled.setdefault(_settled(event), {})[data["rule"]] = None
    for line in (words.DONE_LINE, words.DONE_LATE_LINE, words.WAIVED_LINE):
        if line in settled:
            yield line.filled(titles=teller.all_named("obligations", list(settled[line])))


def _settled(event: Fact) -> Both:
    if event["kind"] != "obligation.fulfilled":
        return words.WAIVED_LINE
    return words.DONE_LATE_LINE if event["data"]["late"] else words.DONE_LINE
