"""Letters of one claim go by few statements, and each by itself: what befalls one befalls no other."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import NeverDelivers, TryLater
from engine.models import Alarm
from engine.queues import QUEUES, claim, drain, perform_all
from notifications import sending
from notifications.channels import Letter, OutcomeUnknown
from notifications.domain.delivery import State
from notifications.models import Delivery, Send, SunkMail
from people.models import User
from tests.apps.notifications.conftest import Say
from tests.apps.notifications.test_sending import Died, later
from tests.apps.people.conftest import made

SENDS = QUEUES["sends"]
BUSY = TryLater("test.busy", "busy")


class Asked:
    """A provider that can be asked; what befalls the letter to a person is by name."""

    can_be_asked: ClassVar[bool] = True

    def __init__(self, **troubles: Exception) -> None:
        self.troubles, self.box = troubles, list[str]()

    def deliver(self, letter: Letter) -> str:
        assert not connection.in_atomic_block, "nobody calls out from inside a transaction"
        name = User.objects.get(pk=letter.person).username
        trouble = self.troubles.pop(name, None)
        if trouble is None or isinstance(trouble, OutcomeUnknown):
            self.box.append(letter.key)
        if trouble is not None:
            raise trouble
        return f"id:{letter.key}"

    def find(self, key: str) -> str | None:
        return f"id:{key}" if key in self.box else None


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    own = Asked()
    monkeypatch.setattr(sending, "providers_of", lambda delivery: {"own": own})
    return own  # type: ignore[return-value]


@pytest.fixture
def five(lin: User) -> list[User]:
    return [lin, *(made(f"p{n}", "hq_member") for n in range(4))]


def states() -> dict[str, str]:
    rows = Delivery.objects.exclude(channel="inapp").select_related("user")
    return {row.person.username: row.state for row in rows}


def test_all_of_a_claim_are_sent_and_each_keeps_its_own_id(say: Say, five: list[User], provider: Asked):
    say("k", *five)
    assert drain(SENDS) == 5
    rows = Delivery.objects.exclude(channel="inapp")
    assert {row.state for row in rows} == {State.SENT}
    assert all(row.provider_id == f"id:{row.key}" and row.sent_at and row.tries == 1 for row in rows)
    assert len(provider.box) == 5
    assert not Send.objects.exists()


def test_they_cost_few_statements_each(say: Say, five: list[User]):
    say("k", *five)
    with CaptureQueriesContext(connection) as seen:
        assert drain(SENDS) == 5
    # Of each its own are an address and its mail in the sink; one alone costs some twenty.
    assert len(seen) / 5 < 12, [query["sql"][:80] for query in seen]


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (BUSY, State.FAILED),
        (OutcomeUnknown("test.unknown", "unknown"), State.SENDING),
        (NeverDelivers("test.refused", "refused"), State.GIVEN_UP),
    ],
)
def test_what_befalls_one_befalls_no_other(
    say: Say, five: list[User], provider: Asked, trouble: Exception, state: State
):
    provider.troubles["p1"] = trouble
    say("k", *five)
    drain(SENDS)
    assert states() == {"lin": "sent", "p0": "sent", "p1": state, "p2": "sent", "p3": "sent"}
    later()
    drain(SENDS)
    last = State.GIVEN_UP if isinstance(trouble, NeverDelivers) else State.SENT
    assert states()["p1"] == last
    assert len(provider.box) == len(set(provider.box)) == (4 if last is State.GIVEN_UP else 5)


def test_a_fault_of_ours_loses_none_that_went_before_it(say: Say, five: list[User], provider: Asked):
    provider.troubles["p2"] = ZeroDivisionError("a fault in a channel")
    say("k", *five)
    drain(SENDS)
    assert states()["lin"] == "sent", "what was sent is on record"
    for _ in range(3):
        later()
        drain(SENDS)
    assert set(states().values()) == {"sent"}
    assert len(provider.box) == len(set(provider.box)) == 5


@pytest.mark.parametrize("place", ["sends.after_attempt", "sends.after_call"])
def test_killed_in_between_each_is_one_mail(
    say: Say, five: list[User], provider: Asked, monkeypatch: pytest.MonkeyPatch, place: str
):
    say("k", *five)

    def die(at: str) -> None:
        if at == place:
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr("notifications.sending.failpoint", die)
        with pytest.raises(Died):
            drain(SENDS)
    assert len(provider.box) == (0 if place == "sends.after_attempt" else 5)
    assert set(states().values()) == {"sending"}
    assert drain(SENDS) == 0, "its lease still holds"
    later()
    drain(SENDS)
    assert set(states().values()) == {"sent"}
    assert len(provider.box) == len(set(provider.box)) == 5


def test_a_provider_that_takes_its_time_keeps_the_rest_for_whoever_is_free(
    say: Say, five: list[User], provider: Asked, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sending, "TOGETHER_SECONDS", -1.0)
    say("k", *five)
    perform_all(SENDS, claim(SENDS))
    assert provider.box == []
    assert drain(SENDS) == 5, "at once: no lease is waited for"
    assert set(states().values()) == {"sent"}
    assert len(provider.box) == 5


def test_who_lost_its_lease_meanwhile_records_nothing(
    say: Say, five: list[User], provider: Asked, monkeypatch: pytest.MonkeyPatch
):
    say("k", *five)

    def taken_over(at: str) -> None:
        if at == "sends.after_call":
            Send.objects.filter(delivery__user__username="p3").update(fence=99)

    monkeypatch.setattr("notifications.sending.failpoint", taken_over)
    drain(SENDS)
    assert states() == {"lin": "sent", "p0": "sent", "p1": "sent", "p2": "sent", "p3": "sending"}
    assert Send.objects.get().delivery.person.username == "p3"


def test_a_receipt_that_came_first_is_not_taken_back(
    say: Say, five: list[User], provider: Asked, monkeypatch: pytest.MonkeyPatch
):
    say("k", *five)

    def delivered(at: str) -> None:
        if at == "sends.after_call":
            Delivery.objects.filter(user__username="p3").exclude(channel="inapp").update(state=State.DELIVERED)

    monkeypatch.setattr("notifications.sending.failpoint", delivered)
    drain(SENDS)
    assert states()["p3"] == State.DELIVERED
    assert Delivery.objects.exclude(channel="inapp").get(user__username="p3").sent_at is not None


@pytest.mark.usefixtures("each_by_itself")
def test_a_success_ends_the_alarms_of_its_channel_and_its_message(say: Say, five: list[User], provider: Asked):
    provider.troubles["p3"] = BUSY
    say("k", *five)
    drain(SENDS)
    assert states() == {"lin": "sent", "p0": "sent", "p1": "sent", "p2": "sent", "p3": "failed"}
    assert [alarm.kind for alarm in Alarm.objects.filter(cleared_at=None)] == ["channel.failing"]
    say("again", *five)
    drain(SENDS)
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_one_that_cannot_be_asked_is_told_one_by_one(
    say: Say, five: list[User], provider: Asked, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Asked, "can_be_asked", False)
    say("k", *five)
    sent: list[int] = []

    def count(at: str) -> None:
        if at == "sends.after_attempt":
            sent.append(len(Delivery.objects.filter(state=State.SENDING)))

    monkeypatch.setattr("notifications.sending.failpoint", count)
    drain(SENDS)
    assert sent == [1] * 5, "never is more than one on its way whose outcome would be lost"
    assert not SunkMail.objects.exists()
