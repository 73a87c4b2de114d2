"""The clocks of contact verification: a round begins by itself when the plan's interval has passed, and ends when its time is over."""

from datetime import datetime

from common.actor import SYSTEM
from engine import worlds
from engine.models import Event, Timer
from engine.timers import timer_set, timers_cancel
from notifications import rounds
from notifications.models import VerificationRound
from notifications.rounds import BEGIN, after
from notifications.services.verification import round_begin, round_end


def follow(event: Event) -> None:
    """A plan came into force: from the last round, or from now where there was none, its interval counts. What was set for
    sooner stays, so that new versions put no round off."""
    real = worlds.real()
    rule = rounds.rule_in_force()
    if rule is None:
        timers_cancel(real.pk, BEGIN)
        return
    now, last = worlds.now(real), rounds.newest_begun_at()
    if last is not None:
        due_at = max(after(rule, last), now)
    else:
        stands = Timer.objects.filter(what=BEGIN, ref=real.pk).values_list("due_at", flat=True).first()
        due_at = min(after(rule, now), stands or datetime.max.replace(tzinfo=now.tzinfo))
    timer_set(real.pk, BEGIN, real.pk, due_at)


def begin(ref: int, due_at: datetime, now: datetime) -> None:
    """The interval may have passed. Whoever begins a round himself leaves this clock alone, which may be firing and wait for
    him: it sees here that it comes too early."""
    rule = rounds.rule_in_force()
    if rule is None:
        return
    last = rounds.newest_begun_at()
    if last is None or after(rule, last) <= now:
        last = round_begin(by=SYSTEM).begun_at
    timer_set(ref, BEGIN, ref, max(after(rule, last), now))


def end(ref: int, due_at: datetime, now: datetime) -> None:
    """A round's time is over; one that was ended before stays as it is."""
    if VerificationRound.objects.filter(pk=ref, ended_at=None).exists():
        round_end(round_id=ref, by=SYSTEM)
