"""The 15 minutes of a public notice: shares, who holds it, and what is offered when draft and review did not fit (3.4, ruling 10)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from common.actor import SYSTEM
from escalation.domain.slots import Entry, slot_read
from escalation.models import Obligation
from escalation.slots import slots_of
from notifications.models import Delivery, Message, Notice
from people.services import role_assign
from plans.domain import load
from plans.services import SHIPPED
from tests.apps.escalation.test_obligations import told
from tests.cast import DUTY, GM, LEGAL, OUTSIDER, TECH, Cast
from tests.domain.plans.given import NOW, plan
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

PR, MANAGER = "jiang", "han"
RULES = ("notice.draft", "notice.legal", "notice.publish")
DRAFT, REVIEW, PUBLISH = 0, 1, 2
OFFERED = "notice.holding_offered"


# --- pure: from the log alone -------------------------------------------------------------------------------------------
def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


OPENED = [
    Entry("obligation.opened", {"rule": rule, "due_at": at(5 * (n + 1)).isoformat()}, NOW)
    for n, rule in enumerate(RULES)
]


def of_text(act: str, minutes: float, text: int = 1, by: int = 7, **more: Any) -> Entry:
    return Entry(f"notice.{act}", {"notice": text, "kind": "impact", **more}, at(minutes), by)


def read(*story: Entry, now: float) -> tuple[list[str], str, int | None]:
    (slot,) = plan().slots
    found = slot_read(slot, [*OPENED, *story], at(now))
    assert found is not None
    assert [step.due_at for step in found.steps] == [at(5), at(10), at(15)], "the end and the shares never move"
    return [step.stand.value for step in found.steps], found.course.value, found.holder


WRITTEN = of_text("drafted", 1)
HANDED = of_text("submitted", 3)


@pytest.mark.parametrize(
    ("case", "story", "now", "stands", "course", "holder"),
    [
        ("nobody began", (), 1, "running ahead ahead", "in_time", DRAFT),
        ("the draft is late", (WRITTEN,), 6, "late ahead ahead", "behind", DRAFT),
        ("handed over", (WRITTEN, HANDED), 4, "done running ahead", "in_time", REVIEW),
        ("handed over late", (WRITTEN, of_text("submitted", 7)), 8, "done_late running ahead", "in_time", REVIEW),
        ("legal is late", (HANDED,), 10, "done late ahead", "run_out", REVIEW),
        ("both are late", (), 12, "late late ahead", "run_out", DRAFT),
        ("all is over", (), 20, "late late late", "run_out", DRAFT),
        ("approved", (HANDED, of_text("approved", 8)), 11, "done done running", "in_time", PUBLISH),
        ("approved, not out", (HANDED, of_text("approved", 8)), 16, "done done late", "overdue", PUBLISH),
        ("returned", (HANDED, of_text("returned", 4)), 4.5, "running ahead ahead", "in_time", DRAFT),
        (
            "changed after its approval",
            (HANDED, of_text("approved", 8), of_text("edited", 9, voided=True)),
            9.5,
            "late ahead ahead",
            "behind",
            DRAFT,
        ),
        (
            "saved again as a draft",
            (WRITTEN, of_text("edited", 2, voided=False)),
            3,
            "running ahead ahead",
            "in_time",
            DRAFT,
        ),
        ("given up", (HANDED, of_text("withdrawn", 4, published=False)), 4.5, "running ahead ahead", "in_time", DRAFT),
        (
            "given up, while another is with legal",
            (HANDED, of_text("submitted", 4, 2), of_text("withdrawn", 4.2, published=False)),
            4.5,
            "done running ahead",
            "in_time",
            REVIEW,
        ),
        (
            "out and withdrawn: it was out",
            (HANDED, of_text("approved", 8), of_text("published", 9), of_text("withdrawn", 11, published=True)),
            12,
            "done done done",
            "kept",
            None,
        ),
        (
            "out late",
            (HANDED, of_text("approved", 8), of_text("published", 16)),
            17,
            "done done done_late",
            "kept_late",
            None,
        ),
        (
            "a holding statement went out: the statement itself is still owed",
            (Entry("notice.published", {"notice": 9, "kind": "holding"}, at(13), 8),),
            14,
            "late late done",
            "kept",
            DRAFT,
        ),
        (
            "a regulator's is another matter",
            (of_text("submitted", 3, kind="regulator"),),
            4,
            "running ahead ahead",
            "in_time",
            DRAFT,
        ),
        (
            "waived",
            (Entry("obligation.waived", {"rule": "notice.publish"}, at(2)),),
            3,
            "running ahead dropped",
            "dropped",
            DRAFT,
        ),
    ],
)
def test_a_slot_is_read_from_the_log(
    case: str, story: tuple[Entry, ...], now: float, stands: str, course: str, holder: int | None
) -> None:
    assert read(*story, now=now) == (stands.split(), course, holder), case


def test_it_is_offered_only_when_the_text_cannot_be_there_in_time() -> None:
    (slot,) = plan().slots
    offers = [slot_read(slot, OPENED, at(minute)).offers for minute in (4.9, 9.9, 10, 15, 60)]  # type: ignore[union-attr]
    assert offers == [False, False, True, True, True]
    in_hand = [*OPENED, HANDED, of_text("approved", 9)]
    assert not slot_read(slot, in_hand, at(20)).offers, "publish the text itself"  # type: ignore[union-attr]


def test_who_writes_is_named_until_it_is_handed_over() -> None:
    (slot,) = plan().slots
    writer = [
        slot_read(slot, [*OPENED, *story], at(4)).writer  # type: ignore[union-attr]
        for story in ((), (WRITTEN,), (WRITTEN, of_text("edited", 2, by=8, voided=False)), (WRITTEN, HANDED))
    ]
    assert writer == [None, 7, 8, None]


def test_a_slot_that_was_never_owed_is_none() -> None:
    (slot,) = plan().slots
    assert slot_read(slot, [WRITTEN, HANDED], NOW) is None


# --- through the doors --------------------------------------------------------------------------------------------------
def major(house: Hotline) -> str:
    report = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}
    number: str = house.post(DUTY, "incidents", report, expect=201)["number"]
    house.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    return number


def drafted(house: Hotline, number: str | None, kind: str = "impact") -> int:
    body = {"kind": kind, "incident": number, "zh": "华东热线受影响。", "en": "The east is affected."}
    notice = house.post(PR, "notices", body, expect=201)
    house.post(PR, f"notices/{notice['id']}/submit", {})
    return int(notice["id"])


def approve(house: Hotline, pk: int) -> None:
    row = Notice.objects.get(pk=pk)
    house.post(LEGAL, f"notices/{pk}/approve", {"revision": row.revision, "content_hash": row.content_hash})


def slot_of(house: Hotline, number: str, who: str = GM) -> dict[str, Any]:
    (slot,) = house.get(who, f"incidents/{number}/slots")
    return slot


def stands(slot: dict[str, Any]) -> list[str]:
    return [step["stand"] for step in slot["steps"]]


def test_the_api_shows_each_share_as_its_obligation_has_it(hotline: Hotline) -> None:  # noqa: F811
    number = major(hotline)
    slot = slot_of(hotline, number)
    owed = hotline.owed(number)
    assert [step["due_at"] for step in slot["steps"]] == [owed[rule]["due_at"] for rule in RULES]
    assert [step["share_seconds"] for step in slot["steps"]] == [300, 300, 300]
    assert (slot["holder"], slot["course"], slot["offers"]) == ("notice.draft", "in_time", [])
    assert hotline.get(OUTSIDER, f"incidents/{number}/slots", expect=403)
    drafted(hotline, number)
    assert slot_of(hotline, number)["holder"] == "notice.legal"


def test_an_ordinary_fault_has_no_slot(hotline: Hotline) -> None:  # noqa: F811
    number = hotline.post(DUTY, "incidents", {"noticed": "x", "systems": "running"}, expect=201)["number"]
    assert hotline.get(GM, f"incidents/{number}/slots") == []


def test_the_spokesperson_publishes_the_holding_statement_with_one_tap_when_time_runs_out(hotline: Hotline) -> None:  # noqa: F811
    holding = drafted(hotline, None, "holding")
    approve(hotline, holding)
    number = major(hotline)
    button = "Publish the holding statement now"
    for path in ("/", f"/incidents/{number}/", f"/notices/?incident={number}", "/notices/"):
        assert button not in hotline.cast.client(MANAGER).get(path).content.decode(), "there is time yet"
    hotline.forward(minutes=9)
    assert told(OFFERED) == set()
    hotline.forward(minutes=2)
    slot = slot_of(hotline, number, MANAGER)
    assert (slot["course"], stands(slot)) == ("run_out", ["late", "late", "ahead"])
    assert slot["offers"] == [{"notice": holding, "revision": 1, "may": True}]
    assert [offer["may"] for offer in slot_of(hotline, number, PR)["offers"]] == [False]
    assert told(OFFERED) == {MANAGER}
    assert Message.objects.get(kind=OFFERED).clause == "3.4"
    for path in ("/", f"/incidents/{number}/", f"/notices/?incident={number}", "/notices/"):
        assert button in hotline.cast.client(MANAGER).get(path).content.decode(), path
        assert button not in hotline.cast.client(LEGAL).get(path).content.decode(), path
    incident = Obligation.objects.get(rule="notice.publish").incident_id
    said = {"revision": "1", "incident": str(incident), "idempotency_key": "one-tap"}
    client = hotline.cast.client(MANAGER)
    assert client.post(f"/notices/{holding}/publish/", said).status_code in (302, 303)
    after = slot_of(hotline, number, MANAGER)
    assert (after["course"], stands(after), after["holder"]) == ("kept", ["late", "late", "done"], "notice.draft")
    assert after["offers"] == []
    late = [
        event
        for event in hotline.get(GM, f"incidents/{number}/events")["events"]
        if event["kind"] == "obligation.overdue"
    ]
    assert {event["data"]["rule"] for event in late} >= {"notice.draft", "notice.legal"}, "late is on record as late"


def test_whoever_wrote_or_approved_the_statement_is_offered_it_and_barred(hotline: Hotline) -> None:  # noqa: F811
    role_assign(user=hotline.cast.user(PR), role="pr_manager", by=SYSTEM)
    approve(hotline, drafted(hotline, None, "holding"))
    number = major(hotline)
    hotline.forward(minutes=11)
    assert [offer["may"] for offer in slot_of(hotline, number, PR)["offers"]] == [False]
    page = hotline.cast.client(PR).get(f"/incidents/{number}/").content.decode()
    assert "You wrote this text or a part of it" in page
    assert "Publish the holding statement now" not in page


def test_without_a_statement_in_store_the_shortest_way_is_said(hotline: Hotline) -> None:  # noqa: F811
    number = major(hotline)
    drafted(hotline, number)
    hotline.forward(minutes=11)
    assert slot_of(hotline, number, MANAGER)["offers"] == []
    page = hotline.cast.client(MANAGER).get("/").content.decode()
    assert "No holding statement is approved ahead" in page
    assert "Legal review of the impact statement" in page
    (letter,) = Message.objects.filter(kind=OFFERED)
    assert "waits for: Legal review" in letter.body["en"]
    assert "法务审核" in letter.body["zh"]


def test_a_text_approved_in_time_is_nobody_s_emergency(hotline: Hotline) -> None:  # noqa: F811
    number = major(hotline)
    approve(hotline, drafted(hotline, number))
    hotline.forward(minutes=20)
    assert slot_of(hotline, number)["course"] == "overdue"
    assert not Message.objects.filter(kind=OFFERED).exists()


def test_workers_away_for_an_hour_tell_it_once_and_late(hotline: Hotline) -> None:  # noqa: F811
    number = major(hotline)
    hotline.forward(minutes=70)
    assert slot_of(hotline, number)["course"] == "run_out"
    assert Delivery.objects.filter(message__kind=OFFERED, channel="inapp").count() == 1


def test_my_obligations_say_to_each_whether_it_is_with_them(hotline: Hotline) -> None:  # noqa: F811
    number = major(hotline)
    mine = {who: hotline.cast.client(who).get("/").content.decode() for who in (PR, LEGAL)}
    assert "It is with you now" in mine[PR]
    assert "Waits for: Draft the impact statement" in mine[LEGAL]
    drafted(hotline, number)
    assert "It is with you now" in hotline.cast.client(LEGAL).get("/").content.decode()
    assert "It is with you now" not in hotline.cast.client(TECH).get("/").content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_notice_s_page_and_the_room_show_the_bar(language: str, hotline: Hotline) -> None:  # noqa: F811
    number = major(hotline)
    pk = drafted(hotline, number)
    for path in (f"/notices/{pk}/", f"/incidents/{number}/", f"/notices/?incident={number}"):
        page = hotline.cast.client(LEGAL, language).get(path).content.decode()
        assert page.count('class="slot-bar"') == 1, path
        assert page.count('data-stand="running"') == 1, path


def test_many_incidents_cost_no_query_each(hotline: Hotline, django_assert_max_num_queries: Any) -> None:  # noqa: F811
    found = [
        Obligation.objects.select_related("incident").get(incident__number=major(hotline), rule="notice.draft")
        for _ in range(4)
    ]
    # 1 events, 1 the world's now, 3 holders of three roles
    with django_assert_max_num_queries(5):
        assert len(slots_of([row.incident for row in found])) == 4


def test_a_plan_without_steps_shows_none(cast: Cast) -> None:
    text = (
        SHIPPED.read_text(encoding="utf-8")
        .replace("needs: [notice.draft], ", "")
        .replace("needs: [notice.legal]", "needs: []")
    )
    assert load(text, "x").slots == ()
