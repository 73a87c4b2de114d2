"""What is said in a chat, and how fast."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.domain.chat import lines, without_numbers
from notifications.domain.delivery import CHATS, Channel, Rank, chat_kinds, ways
from notifications.domain.pacing import LIMITS, free_at, kept

T0 = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("case", "text", "said"),
    [
        ("a mobile number", "请致电13800001111确认", "请致电…确认"),
        ("in groups", "call 138 0000 1111 now", "call … now"),
        ("with the country", "call +86 138-0000-1111", "call …"),
        ("abroad", "ring +44 20 7946 0958", "ring …"),
        ("with an area code", "值班室(010)6601 2345", "值班室…"),
        ("a service line", "400-820-8820 无法接通", "… 无法接通"),
        ("in wide digits", "请致电１３８００００１１１１", "请致电…"),
        ("the number of an incident stays", "INC-2026-0007: down", "INC-2026-0007: down"),
        ("a date and a count stay", "2026-11-28 03:00, 12000 calls", "2026-11-28 03:00, 12000 calls"),
        ("the hotline's own short number stays", "95588 全部中断", "95588 全部中断"),
    ],
)
def test_no_telephone_number_is_said_in_a_chat(case: str, text: str, said: str):
    assert without_numbers(text) == said


def test_what_says_nothing_takes_no_line_and_nothing_takes_two():
    assert lines(["a\n\nb", "", "  ", "c"]) == "a b\nc"


@pytest.mark.parametrize(
    ("case", "words", "kinds"),
    [
        ("any chat", ["inapp", "chat"], CHATS),
        ("what runs on one platform", ["sms", "wecom"], {Channel.WECOM}),
        ("both", ["feishu", "webhook"], {Channel.FEISHU, Channel.WEBHOOK}),
        ("persons alone", ["inapp", "sms", "website"], set()),
    ],
)
def test_a_plans_words_for_chats(case: str, words: list[str], kinds: set[Channel]):
    assert chat_kinds(words) == kinds
    assert not CHATS & set(ways(words)), "a chat is no way to a person"


@pytest.mark.parametrize(
    ("case", "posts", "rank", "free"),
    [
        ("nothing was said yet", [], Rank.ORDINARY, 60),
        ("half of it is open to the ordinary", range(9), Rank.ORDINARY, 60),
        ("then it waits until the first of the half is gone", range(10), Rank.ORDINARY, 61),
        ("three quarters to the urgent", range(14), Rank.URGENT, 60),
        ("what is more waits", [*range(10), *range(40, 45)], Rank.URGENT, 61),
        ("a grave one finds room beside all these", [*range(10), *range(40, 49)], Rank.GRAVEST, 60),
        ("and waits for its like alone", [*range(10), *range(40, 50)], Rank.GRAVEST, 61),
    ],
)
def test_room_is_kept_for_the_grave(case: str, posts: list[int], rank: Rank, free: int):
    assert free_at(Channel.WECOM, [at(second) for second in posts], rank, at(60)) == at(free)


def test_feishu_counts_by_the_second_too():
    posts = [at(0)] * 5
    assert free_at(Channel.FEISHU, posts, Rank.GRAVEST, at(0.1)) == at(1.2)
    assert free_at(Channel.FEISHU, posts, Rank.GRAVEST, at(1.3)) == at(1.3)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    st.sampled_from([Channel.WECOM, Channel.DINGTALK, Channel.FEISHU]),
    st.lists(st.tuples(st.floats(0, 20), st.sampled_from(Rank)), max_size=150),
)
def test_no_window_ever_holds_more_than_its_platform_takes(channel: Channel, wants: list[tuple[float, Rank]]):
    now, posts, all_posts = T0, [], []
    for wait, rank in wants:
        now = free_at(channel, posts, rank, now + timedelta(seconds=wait))
        posts = [*kept(channel, posts, now), now]
        all_posts.append(now)
    for limit in LIMITS[channel]:
        for place, began in enumerate(all_posts):
            within = [post for post in all_posts[place:] if post < began + timedelta(seconds=limit.seconds)]
            assert len(within) <= limit.posts
