"""Letters leave once, whatever dies in between; what cannot be delivered is seen."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from common.clock import wall
from common.errors import NeverDelivers, TryLater
from engine import worlds
from engine.models import Alarm, SetAside, World
from engine.queues import MAX_TRIES, QUEUES, claim, drain, perform
from engine.services import set_aside_return
from notifications import sending
from notifications.channels import Letter, OutcomeUnknown
from notifications.domain.delivery import MOVES, State
from notifications.models import Delivery, Send, SunkMail
from people.models import User
from tests.apps.notifications.conftest import Say, at_once

SENDS = QUEUES["sends"]


class Died(BaseException):
    """Stands for kill -9: nothing catches it, nothing runs after it."""


class Provider:
    """A mail provider one can break: `troubles` happen in order before it works."""

    can_be_asked: ClassVar[bool] = False

    def __init__(self, *troubles: BaseException) -> None:
        self.troubles, self.box = list(troubles), []  # type: ignore[var-annotated]

    def deliver(self, letter: Letter) -> str:
        assert not connection.in_atomic_block, "nobody calls out from inside a transaction"
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is None or isinstance(trouble, OutcomeUnknown):
            self.box.append(letter)
        if trouble is not None:
            raise trouble
        return "id-1"

    def find(self, key: str) -> str | None:
        return "id-1" if any(letter.key == key for letter in self.box) else None


class AskedProvider(Provider):
    can_be_asked = True


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[type]:
    """`provider(p)` lets the letters of the real world go to `p`."""

    def use(own: Provider) -> Provider:
        monkeypatch.setattr(sending, "providers_of", lambda delivery: {"own": own})
        return own

    return use  # type: ignore[return-value]


def mail_of(user: User) -> Delivery:
    return Delivery.objects.get(user=user, channel="email")


def later() -> None:
    """The next attempt is due: leases and waits are over."""
    Send.objects.update(lease_until=Now() - timedelta(seconds=1))


def until_done(rounds: int = 12) -> None:
    for _ in range(rounds):
        later()
        drain(SENDS)


def alarms(kind: str) -> list[Alarm]:
    return list(Alarm.objects.filter(kind=kind, cleared_at=None))


def test_everyone_gets_it_in_app_at_once_and_one_mail_each(say: Say, lin: User, gao: User):
    say("k", lin, gao, lin)
    assert set(Delivery.objects.filter(channel="inapp").values_list("user", "state")) == {
        (lin.pk, "delivered"),
        (gao.pk, "delivered"),
    }
    assert drain(SENDS) == 2
    assert {m.user_id: m.subject for m in SunkMail.objects.all()} == {
        lin.pk: "Complaints surge in the east",
        gao.pk: "东区投诉激增",
    }
    assert SunkMail.objects.get(user=lin).body.endswith("/board/")
    assert mail_of(gao).state == State.SENT
    assert not Send.objects.exists()


def test_the_same_key_is_the_same_message(say: Say, lin: User, gao: User):
    first = say("k", lin)
    assert say("k", lin, gao, subject={"zh": "别的", "en": "other"}) == first
    assert Delivery.objects.filter(channel="inapp").count() == 1


def test_said_four_times_at_once_it_is_said_once(say: Say, lin: User):
    assert len(set(at_once(lambda: say("k", lin)))) == 1
    at_once(lambda: drain(SENDS))
    assert (Delivery.objects.count(), SunkMail.objects.count(), mail_of(lin).tries) == (2, 1, 1)


def test_what_is_rolled_back_was_never_said(say: Say, lin: User):
    @transaction.atomic
    def say_and_die() -> None:
        say("k", lin)
        raise Died

    with pytest.raises(Died):
        say_and_die()
    assert not Delivery.objects.exists()
    assert not Send.objects.exists()


@pytest.mark.parametrize(
    "place", ["sends.after_claim", "sends.before_commit", "sends.after_attempt", "sends.after_call"]
)
def test_killed_anywhere_it_is_one_mail(say: Say, lin: User, monkeypatch: pytest.MonkeyPatch, place: str):
    say("k", lin)
    with monkeypatch.context() as patch:

        def die(at: str) -> None:
            if at == place:
                raise Died

        patch.setattr("engine.queues.failpoint", die)
        patch.setattr("notifications.sending.failpoint", die)
        with pytest.raises(Died):
            drain(SENDS)
    connection.run_on_commit.clear()
    assert drain(SENDS) == 0, "its lease still holds"
    later()
    drain(SENDS)
    assert SunkMail.objects.count() == 1
    assert mail_of(lin).state == State.SENT


WORKER = """
import django
django.setup()
from engine.queues import QUEUES, drain
drain(QUEUES["sends"])
"""


@pytest.mark.processes
def test_a_worker_killed_after_the_provider_took_it_sends_no_second(
    say: Say, lin: User, fresh_db: str, database_server: Any
):
    say("k", lin)
    environment = {
        **os.environ,
        **database_server.urls(fresh_db),
        "DJANGO_SETTINGS_MODULE": "hotline_ep.settings",
        "HOTLINE_FAILPOINT": "sends.after_call=kill",
    }
    worker = subprocess.run([sys.executable, "-c", WORKER], env=environment, cwd=settings.BASE_DIR, check=False)
    assert worker.returncode == -signal.SIGKILL
    assert (SunkMail.objects.count(), mail_of(lin).state) == (1, State.SENDING)
    later()
    drain(SENDS)
    assert (SunkMail.objects.count(), mail_of(lin).state, mail_of(lin).tries) == (1, State.SENT, 2)


def test_a_known_repeat_is_asked_for_and_not_sent(say: Say, lin: User, provider):
    own = provider(AskedProvider(OutcomeUnknown("t", "t")))
    say("k", lin)
    until_done()
    assert len(own.box) == 1
    assert (mail_of(lin).state, mail_of(lin).provider_id) == (State.SENT, "id-1")


def test_an_unknown_outcome_that_cannot_be_asked_is_sent_once_more_and_no_oftener(say: Say, lin: User, provider):
    own = provider(Provider(*[OutcomeUnknown("t", "t")] * 9))
    say("k", lin)
    until_done()
    assert len(own.box) == 2
    assert (mail_of(lin).state, mail_of(lin).error) == (State.GIVEN_UP, "delivery.outcome_unknown")


def test_a_busy_provider_is_tried_again_with_patience(say: Say, lin: User, provider):
    own = provider(Provider(TryLater("email.busy", "t"), TryLater("email.busy", "t")))
    say("k", lin)
    drain(SENDS)
    assert mail_of(lin).state == State.FAILED
    assert [a.params for a in alarms("channel.failing")] == [{"error": "email.busy"}]
    assert drain(SENDS) == 0, "not before its wait is over"
    until_done()
    assert (len(own.box), mail_of(lin).state, mail_of(lin).tries) == (1, State.SENT, 3)
    assert not alarms("channel.failing")


def test_after_the_last_try_it_is_given_up_seen_and_can_be_put_back(say: Say, lin: User, provider):
    own = provider(Provider(*[TryLater("email.busy", "t")] * MAX_TRIES))
    message = say("k", lin)
    until_done()
    delivery = mail_of(lin)
    assert (delivery.state, delivery.error, delivery.tries) == (State.GIVEN_UP, "email.busy", MAX_TRIES)
    assert [a.ref for a in alarms("delivery.given_up")] == [f"message:{message.pk}"]
    aside = SetAside.objects.get(queue="sends")
    assert lin.username not in str(aside.item), "ids only"
    set_aside_return(item_id=aside.pk)
    until_done()
    assert (len(own.box), mail_of(lin).state) == (1, State.SENT)
    assert not alarms("delivery.given_up")


def test_what_never_delivers_is_not_tried_again(say: Say, lin: User, provider):
    provider(Provider(NeverDelivers("email.refused", "t")))
    say("k", lin)
    until_done()
    assert (mail_of(lin).state, mail_of(lin).tries) == (State.GIVEN_UP, 1)


def test_poison_stops_nobody_and_ends(say: Say, lin: User, gao: User, provider):
    own = provider(AskedProvider())
    say("k", lin, gao)
    deliver, poisoned = own.deliver, mail_of(lin).key

    def poison(letter: Letter) -> str:
        if letter.key == poisoned:
            raise ZeroDivisionError
        return deliver(letter)

    own.deliver = poison
    until_done()
    assert mail_of(gao).state == State.SENT
    assert (mail_of(lin).state, mail_of(lin).error) == (State.GIVEN_UP, "delivery.process_died")
    assert alarms("delivery.given_up")


def test_one_stopped_past_its_lease_changes_no_row(say: Say, lin: User, provider):
    own = provider(AskedProvider())
    say("k", lin)
    deliver = own.deliver

    def slow(letter: Letter) -> str:
        own.deliver = deliver
        later()
        assert drain(SENDS) == 1, "somebody else took over"
        return "stale"

    own.deliver = slow
    perform(SENDS, claim(SENDS)[0])
    assert (mail_of(lin).provider_id, mail_of(lin).state) == ("id-1", State.SENT)


@pytest.mark.usefixtures("each_by_itself")
def test_urgent_letters_overtake(say: Say, lin: User, provider):
    own = provider(AskedProvider())
    for key in ("a", "b"):
        say(key, lin, subject={"zh": key, "en": key})
    say("c", lin, urgent=True, subject={"zh": "c", "en": "c"})
    drain(SENDS)
    assert [letter.subject for letter in own.box] == ["c", "a", "b"]


def test_a_practice_world_never_leaves_the_house(
    say: Say, lin: User, gao: User, monkeypatch: pytest.MonkeyPatch, world: World
):
    monkeypatch.setenv("HOTLINE_EMAIL_URL", "smtp://127.0.0.1:1?from=hotline@example.org")
    practice = worlds.world_open(key="p1", name_zh="演练", name_en="Practice", kind="practice", at=wall())
    say("k", lin, gao, world_id=practice.pk)
    drain(SENDS)
    mail = {m.user_id: (m.subject, m.sandbox) for m in SunkMail.objects.all()}
    assert mail[lin.pk] == ("[Practice] Complaints surge in the east", True)
    say("k", lin)
    drain(SENDS)
    assert SunkMail.objects.count() == 2, "the real one went to the mail server, which is not there"
    failed = Delivery.objects.get(channel="email", message__world=world)
    assert (failed.state, failed.error) == (State.GIVEN_UP, "email.no_address")


@pytest.mark.parametrize("move", [("delivered", "queued"), ("acknowledged", "delivered"), ("sent", "sending")])
def test_the_database_refuses_an_illegal_move(say: Say, lin: User, move: tuple[str, str]):
    assert move not in MOVES
    say("k", lin)
    row = mail_of(lin)
    path = {"sent": ["sending", "sent"], "delivered": ["sending", "sent", "delivered"]}
    path["acknowledged"] = [*path["delivered"], "acknowledged"]
    for state in path[move[0]]:
        Delivery.objects.filter(pk=row.pk).update(state=state, acknowledged_at=Now(), tries=F("tries"))
    with pytest.raises(Exception, match="nvalid transition"), transaction.atomic():
        Delivery.objects.filter(pk=row.pk).update(state=move[1])
