"""How persons answer a message: on its page, by a link, by a code sent back, by a key, or told by a colleague on the telephone.

A person's answer stands in the in-app row, whichever way it came; the way's own row shows it too. Of a message that asks about
each way (`each_way`) it stands in the way's own row alone.
"""

from collections.abc import Iterable
from typing import Final

from django.core import signing
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.errors import Invalid, Missing
from engine import worlds
from engine.alarms import alarm_clear
from engine.events import Payload
from engine.log import log_append
from engine.models import Alarm, Stream
from incidents.selectors import Incident
from notifications.bundling import rows_of
from notifications.domain.delivery import ANSWERABLE, Channel, State, Via
from notifications.domain.unanswered import Line, Outcome
from notifications.events import MessageAnswered, MessageCalled
from notifications.models import Call, Delivery, Message
from notifications.pressing import answers_of, may_ring_about
from notifications.services.messages import tell_inboxes
from people.rights import require

LINK_SALT = "notifications.answer"
LINK_SECONDS = 7 * 24 * 3600
# A provider may have it, or had it once.
ON_THEIR_WAY: Final = frozenset({State.SENDING, State.SENT, State.FAILED, State.GIVEN_UP})
LONGEST_NOTE = 300


def message_read(*, message_id: int, by: Actor) -> Delivery:
    """The person has seen it; changes nothing when he had before. Raises Missing for a message that is not his."""
    require(by, "message.view")
    with transaction.atomic():
        own = _own(message_id, by.id)
        if own.state == State.DELIVERED:
            own.state, own.read_at = State.READ, worlds.now(own.message.world_id)
            own.save(update_fields=["state", "read_at"])
            tell_inboxes(own.message.world_id, [own.person_id])
        return own


def message_acknowledge(*, message_id: int, by: Actor) -> Delivery:
    """The person says that he knows; the first time counts. Raises Missing for a message that is not his."""
    require(by, "message.acknowledge")
    return answer(message_id, by.id, Via.PAGE)


@transaction.atomic
def answer(message_id: int, user_id: int | None, via: Via, *, by_way_of: Delivery | None = None) -> Delivery:
    """Write a person's answer down; `by_way_of` is the delivery it came back by. Raises Missing when he was never told."""
    if by_way_of is not None and by_way_of.message.each_way:
        _came_back(by_way_of, via)
        by_way_of.refresh_from_db()
        return by_way_of
    own = _own(message_id, user_id)
    if by_way_of is not None:
        _came_back(by_way_of, via)
    if own.state == State.ACKNOWLEDGED:
        return own
    now = worlds.now(own.message.world_id)
    own.state, own.read_at, own.acknowledged_at, own.via = State.ACKNOWLEDGED, own.read_at or now, now, via
    own.save(update_fields=["state", "read_at", "acknowledged_at", "via"])
    tell_inboxes(own.message.world_id, [own.person_id])
    _press_no_more(own.message)
    return own


@transaction.atomic
def answer_letter(letter: Delivery, via: Via) -> None:
    """An answer to a letter answers all it carries, and what was not said again because it had said it. Raises Missing."""
    also = Q(pk=letter.pk) | Q(carried_by=letter) | Q(same_as=letter, state=State.REPEATED)
    rows = Delivery.objects.filter(also).select_related("message__incident", "message__world").order_by("message_id")
    ways = list(rows)
    if len(ways) > 1:
        _take(ways, letter.user_id)
    for way in ways:
        answer(way.message_id, way.user_id, via, by_way_of=way)


def _take(ways: list[Delivery], user_id: int | None) -> None:
    """Hold what the answers will want in the order in which everybody takes it: persons' rows, then logs by number."""
    own = Delivery.objects.select_for_update(no_key=True).filter(user=user_id, channel=Channel.INAPP)
    list(own.filter(message__in=[way.message_id for way in ways]).order_by("message_id"))
    refs = {f"message:{way.message_id}": way.message.incident for way in ways if way.message.incident is not None}
    standing = Alarm.objects.filter(kind="message.unanswered", ref__in=refs, cleared_at=None)
    streams = {refs[ref].stream_id for ref in standing.values_list("ref", flat=True)}
    list(Stream.objects.select_for_update(no_key=True).filter(pk__in=streams).order_by("pk"))


def _came_back(way: Delivery, via: Via) -> None:
    rows = Delivery.objects.filter(pk=way.pk, state__in=sorted(ANSWERABLE))
    if rows.update(state=State.ACKNOWLEDGED, acknowledged_at=worlds.now(way.message.world_id), via=via):
        reached_after_all(way.message_id)
        if way.waits:
            # What came in the same letter has arrived as well.
            arrived(rows_of(way.letter_id).exclude(pk=way.pk))


def arrived(rows: Iterable[Delivery]) -> None:
    """They lie in front of the person: by a receipt, or because he answered what came in the same letter."""
    told = {row.pk: row.message_id for row in rows}
    there = Delivery.objects.filter(pk__in=told, state__in=sorted(ON_THEIR_WAY))
    moved = list(there.values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=moved).update(state=State.DELIVERED, delivered_at=Now(), error="")
    for message_id in sorted({told[pk] for pk in moved}):
        reached_after_all(message_id)


def _own(message_id: int, user_id: int | None) -> Delivery:
    rows = Delivery.objects.select_for_update(no_key=True, of=("self",)).select_related("message__incident__stream")
    found = rows.filter(message_id=message_id, user_id=user_id, channel=Channel.INAPP).first()
    if found is None:
        raise Missing("message.missing", _("There is no such message among yours."))
    return found


def reached_after_all(message_id: int) -> None:
    """The alarm that somebody was not reached ends once nobody is given up any more."""
    if not Delivery.objects.filter(message=message_id, state=State.GIVEN_UP).exists():
        alarm_clear("delivery.given_up", f"message:{message_id}")


def _press_no_more(message: Message) -> None:
    """After the ladder's end an answer may be the one that was missing. Before it the next look sees it: whoever answers
    leaves the timer alone, which a look holds while it waits for the stream."""
    standing = Alarm.objects.filter(kind="message.unanswered", ref=f"message:{message.pk}", cleared_at=None)
    if not message.unanswered or not standing.exists():
        return
    if message.incident is not None:
        # One after another, so that of two who answer at once the second counts both.
        Stream.objects.select_for_update(no_key=True).get(pk=message.incident.stream_id)
    answers, told = answers_of(message.pk)
    if message.ladder.answered(answers, told) and alarm_clear("message.unanswered", f"message:{message.pk}"):
        say(message, MessageAnswered(message=message.pk, kind=message.kind, answers=answers, told=told))


def say(message: Message, payload: Payload, by: Actor = SYSTEM) -> None:
    """On the log of the message's incident; a message of none has its rows alone."""
    incident: Incident | None = message.incident
    if incident is not None:
        log_append(incident.stream, payload, by=by, clause=message.clause, plan_version=incident.plan_version)


# --- the link in a mail -------------------------------------------------------------------------------------------------
def link_of(delivery: Delivery) -> str:
    """The path of the page whose button answers; opening it answers nothing, for scanners of mail open links."""
    return f"/m/{signing.dumps(delivery.pk, salt=LINK_SALT)}/"


def linked(token: str) -> Delivery:
    """The delivery a link was written for; raises Missing for a forged or an old one, or when its reader has left."""
    try:
        pk = signing.loads(token, salt=LINK_SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        pk = None
    rows = Delivery.objects.filter(pk=pk, user__is_active=True).select_related("message__world", "user")
    found = rows.first() if pk else None
    if found is None:
        raise Missing("message.link", _("This link is not valid any more; sign in and look under Messages."))
    return found


def message_answer_by_link(*, token: str, message_id: int | None = None) -> Delivery:
    """The button behind the link: of one message of the letter, or of all. Raises Missing as `linked` does, and for a message
    that the letter did not bring."""
    delivery = linked(token)
    if message_id is None:
        answer_letter(delivery, Via.LINK)
        return delivery
    way = rows_of(delivery.pk).filter(message=message_id).first()
    if way is None:
        raise Missing("message.missing", _("There is no such message among yours."))
    return answer(message_id, delivery.user_id, Via.LINK, by_way_of=way)


# --- down the telephone list --------------------------------------------------------------------------------------------
@transaction.atomic
def call_record(*, message_id: int, user_id: int, line: str, outcome: str, note: str = "", by: Actor) -> Call:
    """A person rang another about a message and says how it went (8.1); being told answers it.

    Raises Missing when that person was never told, Invalid for an unknown line or outcome, a long note, or oneself.
    """
    by = require(by, "message.call")
    own = _own(message_id, user_id)
    if not may_ring_about(own.message, by):
        raise Missing("message.missing", _("There is no such message."))
    note = " ".join(note.split())
    wrong = [
        {"field": name, "code": "invalid_choice", "message": _("This is not one of the choices.")}
        for name, word, known in (("line", line, Line), ("outcome", outcome, Outcome))
        if word not in set(known)
    ]
    if len(note) > LONGEST_NOTE:
        wrong.append({"field": "note", "code": "max_length", "message": _("Write at most 300 characters.")})
    if wrong:
        raise Invalid("call.wrong", _("Some values are not right; see errors."), errors=wrong)
    if by.id is None or by.id == user_id:
        raise Invalid("call.self", _("Acknowledge your own message on its page; a call is made to somebody else."))
    call = Call.objects.create(
        message_id=message_id,
        user_id=user_id,
        by_user_id=by.id,
        at=worlds.now(own.message.world_id),
        line=line,
        outcome=outcome,
        note=note,
    )
    payload = MessageCalled(
        message=message_id, call=call.pk, user=user_id, line=str(line), outcome=str(outcome), note=note
    )
    say(own.message, payload, by)
    if outcome == Outcome.TOLD:
        answer(message_id, user_id, Via.CALL)
    return call
