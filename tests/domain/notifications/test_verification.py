"""What a way's messages say of it."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.delivery import Channel, State, Via
from notifications.domain.verification import Standing, Tried, Verdict, judge

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def tried(channel: Channel, state: State, via: str = "", *, hours: int = 0) -> Tried:
    return Tried(channel, state, via, AT + timedelta(hours=hours) if state is State.ACKNOWLEDGED else None)


@pytest.mark.parametrize(
    ("case", "messages", "standing", "confirmed_at"),
    [
        ("nothing could be sent", [], Standing.NO_ADDRESS, None),
        ("it waits to be sent", [tried(Channel.SMS, State.QUEUED)], Standing.WAITING, None),
        ("that it arrived proves nothing", [tried(Channel.SMS, State.DELIVERED)], Standing.WAITING, None),
        ("nor that it was read", [tried(Channel.INAPP, State.READ)], Standing.WAITING, None),
        ("an attempt that failed is followed by another", [tried(Channel.EMAIL, State.FAILED)], Standing.WAITING, None),
        ("given up", [tried(Channel.EMAIL, State.GIVEN_UP)], Standing.FAILED, None),
        ("the page's button", [tried(Channel.INAPP, State.ACKNOWLEDGED, Via.PAGE)], Standing.CONFIRMED, AT),
        ("a link's button", [tried(Channel.EMAIL, State.ACKNOWLEDGED, Via.LINK)], Standing.CONFIRMED, AT),
        ("a code", [tried(Channel.SMS, State.ACKNOWLEDGED, Via.CODE)], Standing.CONFIRMED, AT),
        ("a key", [tried(Channel.VOICE, State.ACKNOWLEDGED, Via.KEY)], Standing.CONFIRMED, AT),
        (
            "told on the telephone: nobody opened the product",
            [tried(Channel.INAPP, State.ACKNOWLEDGED, Via.CALL)],
            Standing.WAITING,
            None,
        ),
        (
            "the number was mended and the reminder waits",
            [tried(Channel.SMS, State.GIVEN_UP), tried(Channel.SMS, State.SENT)],
            Standing.WAITING,
            None,
        ),
        (
            "one answer is enough, the first counts",
            [
                tried(Channel.SMS, State.ACKNOWLEDGED, Via.CODE, hours=3),
                tried(Channel.SMS, State.ACKNOWLEDGED, Via.CODE),
                tried(Channel.SMS, State.GIVEN_UP),
            ],
            Standing.CONFIRMED,
            AT,
        ),
    ],
)
def test_a_way(case: str, messages: list[Tried], standing: Standing, confirmed_at: datetime | None) -> None:
    assert judge(messages) == Verdict(standing, confirmed_at), case
