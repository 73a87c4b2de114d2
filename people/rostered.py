"""Reads of the duty roster: who is on, who was, who will be, and where nobody is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, Min, Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.errors import Missing, Text
from people.domain.roster import Cover, Layer, Roster, Shift, Standing, Weekly, Why, on_duty, shifts
from people.domain.standins import Leave
from people.models import Duty, DutyTurn, Handover, Override, Rotation, RotationMember, Swap, User
from people.models import Leave as LeaveRow
from people.selectors import current_holdings
from people.standins import standing_for

ZONE: Final = ZoneInfo(settings.TIME_ZONE)
AHEAD: Final = timedelta(days=14)  # gaps are looked for so far (PLAN.md, ready.roster)
WHY: Final[dict[Why, Text]] = {
    Why.ROTATION: pgettext_lazy("why on duty", "by rotation"),
    Why.OVERRIDE: pgettext_lazy("why on duty", "put on"),
    Why.SWAP: pgettext_lazy("why on duty", "by a swap"),
    Why.TAKEN: pgettext_lazy("why on duty", "took it over"),
    Why.DEPUTY: pgettext_lazy("why on duty", "stands in"),
    Why.AWAY: pgettext_lazy("why nobody is on duty", "on leave"),
    Why.GONE: pgettext_lazy("why nobody is on duty", "may no longer stand it"),
    Why.UNFILLED: pgettext_lazy("why nobody is on duty", "no rotation reaches here"),
}


def duties() -> list[Duty]:
    return list(Duty.objects.all())


def duty_named(key: str) -> Duty:
    """Raises Missing."""
    found = Duty.objects.filter(key=key).first()
    if found is None:
        raise Missing("duty.missing", _("There is no such duty."))
    return found


# --- rosters ------------------------------------------------------------------------------------------------------------
def roster_of(duty: Duty, since: datetime) -> Roster:
    return rosters_of([duty], since)[duty.pk]


def rosters_of(wanted: Sequence[Duty], since: datetime) -> dict[int, Roster]:
    """What says who is on each duty from an instant on, by id; five queries however many."""
    layers: dict[int, list[Layer]] = defaultdict(list)
    for row in rotations_of(wanted, since):
        layers[row.duty_id].append(_layer(row))
    covers: dict[int, list[Cover]] = defaultdict(list)
    for override in Override.objects.filter(duty__in=wanted, cancelled_at=None, ends_at__gt=since):
        covers[override.duty_id].append(_cover(override))
    away = [
        Leave(row.user_id, row.starts_at, row.ends_at, row.deputy.pk if row.deputy and row.deputy.is_active else None)
        for row in LeaveRow.objects.filter(cancelled_at=None, ends_at__gt=since).select_related("deputy").order_by("pk")
    ]
    fit = _fit(wanted)
    return {
        duty.pk: _roster(layers[duty.pk], covers[duty.pk], away, {who for role in duty.stood_by for who in fit[role]})
        for duty in wanted
    }


def rotations_of(wanted: Iterable[Duty], at: datetime | None = None) -> QuerySet[Rotation]:
    """The rotations in force from an instant on, and those entered ahead, with their people (`seated`) and what ends them (`until`),
    the one that decides first."""
    counting = Q(successors__ended_at=None) | Q(successors__ended_at__gt=F("successors__begins_at"))
    until = Min("successors__begins_at", filter=counting)
    seated = Prefetch("members", RotationMember.objects.select_related("user").order_by("place"), to_attr="seated")
    return (
        Rotation.objects.filter(duty__in=list(wanted), ended_at=None)
        .annotate(until=until)
        .filter(Q(until=None) | (Q(until__gt=at) if at is not None else Q()))
        .prefetch_related(seated)
        .order_by("duty", "position", "pk")
    )


def _roster(layers: list[Layer], covers: list[Cover], away: list[Leave], fit: set[int]) -> Roster:
    people = {who for layer in layers for who in layer.people} | {cover.person for cover in covers}
    # Whoever stands in for somebody fit has their role for that time.
    standing_in = {leave.deputy for leave in away if leave.person in people & fit and leave.deputy is not None}
    concerned = people | standing_in
    leaves = tuple(leave for leave in away if leave.person in concerned)
    return Roster(ZONE, tuple(layers), tuple(covers), leaves, frozenset(people - fit - standing_in))


def _layer(row: Rotation) -> Layer:
    people = tuple(member.user_id for member in row.seated)  # type: ignore[attr-defined]
    weekly = None
    if row.days or row.from_time is not None:
        times = (row.from_time, row.to_time) if row.from_time is not None and row.to_time is not None else ()
        weekly = Weekly(frozenset(row.days or range(7)), *times)
    return Layer(row.pk, row.anchor, row.turn_hours, people, weekly, since=row.begins_at, until=row.until)  # type: ignore[attr-defined]


def _cover(row: Override) -> Cover:
    why = Why(row.kind)
    return Cover(row.pk, row.user_id, row.starts_at, row.ends_at, why, present=why is Why.TAKEN)


def _fit(wanted: Iterable[Duty]) -> dict[str, set[int]]:
    """Role → ids of its active holders."""
    found: dict[str, set[int]] = defaultdict(set)
    roles = {role for duty in wanted for role in duty.stood_by}
    for role, user in current_holdings().filter(role__in=roles).values_list("role", "user_id"):
        found[role].add(user)
    return found


def may_stand(duty: Duty) -> QuerySet[User]:
    """Who may stand this duty, by name."""
    holders = current_holdings().filter(role__in=duty.stood_by).values("user_id")
    return User.objects.filter(pk__in=holders).order_by("display_name", "pk")


# --- who was, is, will be -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Stretch:
    """A shift as pages and the API show it; `now` holds its beginning or lies within."""

    start: datetime
    end: datetime
    user: User | None
    why: Why
    meant: User | None
    now: bool = False

    @property
    def is_gap(self) -> bool:
        return self.user is None

    @property
    def in_place_of(self) -> User | None:
        """Whom a deputy stands in for."""
        return self.meant if self.why is Why.DEPUTY else None

    @property
    def why_name(self) -> str:
        return str(WHY[self.why])


@dataclass(frozen=True, slots=True)
class DutyShown:
    """A duty with who is on it now, and its shifts of a span; `gaps` are those of the fortnight ahead."""

    duty: Duty
    now: Stretch
    following: Stretch | None
    stretches: list[Stretch]
    gaps: list[Stretch]


def shown(wanted: Sequence[Duty], start: datetime, end: datetime, now: datetime) -> list[DutyShown]:
    """Duties over a span: what was is read from history, what will be from the roster."""
    rosters = rosters_of(wanted, min(now, start))
    past: dict[int, list[DutyTurn]] = defaultdict(list)
    if start < now:
        for turn in turns_within(wanted, start, now):
            past[turn.duty_id].append(turn)
    ahead = {duty.pk: shifts(rosters[duty.pk], now, max(end, now + AHEAD)) for duty in wanted}
    known = _users(
        [*(s for rows in ahead.values() for s in rows), *(_was(t, now) for rows in past.values() for t in rows)]
    )
    found = []
    for duty in wanted:
        coming = [_stretch(shift, known, now) for shift in ahead[duty.pk]]
        whole = _with_past(past[duty.pk], ahead[duty.pk], now)
        rows = [_stretch(shift, known, now) for shift in whole if shift.start < end and shift.end > start]
        current = next((row for row in rows if row.now), coming[0])
        gaps = [row for row in coming if row.is_gap and row.start < now + AHEAD]
        found.append(DutyShown(duty, current, coming[1] if len(coming) > 1 else None, rows, gaps))
    return found


def turns_within(wanted: Iterable[Duty], start: datetime, end: datetime) -> QuerySet[DutyTurn]:
    rows = DutyTurn.objects.filter(duty__in=list(wanted), since__lt=end)
    return rows.filter(Q(until=None) | Q(until__gt=start)).select_related("user", "meant").order_by("duty", "since")


def _was(turn: DutyTurn, now: datetime) -> Shift:
    return Shift(turn.since, turn.until or now, turn.user_id, Why(turn.why), turn.meant_id)


def _with_past(turns: Sequence[DutyTurn], ahead: Sequence[Shift], now: datetime) -> list[Shift]:
    """What was, then what comes; the shift that runs is one."""
    was = [_was(turn, now) for turn in turns]
    if not was or not ahead:
        return [*was, *ahead]
    last, first = was[-1], ahead[0]
    if (last.person, last.why) == (first.person, first.why):
        return [*was[:-1], Shift(last.start, first.end, first.person, first.why, first.meant, first.by), *ahead[1:]]
    return [*was, *ahead]


def _users(found: Iterable[Shift]) -> dict[int, User]:
    ids = {who for shift in found for who in (shift.person, shift.meant) if who is not None}
    return User.objects.in_bulk(ids)


def _stretch(shift: Shift, known: dict[int, User], now: datetime) -> Stretch:
    user = known.get(shift.person) if shift.person is not None else None
    meant = known.get(shift.meant) if shift.meant is not None else None
    return Stretch(shift.start, shift.end, user, shift.why, meant, now=shift.start <= now < shift.end)


def standing_at(duty: Duty, at: datetime, now: datetime) -> Standing:
    """Who was on duty at an instant, by the record; from now on: who will be, by the roster."""
    if at >= now:
        return on_duty(roster_of(duty, at), at)
    turn = DutyTurn.objects.filter(duty=duty, since__lte=at).order_by("-since").first()
    return Standing(turn.user_id, Why(turn.why), turn.meant_id) if turn else Standing(None, Why.UNFILLED)


def on_now(keys: Iterable[str]) -> dict[str, User]:
    """Who is on these duties now, by the record; a duty nobody is on, or that does not exist, is not there. One query."""
    turns = DutyTurn.objects.filter(duty__key__in=list(keys), until=None, user__is_active=True)
    found = turns.select_related("user", "duty").order_by("duty__position", "pk")
    return {turn.duty.key: turn.user for turn in found if turn.user}


def duties_on(user_id: int) -> frozenset[str]:
    """Keys of the duties this person is on now."""
    return frozenset(DutyTurn.objects.filter(user_id=user_id, until=None).values_list("duty__key", flat=True))


def history_of(duty: Duty, limit: int = 30) -> list[DutyTurn]:
    """The newest turns that were, the one under way first."""
    return list(DutyTurn.objects.filter(duty=duty).select_related("user", "meant").order_by("-since")[:limit])


def shifts_of(user_id: int, now: datetime, until: datetime) -> list[tuple[Duty, Shift]]:
    """The shifts a person has ahead, over all duties, by their beginning; the one under way included."""
    wanted = duties()
    rosters = rosters_of(wanted, now)
    found = [
        (duty, shift) for duty in wanted for shift in shifts(rosters[duty.pk], now, until) if shift.person == user_id
    ]
    return sorted(found, key=lambda one: (one[1].start, one[0].pk))


# --- as a calendar --------------------------------------------------------------------------------------------------------
def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def today(now: datetime) -> date:
    return now.astimezone(ZONE).date()


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` on, on that day, this is who is on duty."""

    at: datetime
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a calendar: for each duty, in the order asked, the changes of the day, first who is on as it begins."""

    date: date
    is_today: bool
    cells: list[tuple[Duty, list[Change]]]


def calendar(found: Sequence[DutyShown], first: date, days: int, now: datetime) -> list[Day]:
    """What was found for the duties, day by day."""
    return [_day(found, first + timedelta(days=n), now) for n in range(days)]


def _day(found: Sequence[DutyShown], day: date, now: datetime) -> Day:
    start, end = midnight(day), midnight(day + timedelta(days=1))
    cells = [
        (
            one.duty,
            [Change(max(row.start, start), row) for row in one.stretches if row.start < end and row.end > start],
        )
        for one in found
    ]
    return Day(day, day == today(now), cells)


# --- a person's own -------------------------------------------------------------------------------------------------------
def leaves_standing(now: datetime, user_id: int | None = None) -> list[LeaveRow]:
    """Leave that runs or comes, one person's or everybody's."""
    rows = LeaveRow.objects.filter(cancelled_at=None, ends_at__gt=now).select_related("user", "deputy")
    return list((rows if user_id is None else rows.filter(user_id=user_id)).order_by("starts_at", "pk"))


def leave_of(pk: int) -> LeaveRow:
    """Raises Missing."""
    found = LeaveRow.objects.filter(pk=pk).first()
    if found is None:
        raise Missing("leave.missing", _("There is no such leave."))
    return found


def overrides_standing(duty: Duty, now: datetime) -> list[Override]:
    rows = Override.objects.filter(duty=duty, cancelled_at=None, ends_at__gt=now).select_related("user", "set_by")
    return list(rows.order_by("starts_at", "pk"))


def rotation_of(duty: Duty, pk: int) -> Rotation:
    """A rotation in force, with its people (`seated`); raises Missing."""
    found = rotations_of([duty]).filter(pk=pk).first()
    if found is None:
        raise Missing("rotation.missing", _("There is no such rotation any more."))
    return found


@dataclass(frozen=True, slots=True)
class Own:
    """What a person's own page says of duties: those they are on now, swaps and handovers that wait for their answer."""

    turns: list[DutyTurn]
    swaps: list[Swap]
    handovers: list[Handover]
    standing_for: list[LeaveRow]  # leaves that run for which this person stands in


def own_now(user_id: int, now: datetime) -> Own:
    turns = DutyTurn.objects.filter(user_id=user_id, until=None).select_related("duty")
    asked = Swap.objects.filter(asked_of_id=user_id, state=Swap.State.ASKED, starts_at__gt=now)
    given = Handover.objects.filter(to_user_id=user_id, state=Handover.State.HANDED_OVER)
    return Own(
        list(turns.order_by("duty__position", "duty__key")),
        list(asked.select_related("duty", "asked_by").order_by("starts_at", "pk")),
        list(given.select_related("duty", "from_user").order_by("pk")),
        standing_for(user_id),
    )
