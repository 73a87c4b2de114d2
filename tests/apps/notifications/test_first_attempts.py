"""When a letter was first tried stands in its row for good, and what a dead worker only held is tried by another in good time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now
from django.test import Client

from common.actor import SYSTEM
from common.errors import TryLater
from engine.queues import QUEUES, claim, drain, perform_all
from notifications import sending
from notifications.models import Delivery, Send
from people.models import User
from people.services import contact_set
from tests.apps.notifications.conftest import Say
from tests.apps.notifications.test_sending import later
from tools.provider import Provider

SENDS = QUEUES["sends"]
# From its place in the queue to its first attempt; a sweep and what is claimed before it take the rest.
PROMISED, SLACK = timedelta(seconds=10), timedelta(seconds=2)


def letter(user: User, channel: str = "email") -> Delivery:
    return Delivery.objects.get(user=user, channel=channel)


def held_for() -> list[timedelta]:
    left = ExpressionWrapper(F("lease_until") - Now(), output_field=DurationField())
    return list(Send.objects.annotate(left=left).values_list("left", flat=True))


class Busy:
    """A provider that takes nothing."""

    def __init__(self, *, can_be_asked: bool) -> None:
        self.can_be_asked = can_be_asked

    def deliver(self, letter: Any) -> str:
        raise TryLater("test.busy", "busy")

    def find(self, key: str) -> str | None:
        return None


@pytest.mark.parametrize(
    ("can_be_asked", "people"), [(False, 1), (True, 3)], ids=["alone", "together with others of its claim"]
)
def test_the_first_attempt_is_noted_and_no_later_one_changes_it(
    say: Say, lin: User, gao: User, auditor: User, monkeypatch: pytest.MonkeyPatch, can_be_asked: bool, people: int
):
    monkeypatch.setattr(sending, "providers_of", lambda delivery: {"own": Busy(can_be_asked=can_be_asked)})
    say("k", *[lin, gao, auditor][:people])
    assert letter(lin).first_tried_at is None, "nobody has tried it"
    drain(SENDS)
    first = letter(lin)
    assert (first.state, first.tries) == ("failed", 1)
    assert first.first_tried_at is not None
    assert timedelta(0) <= first.first_tried_at - first.queued_at < PROMISED
    later()
    drain(SENDS)
    again = letter(lin)
    assert (again.tries, again.first_tried_at) == (2, first.first_tried_at)


def test_what_lies_in_front_of_a_person_at_once_was_never_tried(say: Say, lin: User):
    say("k", lin)
    drain(SENDS)
    assert letter(lin, "inapp").first_tried_at is None


def test_what_goes_in_another_letter_was_tried_with_it(
    say: Say, lin: User, providers: tuple[Provider, Provider], monkeypatch: pytest.MonkeyPatch
):
    contact_set(user=lin, kind="phone", value="+8613800138000", by=SYSTEM)
    monkeypatch.setenv("HOTLINE_BUNDLE_WAIT_SECONDS", "60")
    for n in range(3):
        say(f"k{n}", lin, channels=["sms"], subject={"zh": f"第 {n} 次", "en": f"Number {n}"})
    drain(SENDS)
    rows = Delivery.objects.filter(channel="sms").order_by("pk")
    assert [row.carried_by_id for row in rows] == [None, rows[0].pk, rows[0].pk]
    assert len({row.first_tried_at for row in rows}) == 1
    assert rows[1].first_tried_at is not None


def test_what_a_dead_worker_had_only_claimed_is_free_well_within_the_ten_seconds(say: Say, lin: User, gao: User):
    say("k", lin, gao)
    assert len(claim(SENDS)) == 2
    assert max(held_for()) <= PROMISED - SLACK


@pytest.mark.parametrize(("waited", "ordinary"), [(timedelta(seconds=1), 0), (timedelta(seconds=4), 1)])
def test_ordinary_letters_wait_behind_urgent_ones_for_a_while_only(
    say: Say, lin: User, gao: User, waited: timedelta, ordinary: int
):
    """In a storm of urgent ones that goes on, each claim ends with the ordinary one that has waited longest."""
    for n in range(2):
        say(f"usual{n}", lin, channels=["email"], at_once=True, subject={"zh": f"日常 {n}", "en": f"Usual {n}"})
    Send.objects.update(due_at=F("due_at") - waited)
    first = Send.objects.order_by("due_at", "pk")[0].delivery_id
    for n in range(5):
        text = {"zh": f"第 {n} 次", "en": f"Number {n}"}
        say(f"urgent{n}", lin, gao, channels=["email"], urgent=True, subject=text)
    claimed = [item.values["delivery_id"] for item in claim(SENDS)]
    kinds = [Delivery.objects.get(pk=pk).message.urgent for pk in claimed]
    assert kinds == [True] * 8 + [False] * ordinary
    assert claimed[-1] == first or not ordinary
    assert len(claim(SENDS)) == 4 - ordinary, "when no more is urgent, all that are left"


def test_what_it_had_begun_stays_its_own_for_longer_than_a_call_takes(
    say: Say, lin: User, gao: User, monkeypatch: pytest.MonkeyPatch
):
    """Whoever takes it up earlier would call out beside one that is alive and slow."""
    seen: list[timedelta] = []
    monkeypatch.setattr(
        "notifications.sending.failpoint",
        lambda at: seen.extend(held_for()) if at == "sends.after_attempt" else None,
    )
    say("k", lin, gao)
    drain(SENDS)
    assert len(seen) == 2
    assert min(seen) > timedelta(seconds=30)


def test_who_lost_a_claim_to_another_while_it_waited_sends_nothing(say: Say, lin: User, gao: User, auditor: User):
    say("k", lin, gao, auditor)
    slow = claim(SENDS)
    later()  # the lease of the claim is over before anything of it began
    drain(SENDS)
    assert perform_all(SENDS, slow) == 0
    assert set(Delivery.objects.filter(channel="email").values_list("state", "tries")) == {("sent", 1)}


def test_page_and_api_say_when_it_was_first_tried(
    say: Say, lin: User, auditor: User, monkeypatch: pytest.MonkeyPatch, api: Callable[[User], Any]
):
    monkeypatch.setattr(sending, "providers_of", lambda delivery: {"own": Busy(can_be_asked=True)})
    message = say("k", lin)
    drain(SENDS)
    rows = {row["channel"]: row for row in api(auditor).get(f"/api/v1/messages/{message.pk}/receipts").json()}
    assert rows["email"]["first_tried_at"] is not None
    assert rows["email"]["sent_at"] is rows["inapp"]["first_tried_at"] is None
    page = Client()
    page.force_login(auditor)
    shown = page.get(f"/messages/{message.pk}/").content.decode()
    assert shown.count("First tried at ") == 1
