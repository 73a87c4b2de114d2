"""A progress summary read from an incident's log: facts and times, nothing that is not in an event.

Facts first, causes with care (clause 3.3): no line here says why something happened unless a person wrote it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final

from notifications.domain import words
from notifications.domain.words import Both, joined, same

# As `Event.as_dict()` gives them, texts filled in, in order.
Fact = Mapping[str, Any]
# kind of thing → key → {zh, en}
Names = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    lines: tuple[Both, ...]

    def as_dict(self) -> dict[str, Any]:
        title = words.TITLES[self.key]
        return {"key": self.key, "title": title.as_dict(), "lines": [line.as_dict() for line in self.lines]}


@dataclass(slots=True)
class Situation:
    """Where the incident stands after its log was read; each value with the time it took effect."""

    phase: str = ""
    phase_since: str = ""
    level: str | None = None
    level_since: str = ""
    provisional: bool = False
    regions: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, tuple[str, str]] = field(default_factory=dict)
    report: Fact | None = None
    overdue: dict[int, Mapping[str, Any]] = field(default_factory=dict)


def situation_of(events: Sequence[Fact]) -> Situation:
    """Fold the log."""
    now = Situation()
    for event in events:
        _take(now, event)
    return now


def _take(now: Situation, event: Fact) -> None:
    data, at = event["data"], event["occurred"]
    if data.get("phase") and data["phase"] != now.phase:
        now.phase, now.phase_since = data["phase"], at
    match event["kind"]:
        case "incident.opened":
            now.regions = list(data["regions"])
            if data["reach"]:
                now.facts["reach"] = data["reach"]
        case "incident.joined":
            now.regions = list(data["regions"])
        case "incident.facts_recorded":
            now.facts.update(data["after"])
        case "incident.assessed":
            now.facts.update(data["facts"])
        case "level.decided":
            now.level, now.level_since, now.provisional = data["after"], at, data["provisional"]
        case "group.status_set":
            now.groups[data["group"]] = (data["after"], at)
        case "report.handling":
            now.report = event
        case "obligation.overdue":
            now.overdue[data["id"]] = data
        case "obligation.fulfilled" | "obligation.superseded" | "obligation.waived":
            now.overdue.pop(data["id"], None)


@dataclass(frozen=True, slots=True)
class Teller:
    """Says times and keys in words."""

    names: Names
    zone: tzinfo
    today: datetime

    def time(self, text: str) -> str:
        """14:05 today, else with its date."""
        at = datetime.fromisoformat(text).astimezone(self.zone)
        return at.strftime("%H:%M" if at.date() == self.today.astimezone(self.zone).date() else "%Y-%m-%d %H:%M")

    def named(self, kind: str, key: str) -> Both:
        """The company's own name; an unknown key stands for itself."""
        name = self.names.get(kind, {}).get(key)
        return Both(name["zh"], name["en"]) if name else same(key)

    def all_named(self, kind: str, keys: Sequence[str]) -> Both:
        return joined([self.named(kind, key) for key in keys])


def sections(events: Sequence[Fact], *, since: int, now: datetime, names: Names, zone: tzinfo) -> list[Section]:
    """What to tell at `now`; `since` is the newest event the last published summary knew."""
    teller = Teller(names, zone, now)
    standing = situation_of(events)
    told = [
        Section("situation", tuple(_situation(standing, teller))),
        Section("course", tuple(line for _event, line in course(events, since, teller)) or (words.NOTHING_NEW,)),
        Section("handling", tuple(_handling(standing.report, teller))),
        Section("groups", tuple(_groups(standing, teller))),
        Section("overdue", tuple(_overdue(standing, teller))),
    ]
    return [section for section in told if section.lines]


def _situation(standing: Situation, teller: Teller) -> list[Both]:
    lines = []
    if standing.phase:
        phase = words.PHASES.get(standing.phase, same(standing.phase))
        lines.append(words.PHASE_LINE.filled(phase=phase, since=teller.time(standing.phase_since)))
    if standing.level is None:
        lines.append(words.NO_LEVEL_LINE)
    else:
        line = words.PROVISIONAL_LINE if standing.provisional else words.LEVEL_LINE
        lines.append(line.filled(level=teller.named("levels", standing.level), since=teller.time(standing.level_since)))
    if standing.regions:
        lines.append(words.REGIONS_LINE.filled(regions=teller.all_named("regions", standing.regions)))
    lines += [
        words.FACT_LINE.filled(fact=label, value=value_said(fact, standing.facts[fact]))
        for fact, label in words.FACTS.items()
        if fact in standing.facts
    ]
    return lines


def value_said(fact: str, value: Any) -> Both:
    if value is None:
        return words.UNKNOWN
    if isinstance(value, bool):
        return words.YES if value else words.NO
    if isinstance(value, int | float):
        return same(f"{value * 100:.4g}%" if fact in words.SHARES else f"{value:.4g}")
    return words.VALUES.get(str(value), same(str(value)))


def course(events: Sequence[Fact], since: int, teller: Teller) -> list[tuple[Fact, Both]]:
    """What happened after an event, each with its line; kinds without words are left out."""
    return [
        (
            event,
            words.COURSE_LINE.filled(at=teller.time(event["occurred"]), what=_told(event, _values_of(event, teller))),
        )
        for event in events
        if event["seq"] > since and event["kind"] in words.COURSE
    ]


def _told(event: Fact, values: Mapping[str, Both | str]) -> Both:
    line = words.COURSE[event["kind"]].filled(**values)
    if event["kind"] not in words.WITH_REASON or not event["data"].get("reason"):
        return line
    reason = words.REASON_PART.filled(**values)
    return Both(line.zh + reason.zh, line.en + reason.en)


# Texts a person wrote that a line of the course may hold.
WRITTEN: Final = ("title", "reason", "impact", "regulator", "needs", "forces")


def _values_of(event: Fact, teller: Teller) -> dict[str, Both | str]:
    """What the line of this event may name. Texts a person wrote stay one line."""
    data = event["data"]
    values: dict[str, Both | str] = {name: _one_line(str(data[name])) for name in WRITTEN if data.get(name)}
    # Names the company gave are in both languages: an incident's titles, an item's names, the title of a preparation.
    for name in ("titles", "names", "title"):
        if isinstance(titles := data.get(name), Mapping):
            values["title"] = Both(titles["zh"], titles["en"])
    if trigger := data.get("trigger"):
        values["metric"] = teller.named("metrics", trigger["metric"])
    if "group" in data:
        values["group"] = teller.named("groups", data["group"])
        values["status"] = words.STATUSES.get(str(data.get("after")), same(""))
    if "quantity" in data:
        values["quantity"] = str(data["quantity"])
    if event["kind"].startswith("notice."):
        notice = words.NOTICES[data["kind"]]
        values["notice"] = notice if data.get("published", True) else words.NEVER_OUT.filled(notice=notice)
    if level := data.get("level") or (data["after"] if event["kind"] == "level.decided" else None):
        values["level"] = teller.named("levels", level)
    for name, table in (("outcome", words.OUTCOMES), ("verdict", words.VERDICTS), ("colour", words.COLOURS)):
        if data.get(name):
            values[name] = table.get(data[name], same(data[name]))
    # A text that was erased reads as empty.
    return {**dict.fromkeys(WRITTEN, "—"), **values}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _handling(report: Fact | None, teller: Teller) -> list[Both]:
    if report is None:
        return [words.NO_REPORT_LINE]
    data = report["data"]
    lines = [words.REPORT_LINE.filled(at=teller.time(report["occurred"]))]
    texts = (
        (words.MEASURES_LINE, "measures"),
        (words.SITUATION_LINE, "situation"),
        (words.NEXT_LINE, "next_steps"),
    )
    lines += [line.filled(text=_one_line(data[name])) for line, name in texts if data.get(name)]
    if data.get("recovery_hours") is not None:
        lines.append(words.RECOVERY_LINE.filled(hours=f"{data['recovery_hours']:.4g}"))
    return lines


def _groups(standing: Situation, teller: Teller) -> list[Both]:
    return [
        words.GROUP_LINE.filled(
            group=teller.named("groups", group), status=words.STATUSES.get(status, same(status)), at=teller.time(at)
        )
        for group, (status, at) in sorted(standing.groups.items())
    ]


def _overdue(standing: Situation, teller: Teller) -> list[Both]:
    return [
        words.OVERDUE_LINE.filled(
            title=Both(duty["title"]["zh"], duty["title"]["en"]),
            owners=teller.all_named("roles", duty["owners"]),
            due=teller.time(duty["due_at"]),
        )
        for duty in sorted(standing.overdue.values(), key=lambda duty: duty["due_at"])
    ]


def subject(number: str, turn: int) -> dict[str, str]:
    return words.SUBJECT.filled(number=number, turn=str(turn)).as_dict()


def text(told: Sequence[Section], language: str, *, number: str, turn: int, now: datetime, zone: tzinfo) -> str:
    """The sections as plain text in one language, for a person to edit."""

    def said(both: Both) -> str:
        return both.zh if language == "zh" else both.en

    head = [
        said(words.SUBJECT.filled(number=number, turn=str(turn))),
        said(words.AS_OF.filled(now=now.astimezone(zone).strftime("%Y-%m-%d %H:%M"))),
    ]
    blocks = ["\n".join([said(words.TITLES[s.key]), *(f"- {said(line)}" for line in s.lines)]) for s in told]
    return "\n\n".join(["\n".join(head), *blocks])
