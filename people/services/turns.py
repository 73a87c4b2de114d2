"""What was in fact: whenever somebody else is on duty, that is written down; and where nobody will be, an alarm stands."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from engine.alarms import alarm_clear, alarm_raise
from engine.models import Event
from engine.timers import timer_set
from people.domain.roster import Roster, Shift, Why, gaps, shifts
from people.events import DutyTurnChanged
from people.models import Duty, DutyTurn
from people.rostered import AHEAD, rosters_of
from people.services import record

LOOK: Final = "people.duty"
GAP: Final = "duty.gap"
NOBODY: Final = "duty.nobody"
AT_LATEST: Final = timedelta(days=1)  # the fortnight ahead moves on by itself
INSTANT: Final = timedelta(microseconds=1)


def duties_locked(ids: Iterable[int] | None = None) -> list[Duty]:
    """These duties, or all, held until the transaction ends; in id order."""
    rows = Duty.objects.select_for_update(no_key=True).order_by("pk")
    return list(rows if ids is None else rows.filter(pk__in=ids))


def duty_locked(ref: int) -> None:
    """What `look` holds, before its timer: whoever changes a roster holds the duty and moves the timer."""
    duties_locked([ref])


@contextmanager
def changing(duties: Sequence[Duty], now: datetime) -> Iterator[None]:
    """Around a change of rosters: what was before is written by the old one, what is from now on by the new."""
    _follow(duties, now)
    yield
    duties_follow(duties, now)


def duties_follow(duties: Sequence[Duty], now: datetime) -> None:
    """Write who was on these locked duties up to now, look at the fortnight ahead, and come again at the next change."""
    for duty, roster in _follow(duties, now):
        following = shifts(roster, now, now + AT_LATEST)[0].end
        timer_set(worlds.real().pk, LOOK, duty.pk, following)
        _alarm(duty, gaps(roster, now, now + AHEAD), now)


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """The next change of a duty has come, or a day has passed."""
    duties_follow(duties_locked([ref]), now)


def concerns_no_duty(event: Event) -> bool:
    """Before there are duties, accounts and roles concern none; they change seldom, so that this may look."""
    return not Duty.objects.exists()


def follow_rights(event: Event) -> None:
    """An account was shut or a role changed: whoever may stand a duty may have changed with it."""
    duties_follow(duties_locked(), worlds.now(worlds.real()))


def _follow(duties: Sequence[Duty], now: datetime) -> list[tuple[Duty, Roster]]:
    since = min((duty.followed_to for duty in duties), default=now)
    rosters = rosters_of(duties, min(since, now))
    standing = {turn.duty_id: turn for turn in DutyTurn.objects.filter(duty__in=duties, until=None)}
    for duty in duties:
        turn = standing.get(duty.pk)
        for shift in shifts(rosters[duty.pk], min(duty.followed_to, now), now + INSTANT):
            begun = turn is not None or shift.person is not None  # before anybody ever stood it there is no history
            if begun and (
                turn is None or (turn.user_id, turn.why, turn.meant_id) != (shift.person, shift.why, _meant(shift))
            ):
                turn = _turned(duty, turn, shift)
        duty.followed_to = now
        duty.save(update_fields=["followed_to"])
    return [(duty, rosters[duty.pk]) for duty in duties]


def _turned(duty: Duty, before: DutyTurn | None, shift: Shift) -> DutyTurn:
    since = shift.start
    if before is not None:
        # Two changes may fall on one instant; a turn lasts, be it for the shortest while.
        since = max(since, before.since + INSTANT)
        before.until = since
        before.save(update_fields=["until"])
    turn = DutyTurn.objects.create(duty=duty, user_id=shift.person, meant_id=_meant(shift), why=shift.why, since=since)
    changed = DutyTurnChanged(
        duty=duty.key,
        before=before.user_id if before else None,
        after=shift.person,
        why=shift.why,
        since=utc_text(since),
        meant=_meant(shift),
    )
    record(changed, by=SYSTEM, occurred=since, clause=duty.clause)
    return turn


def _meant(shift: Shift) -> int | None:
    """Whose turn it was, where a deputy stands in."""
    return shift.meant if shift.why is Why.DEPUTY else None


def _alarm(duty: Duty, found: Sequence[Shift], now: datetime) -> None:
    if found:
        alarm_raise(GAP, duty.key, n=len(found), first=utc_text(found[0].start))
    else:
        alarm_clear(GAP, duty.key)
    if found and found[0].start <= now:
        alarm_raise(NOBODY, duty.key, until=utc_text(found[0].end))
    else:
        alarm_clear(NOBODY, duty.key)
