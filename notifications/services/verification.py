"""Contacts are verified (8.1): everybody is asked by every way he has, and only an answer by that very way proves it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import both
from common.clock import utc_text
from common.errors import Conflict, Invalid, Text
from engine import worlds
from engine.alarms import alarm_clear
from engine.log import stream_locked
from engine.timers import timer_set
from notifications import rounds
from notifications.channels.configured import SINK, providers
from notifications.domain.delivery import Channel
from notifications.domain.verification import ADDRESS, LONGEST_DAYS, Standing
from notifications.events import VerificationBegun, VerificationEnded, VerificationReminded
from notifications.models import RoundAsking, RoundWay, VerificationRound
from notifications.rounds import RoundShown, Way
from notifications.services.messages import deliver, message_send
from people.rights import ROLES, allowed_somewhere, require
from people.selectors import active_people, actors_of, contacts_kept
from people.services import people_stream, record

RIGHT: Final = "verification.run"
END: Final = "notifications.verify_end"
LINK: Final = "/messages/"
ASKED: tuple[Text, Text] = (
    _("Contact verification: confirm that this reaches you"),
    _(
        "Acknowledge this message by %(until)s: that proves that this way reaches you.\n"
        "Each way is confirmed for itself: in the product by its button, a letter by its link, an SMS by its code, a call by its key."
    ),
)
REMINDED: tuple[Text, Text] = (
    _("Reminder: confirm that this reaches you"),
    _(
        "This way is not confirmed yet. Acknowledge this message by %(until)s.\n"
        "Each way is confirmed for itself: in the product by its button, a letter by its link, an SMS by its code, a call by its key."
    ),
)


def channels_asked() -> list[Channel]:
    """The ways a round asks by: those that lead out of the house. What ends in the sink reaches nobody and proves nothing; one
    proof of a telephone number is enough."""
    out = [
        channel for channel in (Channel.EMAIL, Channel.SMS, Channel.VOICE) if SINK not in providers(channel, real=True)
    ]
    if Channel.SMS in out and Channel.VOICE in out:
        out.remove(Channel.VOICE)
    return [Channel.INAPP, *out]


@transaction.atomic
def round_begin(*, by: Actor, days: int = LONGEST_DAYS) -> VerificationRound:
    """Ask everybody; while a round stands it is that one. Raises NotAllowed, Invalid (so many days no round lasts)."""
    by = require(by, RIGHT)
    if not 1 <= days <= LONGEST_DAYS:
        wrong = {"field": "days", "code": "out_of_range", "message": _("A round lasts one to seven days.")}
        raise Invalid("verification.days", _("Some values are not right; see errors."), errors=[wrong])
    # Whoever begins at the same moment waits here, and finds the round that stands.
    stream_locked(people_stream().pk)
    if (standing := rounds.standing_round()) is not None:
        return standing
    now = worlds.now(worlds.real())
    channels, rule = channels_asked(), rounds.rule_in_force()
    row = VerificationRound.objects.create(
        begun_at=now,
        begun_by_id=None if by.kind == "system" else by.id,
        ends_at=now + timedelta(days=days),
        channels=[channel.value for channel in channels],
        clause=rule.clause if rule else "",
    )
    ways = RoundWay.objects.bulk_create(_ways(row, channels))
    reachable = _with_address(ways)
    _ask(row, 0, reachable, ASKED, now)
    timer_set(worlds.real().pk, END, row.pk, row.ends_at)
    begun = VerificationBegun(
        round=row.pk,
        people=len({way.user_id for way in ways}),
        ways=len(ways),
        lacking=len(ways) - len(reachable),
        channels=row.channels,
        ends_at=utc_text(row.ends_at),
        of_plan=row.begun_by_id is None,
    )
    record(begun, by=by, occurred=now, clause=row.clause)
    return row


def _ways(row: VerificationRound, channels: Iterable[Channel]) -> list[RoundWay]:
    """Each person's ways: the product for whoever may answer in it, every other for all, whether there is an address or not."""
    users = active_people()
    actors = actors_of(users)
    found = []
    for user in users:
        actor = actors[user.pk]
        if actor.kind == "source":
            continue
        role = next((role for role in ROLES if role in actor.roles), "")
        found += [
            RoundWay(round=row, user=user, channel=channel, role=role)
            for channel in channels
            if channel is not Channel.INAPP or allowed_somewhere(actor, "message.acknowledge")
        ]
    return found


def _with_address(ways: Iterable[RoundWay]) -> list[RoundWay]:
    ways = list(ways)
    kept = contacts_kept(way.user_id for way in ways)
    return [way for way in ways if way.channel == Channel.INAPP or (way.user_id, ADDRESS[Channel(way.channel)]) in kept]


def _ask(row: VerificationRound, number: int, ways: Iterable[RoundWay], said: tuple[Text, Text], now: datetime) -> None:
    to: Mapping[tuple[int, Channel], str] = {(way.user_id, Channel(way.channel)): way.role for way in ways}
    message = message_send(
        world_id=worlds.real().pk,
        incident_id=None,
        kind="verification",
        to=[],
        subject=both(said[0]),
        body=both(said[1], until=localtime(row.ends_at).strftime("%m-%d %H:%M")),
        clause=row.clause,
        urgent=False,
        key=f"verification:{row.pk}:{number}",
        link=LINK,
        each_way=True,
    )
    deliver(message, to)
    people = len({user_id for user_id, _channel in to})
    RoundAsking.objects.create(round=row, number=number, message=message, at=now, people=people)


def _entered(round_id: int) -> RoundShown:
    """A round that stands, held until the transaction ends; raises Missing, Conflict."""
    stream_locked(people_stream().pk)
    shown = rounds.round_by_id(round_id)
    if shown.row.is_over:
        raise Conflict("verification.over", _("This round is over; begin a new one."))
    return shown


@transaction.atomic
def round_remind(*, round_id: int, by: Actor) -> VerificationRound:
    """Ask again by each way that is not confirmed and has an address by now. Raises NotAllowed, Missing, Conflict: it is over,
    everybody was asked within a day, or nobody is left to ask."""
    by = require(by, RIGHT)
    shown = _entered(round_id)
    now = worlds.now(worlds.real())
    if now < shown.remind_from:
        raise Conflict(
            "verification.reminded",
            _("Everybody was asked within the last day; the next reminder can go out from %(at)s."),
            at=localtime(shown.remind_from).strftime("%m-%d %H:%M"),
        )
    ways = _with_address(way.row for way in shown.ways if not way.confirmed and way.row.user.is_active)
    if not ways:
        raise Conflict("verification.nobody", _("Nobody is left to remind: who has an address has confirmed it."))
    number = shown.askings[-1].number + 1
    _ask(shown.row, number, ways, REMINDED, now)
    reminded = VerificationReminded(
        round=round_id, number=number, people=len({way.user_id for way in ways}), ways=len(ways)
    )
    record(reminded, by=by, occurred=now, clause=shown.row.clause)
    return shown.row


@transaction.atomic
def round_end(*, round_id: int, by: Actor) -> VerificationRound:
    """Write down how each way stands; answers that come later prove nothing of this round. Raises NotAllowed, Missing, Conflict."""
    by = require(by, RIGHT)
    shown = _entered(round_id)
    now, row = worlds.now(worlds.real()), shown.row
    ways = shown.ways
    for way in ways:
        way.row.standing, way.row.confirmed_at = way.standing, way.verdict.confirmed_at
    RoundWay.objects.bulk_update([way.row for way in ways], ["standing", "confirmed_at"])
    row.ended_at, row.ended_by_id = now, None if by.kind == "system" else by.id
    row.save(update_fields=["ended_at", "ended_by"])
    # That somebody was not reached stands in the round from now on, for whoever mends addresses.
    for asking in shown.askings:
        alarm_clear("delivery.given_up", f"message:{asking.message_id}")
    ended = VerificationEnded(
        round=row.pk,
        people=shown.counts.people,
        ways=shown.counts.ways,
        confirmed=shown.counts.confirmed,
        unconfirmed=_unconfirmed(ways),
        early=row.ended_by_id is not None,
    )
    record(ended, by=by, occurred=now, clause=row.clause)
    return row


def _unconfirmed(ways: Iterable[Way]) -> list[tuple[int, str, str]]:
    return [
        (way.row.user_id, way.channel.value, way.standing.value)
        for way in ways
        if way.standing is not Standing.CONFIRMED
    ]
