"""The plan's tiers say by which ways people are told and how a message is pressed while too few have answered (3.2, 4.1, 8.1)."""

from datetime import timedelta

import pytest
from django.db import transaction

from common.errors import Missing
from engine import worlds
from engine.models import Alarm, Event
from incidents import services as incidents
from incidents.selectors import open_incidents
from notifications.models import Delivery, Message
from notifications.services import message_acknowledge, unanswered
from tests.apps.escalation.test_storm import busy, nodes
from tests.cast import DUTY, GM, TECH, Cast

MEMBER = "zhao"


def crossed() -> Message:
    """A busy system: the pre-response, pushed to every member of headquarters."""
    busy(nodes(1), 95.0, 96.0)
    return Message.objects.get(kind="tier.pre_response")


def ways(message: Message, **which: object) -> set[str]:
    return set(Delivery.objects.filter(message=message, **which).values_list("channel", flat=True))


@transaction.atomic
def look(message: Message, minutes: int) -> None:
    unanswered.look(message.pk, message.created_at + timedelta(minutes=minutes), worlds.now(message.world_id))


def said(message: Message) -> list[str]:
    rows = Event.objects.filter(stream=message.incident.stream, kind__startswith="message.", data__message=message.pk)
    return list(rows.order_by("seq").values_list("kind", flat=True))


def test_the_pre_response_goes_to_mobiles_is_rung_after_two_minutes_and_ends_with_two_answers(cast: Cast) -> None:
    message = crossed()
    assert (ways(message), message.quorum) == ({"inapp", "email", "sms"}, 2)
    look(message, 2)
    assert ways(message, rung=1) == {"voice"}
    for name in (GM, MEMBER):
        message_acknowledge(message_id=message.pk, by=cast.actor(name))
    look(message, 5)
    assert ways(message, rung=2) == set(), "enough have answered"
    assert said(message) == ["message.queued", "message.escalated", "message.answered"]
    escalated = Event.objects.get(kind="message.escalated", data__message=message.pk)
    assert (escalated.data["channels"], escalated.data["answers"]) == (["voice"], 0)


def test_without_answers_the_next_are_told(cast: Cast) -> None:
    message = crossed()
    look(message, 2)
    look(message, 5)
    roles = set(Delivery.objects.filter(message=message, rung=2).values_list("role", flat=True))
    assert roles == {"duty_manager", "executive"}
    look(message, 8)
    assert said(message)[-1] == "message.unanswered"
    assert Alarm.objects.filter(kind="message.unanswered", cleared_at=None).exists()


def test_a_false_alarm_presses_nobody_and_is_taken_back_by_the_same_ways(cast: Cast) -> None:
    message = crossed()
    (incident,) = open_incidents(worlds.real())
    incidents.incident_dismiss(
        number=incident.number, reason="a test of the node", false_alarm=True, by=cast.actor(DUTY)
    )
    look(message, 2)
    assert ways(message, rung=1) == set()
    assert said(message) == ["message.queued"]
    clear = Message.objects.get(kind="all_clear")
    assert {"inapp", "sms"} <= ways(clear)


def test_whom_the_tier_does_not_name_cannot_answer_for_it(cast: Cast) -> None:
    message = crossed()
    with pytest.raises(Missing):
        message_acknowledge(message_id=message.pk, by=cast.actor(TECH))
    look(message, 2)
    assert Event.objects.get(kind="message.escalated", data__message=message.pk).data["answers"] == 0
