"""Headquarters is sent the decision card itself, in words: what is proposed and why, what is known, what would change it (4.2)."""

from engine.queues import drain
from engine.reactions import REACTIONS
from escalation.services import proposing
from notifications.models import Delivery, Message
from tests.apps.escalation.test_regional import reported
from tests.cast import DUTY, GM, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture


def told() -> list[Message]:
    return list(Message.objects.filter(kind=proposing.KIND).order_by("pk"))


def test_the_card_is_sent_as_it_was_taken_and_only_the_newest(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    drain(REACTIONS)
    (first,) = told()
    card = hotline.get(GM, f"incidents/{number}/decision-card")
    assert first.link == f"/incidents/{number}/"
    for hit in card["hits"]:
        assert hit["reason"]["zh"] in first.body["zh"]
        assert hit["reason"]["en"] in first.body["en"]
        assert all(clause in first.body["zh"] for clause in hit["clauses"])
    assert "什么会改变建议" in first.body["zh"]
    assert "Unknown: " in first.body["en"]
    assert "Facts still unknown could raise it" in first.body["en"]
    # What the card calls most worth finding out is called so here too, before the other facts that could raise it.
    most = card["missing_most"]
    assert f"• {most['title']['en']}: up to Level {most['level']}; most worth finding out" in first.body["en"]
    assert f"• {most['title']['zh']}：" in first.body["zh"].split("未知且可能上调级别")[1].splitlines()[1]
    assert "最值得查明" in first.body["zh"]
    assert "%(" not in first.body["en"] + first.body["zh"]
    heard = set(Delivery.objects.filter(message=first).values_list("user__username", flat=True))
    assert GM in heard
    assert DUTY not in heard, "headquarters decides the level"
    # Two more proposals before the relay comes round: the one that was overtaken is told of no more.
    hotline.post(TECH, f"incidents/{number}/assess", {"impact": "Seen", "facts": {"reach": "nationwide"}})
    hotline.post(
        TECH, f"incidents/{number}/assess", {"impact": "Seen", "facts": {"reach": "node", "recovery_hours": 1}}
    )
    newest = hotline.get(GM, f"incidents/{number}/decision-card")["proposed"]
    drain(REACTIONS)
    assert len(told()) == 2
    assert drain(REACTIONS) == 0
    assert told()[-1].subject["en"].startswith(f"Level {newest} ")


def test_what_the_duty_manager_judges_major_is_decided_on_though_no_fact_shows_it_yet(hotline: Hotline) -> None:  # noqa: F811
    """Ruling 15: a major fault is at least level II; his word is enough (3.1), and the ten minutes of headquarters run."""
    number = hotline.post(DUTY, "incidents", {"noticed": "Nobody gets through"}, expect=201)["number"]
    assert hotline.get(GM, f"incidents/{number}/decision-card")["proposed"] is None
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    card = hotline.get(GM, f"incidents/{number}/decision-card")
    assert (card["proposed"], [hit["rule"] for hit in card["hits"]]) == ("II", ["major_fault"])
    assert "level.decide" in hotline.owed(number)
    hotline.post(GM, f"incidents/{number}/decide-level", {"level": "II"})


def test_a_level_decided_otherwise_is_told_from_one_that_the_facts_have_left(hotline: Hotline) -> None:  # noqa: F811
    number = reported(hotline, "east")
    proposed = hotline.get(GM, f"incidents/{number}/decision-card")["proposed"]
    other = "III" if proposed != "III" else "II"
    hotline.post(GM, f"incidents/{number}/decide-level", {"level": other, "reason": "The spare line carries it"})
    card = hotline.get(GM, f"incidents/{number}/decision-card")
    assert (card["standing_follows"], card["decided_otherwise"]["reason"]) == (False, "The spare line carries it")
    page = hotline.cast.client(GM).get(f"/incidents/{number}/").content.decode()
    assert "Decided otherwise than the plan proposes" in page
    assert "no longer follows from the facts" not in page
    hotline.post(
        TECH, f"incidents/{number}/assess", {"impact": "Seen", "facts": {"reach": "nationwide", "outage": True}}
    )
    card = hotline.get(GM, f"incidents/{number}/decision-card")
    assert card["proposed"] not in (proposed, other)
    assert (card["standing_follows"], card["decided_otherwise"]) == (False, None)
    page = hotline.cast.client(GM).get(f"/incidents/{number}/").content.decode()
    assert "no longer follows from the facts" in page
