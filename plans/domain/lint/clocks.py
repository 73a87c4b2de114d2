"""Clocks that cannot be kept: work that does not fit, steps without a time, rhythms that outlive their purpose."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from plans.domain.base import Span, Text
from plans.domain.ending import EndingCondition
from plans.domain.lint.findings import Draft, listed
from plans.domain.obligations import ObligationRule
from plans.domain.schema import Plan
from plans.domain.vocabulary import ENDED, JUDGEMENTS, LIFTED, MOMENT_OF_EVENT, RESTORED, STARTS, WARNED

ZERO: Final = timedelta()


def clocks(plan: Plan) -> Iterator[Draft]:
    times = Times(plan)
    for row in plan.obligations.values():
        yield from _needs(times, row)
        yield from _repeats(row)
        yield from _after_its_end(times, row)
    yield from _acts(plan)
    yield from _turning(plan)
    for condition in plan.ending.values():
        yield from _outlives(plan, condition)
    for condition in plan.lifting.values():
        yield from _lifts_too_late(plan, condition)


# --- the latest that something may be there ---------------------------------------------------------------------------
class Times:
    """When the work of a plan is there at the latest, everything counted from one beginning."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.yields = {
            row.id: {MOMENT_OF_EVENT.get(proof, proof) for proof in row.evidence} for row in plan.obligations.values()
        }
        self.makers: dict[str, list[ObligationRule]] = {}
        for row in plan.obligations.values():
            for moment in self.yields[row.id]:
                self.makers.setdefault(moment, []).append(row)
        self._timed = [row for row in plan.obligations.values() if row.due is not None and not row.due.months]
        self._ids = {row.id for row in self._timed}
        self._known: dict[str, timedelta] = {}
        while self._found():
            pass

    def latest(self, row: ObligationRule) -> timedelta | None:
        """How long after the beginning the first turn may be due at the latest; None when no clock says so.

        What brings about the anchor is counted in; anchors that nothing brings about are taken to come at the beginning.
        """
        return self._known.get(row.id)

    def _found(self) -> bool:
        """One round: whether anything was found, or found to be there earlier. A circle begins wherever it is entered."""
        moved = False
        for row in self._timed:
            begins = [begin for moment in row.anchors if (begin := self._begin(moment, row)) is not None]
            if begins:
                at = min(begins) + _fixed(row) - (ZERO if row.offset_before.is_zero else row.offset_before.fixed())
                moved |= self._known.get(row.id, at + _fixed(row)) > at
                self._known[row.id] = min(at, self._known.get(row.id, at))
        if not moved and (left := next((row for row in self._timed if row.id not in self._known), None)):
            self._known[left.id] = _fixed(left)
            return True
        return moved

    def _begin(self, moment: str, row: ObligationRule) -> timedelta | None:
        makers = [maker for maker in self.makers.get(moment, ()) if maker.id in self._ids and maker is not row]
        if not makers:
            return ZERO
        return min((self._known[maker.id] for maker in makers if maker.id in self._known), default=None)

    def road(self, step: ObligationRule) -> list[ObligationRule]:
        """A step and the obligations that bring about its anchor, the last first."""
        road = [step]
        while True:
            makers = [
                row
                for moment in road[-1].anchors
                for row in self.makers.get(moment, ())
                if all(row is not step for step in road) and self.latest(row) is not None
            ]
            if not makers:
                return road
            road.append(min(makers, key=lambda row: self.latest(row) or ZERO))


def _needs(times: Times, row: ObligationRule) -> Iterator[Draft]:
    """An obligation beside everything that must be there before it can be met."""
    steps = _steps(times.plan, row)
    if not steps or row.due is None:
        return
    clauses = tuple(dict.fromkeys(c for step in (row, *steps) for c in step.clauses))
    timeless = [step for step in steps if step.due is None]
    if timeless:
        words: dict[str, Text | str] = {
            "row": row.title,
            "due": spoken(row.due),
            "steps": listed(s.title for s in timeless),
        }
        example = Text(
            zh=f"10:00 起算，{_clock(row.due.fixed())} 到期；{listed(s.title for s in timeless).zh}可拖至任何时刻。",
            en=f"Begun at 10:00 and due at {_clock(row.due.fixed())}; {listed(s.title for s in timeless).en} may take any time.",
        )
        yield Draft("no_time", (_path(row), *map(_path, timeless)), clauses, words, example)
        return
    ends = times.latest(row)
    worst = max(
        ((time, step) for step in steps if (time := times.latest(step)) is not None),
        key=lambda pair: pair[0],
        default=None,
    )
    if ends is None or worst is None or worst[0] < ends:
        return
    words = {
        "row": row.title,
        "due": spoken(row.due),
        "step": worst[1].title,
        "steps": listed(s.title for s in times.road(worst[1])),
    }
    example = Text(
        zh=f"10:00 起：{row.title.zh}于 {_clock(ends)} 到期，而其所需的{worst[1].title.zh}可迟至 {_clock(worst[0])}。",
        en=f"From 10:00: {row.title.en} is due at {_clock(ends)}; {worst[1].title.en}, due by {_clock(worst[0])}, is needed first.",
    )
    kind = "does_not_fit" if worst[0] > ends else "due_together"
    under = times.road(worst[1]) if kind == "does_not_fit" else [worst[1]]
    yield Draft(kind, (_path(row), *map(_path, under)), clauses, words, example)


def _steps(plan: Plan, row: ObligationRule) -> list[ObligationRule]:
    """What a row needs, and what that needs in turn."""
    found: dict[str, ObligationRule] = {}
    ahead = list(row.needs)
    while ahead:
        key = ahead.pop(0)
        if key not in found and key != row.id and key in plan.obligations:
            found[key] = plan.obligations[key]
            ahead += found[key].needs
    return list(found.values())


# --- one clock by itself ----------------------------------------------------------------------------------------------
def _repeats(row: ObligationRule) -> Iterator[Draft]:
    if row.takes is None or row.due is None or row.due.months or row.takes.months:
        return
    if row.takes.fixed() > row.due.fixed():
        kind = "repeat_too_short" if row.repeat else "work_too_long"
        words: dict[str, Text | str] = {"row": row.title, "due": spoken(row.due), "takes": spoken(row.takes)}
        example = Text(
            zh=f"10:00 开始的一次到 {_clock(row.takes.fixed())} 才能完成，而 {_clock(row.due.fixed())} 已到期。",
            en=f"What is begun at 10:00 is ready at {_clock(row.takes.fixed())}; it is due at {_clock(row.due.fixed())}.",
        )
        yield Draft(kind, (_path(row),), row.clauses, words, example)


def _after_its_end(times: Times, row: ObligationRule) -> Iterator[Draft]:
    """A first turn due after what ends the obligation must itself have come."""
    due = times.latest(row)
    if due is None:
        return
    for other in times.plan.obligations.values():
        end = times.latest(other)
        if (
            other is row
            or end is None
            or not set(row.until) & times.yields[other.id]
            or not set(row.anchors) & set(other.anchors)
        ):
            continue
        if (
            end < due
            and together(row, other)
            and (not other.levels or (row.levels and set(row.levels) <= set(other.levels)))
        ):
            words: dict[str, Text | str] = {"row": row.title, "end": other.title}
            example = Text(
                zh=f"10:00 起：{other.title.zh}至迟 {_clock(end)}，{row.title.zh}随之终止；而它 {_clock(due)} 才到期。",
                en=f"From 10:00: {other.title.en} comes by {_clock(end)} and ends {row.title.en}, which is due at {_clock(due)} only.",
            )
            clauses = tuple(dict.fromkeys((*row.clauses, *other.clauses)))
            yield Draft("due_after_end", (_path(row), _path(other)), clauses, words, example)


# --- clocks beside each other -----------------------------------------------------------------------------------------
def together(one: ObligationRule, two: ObligationRule) -> bool:
    """Whether one incident may owe both."""
    if one.levels and two.levels and not set(one.levels) & set(two.levels):
        return False
    return {one.applies_to, two.applies_to} != {"major", "ordinary"}


def _acts(plan: Plan) -> Iterator[Draft]:
    """One act owed twice with different dues; a recurring one that comes before the first."""
    rows = [row for row in plan.obligations.values() if row.act and row.due and not row.due.months]
    for index, one in enumerate(rows):
        for two in rows[index + 1 :]:
            if one.act != two.act or not together(one, two) or one.due is None or two.due is None:
                continue
            first, second = sorted((one, two), key=lambda row: row.due.fixed() if row.due else ZERO)
            if first.due == second.due or (first.repeat != second.repeat and not first.repeat):
                continue
            words: dict[str, Text | str] = {
                "first": first.title, "second": second.title, "due": spoken(first.due or Span()), "other": spoken(second.due or Span()),
            }  # fmt: skip
            example = Text(
                zh=f"两个起点同为 10:00 时，一项 {_clock(_fixed(first))} 到期，另一项 {_clock(_fixed(second))} 到期。",
                en=f"When both begin at 10:00, one is due at {_clock(_fixed(first))}, the other at {_clock(_fixed(second))}.",
            )
            clauses = tuple(dict.fromkeys((*first.clauses, *second.clauses)))
            yield Draft("due_twice", (_path(one), _path(two)), clauses, words, example)


def _turning(plan: Plan) -> Iterator[Draft]:
    """A clock for what is judged, running from before the judgement: it may be over when the judgement turns."""
    for row in plan.obligations.values():
        if (
            row.applies_to != "major"
            or row.due is None
            or row.due.months
            or set(row.anchors) & JUDGEMENTS
            or not row.act
        ):
            continue
        for other in plan.obligations.values():
            if (
                other.act == row.act
                and other.applies_to == "ordinary"
                and other.due
                and set(other.anchors) & set(row.anchors)
            ):
                turned = _fixed(row) + timedelta(hours=1)
                words: dict[str, Text | str] = {"row": row.title, "due": spoken(row.due), "other": other.title}
                example = Text(
                    zh=f"10:00 知悉、判为一般；{_clock(turned)} 转为重大时，{row.title.zh}早在 {_clock(_fixed(row))} 已过期。",
                    en=f"Known at 10:00, ordinary; it turns major at {_clock(turned)}: {row.title.en} was due at {_clock(_fixed(row))}.",
                )
                clauses = tuple(dict.fromkeys((*row.clauses, *other.clauses)))
                yield Draft("turning", (_path(row), _path(other)), clauses, words, example)


def _outlives(plan: Plan, condition: EndingCondition) -> Iterator[Draft]:
    """Rhythms of the emergency that go on through the quiet which the ending waits for."""
    if condition.lasts is None or condition.lasts.months:
        return
    going = [
        row
        for row in plan.obligations.values()
        if row.repeat and row.due and not row.due.months and ENDED in row.until and RESTORED not in row.until
        and set(row.anchors) & STARTS and _fixed(row) * 2 <= condition.lasts.fixed()
    ]  # fmt: skip
    if going:
        turns = sum(condition.lasts.fixed() // _fixed(row) for row in going)
        words: dict[str, Text | str] = {
            "rows": listed(row.title for row in going), "condition": condition.title, "lasts": spoken(condition.lasts), "turns": str(turns),
        }  # fmt: skip
        example = Text(
            zh=f"10:00 恢复服务后再无波动：终止前仍须完成 {turns} 次（{listed(row.title for row in going).zh}）。",
            en=f"Restored at 10:00, quiet since: {turns} turns are owed before the ending ({listed(row.title for row in going).en}).",
        )
        clauses = tuple(dict.fromkeys((*condition.clauses, *(c for row in going for c in row.clauses))))
        yield Draft("outlives", (f"ending.{condition.id}", *map(_path, going)), clauses, words, example)


def _lifts_too_late(plan: Plan, condition: EndingCondition) -> Iterator[Draft]:
    """A warning that must be lifted by a time before which its condition of lifting cannot have held so long."""
    if condition.lasts is None or condition.lasts.months:
        return
    for row in plan.obligations.values():
        limited = LIFTED in row.evidence and WARNED in row.anchors and row.due is not None and not row.due.months
        if limited and row.due is not None and condition.lasts.fixed() > _fixed(row):
            words: dict[str, Text | str] = {"row": row.title, "due": spoken(row.due), "steps": condition.title}
            due, first = _clock(_fixed(row)), _clock(condition.lasts.fixed())
            example = Text(
                zh=f"10:00 发布预警，{due} 到期；“{condition.title.zh}”最早 {first} 才能满足。",
                en=f'Warned at 10:00, due at {due}; "{condition.title.en}" cannot hold before {first}.',
            )
            clauses = tuple(dict.fromkeys((*row.clauses, *condition.clauses)))
            yield Draft("does_not_fit", (_path(row), f"lifting.{condition.id}"), clauses, words, example)


# --- words ------------------------------------------------------------------------------------------------------------
def _path(row: ObligationRule) -> str:
    return f"obligations.{row.id}"


def _fixed(row: ObligationRule) -> timedelta:
    return row.due.fixed() if row.due is not None else ZERO


def _clock(after: timedelta) -> str:
    """The hour on a day that began its work at 10:00; later days are counted."""
    minutes = 600 + int(after.total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    return f"{rest // 60:02}:{rest % 60:02}" + (f" (+{days}d)" if days else "")


_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "months": ("个月", "months"),
    "days": ("天", "d"),
    "hours": ("小时", "h"),
    "minutes": ("分钟", "min"),
    "seconds": ("秒", "s"),
}


def spoken(span: Span) -> Text:
    """A span in words, in its largest whole units."""
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = {"months": span.months, "days": span.days, "hours": hours, "minutes": minutes, "seconds": seconds}
    said = [(n, *_UNITS[unit]) for unit, n in parts.items() if n] or [(0, *_UNITS["minutes"])]
    return Text(zh="".join(f"{n}{zh}" for n, zh, _ in said), en=" ".join(f"{n} {en}" for n, _, en in said))
