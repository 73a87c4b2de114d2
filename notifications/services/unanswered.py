"""The ladder of a message: looked at when a rung is due, climbed while too few have answered."""

from datetime import datetime, timedelta
from typing import Any

from engine.alarms import alarm_clear, alarm_raise
from engine.models import Stream
from engine.timers import timer_set
from notifications.domain.delivery import Channel, State, chat_kinds, ways
from notifications.domain.unanswered import Rung
from notifications.events import MessageAnswered, MessageEscalated, MessageUnanswered
from notifications.models import Delivery, Message
from notifications.pressing import answers_of, pressed
from notifications.selectors import plan_for
from notifications.services.answers import say
from notifications.services.messages import UNANSWERED, chats_there, deliver, with_browsers
from plans.selectors import deputies_of, told_of

AFTERWARDS = timedelta(minutes=15)


def look(ref: int, due_at: datetime, now: datetime) -> None:
    """A rung of a message's ladder is due, or its end: press on, unless enough have answered or the incident is over. After the
    end it looks again now and then, so that the alarm ends with its cause."""
    message = Message.objects.select_related("incident__stream", "world").get(pk=ref)
    alarm = f"message:{message.pk}"
    if message.incident is not None:
        # The order every writer takes: the stream first.
        Stream.objects.select_for_update(no_key=True).get(pk=message.incident.stream_id)
        message.incident.refresh_from_db(fields=["phase"])
        if message.incident.is_over:
            alarm_clear("message.unanswered", alarm)
            return
    answers, told = answers_of(message.pk)
    counted: dict[str, Any] = {"message": message.pk, "kind": message.kind, "answers": answers, "told": told}
    ended = due_at > message.ladder.looks(message.created_at)[-1]
    if message.ladder.answered(answers, told):
        alarm_clear("message.unanswered", alarm)
        # After the end the answer that was missing may have said so itself.
        if not ended or all(event.kind != "message.answered" for event in pressed(message)):
            say(message, MessageAnswered(**counted))
        return
    found = message.ladder.rung_at(message.created_at, due_at)
    if found is None:
        if not ended:
            say(message, MessageUnanswered(**counted))
        # A drill's silence is no concern of the operator's: there is no alarm to end, and nothing to look at again.
        if message.world.is_real:
            alarm_raise("message.unanswered", alarm, answers=answers, told=told)
            timer_set(message.world_id, UNANSWERED, message.pk, now + AFTERWARDS)
        return
    number, rung = found
    people, heard = _climb(message, number, rung)
    channels = [str(channel) for channel in ways(rung.channels) if channel is not Channel.INAPP]
    channels += [str(kind) for kind in sorted(chat_kinds(rung.channels))]
    say(
        message,
        MessageEscalated(**counted, rung=number, channels=channels, roles=list(rung.roles), people=people, chats=heard),
    )
    following = message.ladder.next_look(message.created_at, due_at)
    if following is not None:
        timer_set(message.world_id, UNANSWERED, message.pk, following)


def _climb(message: Message, number: int, rung: Rung) -> tuple[int, int]:
    """Reach those who have not answered by the rung's further channels, its further roles by all used so far, and the chats that have
    not heard it; how many persons and chats that is."""
    rows = Delivery.objects.filter(message=message, user__is_active=True)
    there = set(rows.values_list("user_id", "channel"))
    waiting = dict(
        rows.filter(channel=Channel.INAPP)
        .exclude(state=State.ACKNOWLEDGED)
        .order_by("pk")
        .values_list("user_id", "role")
    )
    further = [channel for channel in ways(rung.channels) if channel is not Channel.INAPP]
    to: dict[tuple[int, Channel], str] = {
        (user_id, channel): role for user_id, role in waiting.items() for channel in further
    }
    plan = plan_for(message.incident)
    used = ways([*(channel for _user, channel in sorted(there)), *rung.channels])
    known = {user_id for user_id, _channel in there}
    silent = set(waiting.values()) if plan else set()
    for key in dict.fromkeys([*sorted(silent), *rung.roles]):
        if plan is None or key not in plan.roles:
            continue
        # A role of the rung is told as it would be at first; of one whose lead was told and does not answer, the group's deputies
        # are next.
        role = plan.roles[key]
        there_now = told_of(role) if key in rung.roles else []
        for user in (*there_now, *(deputies_of(role) if key in silent else ())):
            if user.pk not in known:
                to |= {(user.pk, channel): key for channel in used if (user.pk, channel) not in to}
    to = with_browsers({place: role for place, role in to.items() if place not in there})
    heard = set(Delivery.objects.filter(message=message, user=None).values_list("chat", flat=True))
    chats = [chat for chat in chats_there(rung.channels) if chat.name not in heard]
    deliver(message, to, rung=number, chats=chats)
    return len({user_id for user_id, _channel in to}), len(chats)


def next_way(delivery: Delivery) -> None:
    """A way to a person is lost: what the ladder would try next for him is tried now, unless he has answered. Within the
    transaction that gives it up."""
    message = delivery.message
    if not message.unanswered:
        return
    if message.incident is not None:
        # A look that climbs at this moment has gone before us, or waits.
        Stream.objects.select_for_update(no_key=True).get(pk=message.incident.stream_id)
        message.incident.refresh_from_db(fields=["phase"])
        if message.incident.is_over:
            return
    rows = Delivery.objects.filter(message=message, user=delivery.user_id, user__is_active=True)
    if not rows.filter(channel=Channel.INAPP).exclude(state=State.ACKNOWLEDGED).exists():
        return
    there = set(rows.values_list("channel", flat=True))
    for number, rung in enumerate(message.ladder.rungs, start=1):
        further = [channel for channel in ways(rung.channels) if channel not in there]
        if further:
            deliver(message, {(delivery.person_id, channel): delivery.role for channel in further}, rung=number)
            return
