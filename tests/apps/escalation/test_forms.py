"""What the server refuses on an incident's pages comes back as typed, with what is wrong beside its field; no script is needed."""

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from engine.models import Event
from escalation.forms import DecideForm
from incidents.acted import _rest_on_now
from incidents.selectors import by_number, newest_seq
from tests.apps.escalation.test_obligations import Night
from tests.cast import DUTY, GM, OUTSIDER, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture


def refused(answer: HttpResponse, status: int, field: str, *kept: str) -> str:
    """The form again, the field marked and its error beside it, everything typed kept."""
    text = answer.content.decode()
    assert answer.status_code == status, text[:600]
    marked = re.findall(r'aria-invalid="true"[^>]*id="([^"]+)"|name="([^"]+)"[^>]*aria-invalid="true"', text)
    assert field in {name for pair in marked for name in pair}, marked
    assert 'class="problem"' in text
    for words in kept:
        assert words in text, words
    return text


def in_chinese(level: str) -> str:
    return {"I": "一级响应", "II": "二级响应", "III": "三级响应"}[level]


def test_a_refused_decision_keeps_what_was_typed(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    room, gm = f"/incidents/{night.number}/", hotline.cast.client(GM)
    proposed = hotline.get(GM, f"incidents/{night.number}/decision-card")["proposed"]
    other = next(level for level in ("III", "II", "I") if level != proposed)
    assert f"Level {proposed}, as the plan proposes" in gm.get(room).content.decode()
    assert f"{in_chinese(proposed)}（预案建议）" in hotline.cast.client(GM, "zh-hans").get(room).content.decode()
    text = refused(gm.post(f"{room}decide-level/", {"level": other, "provisional": "on"}), 400, "reason")
    assert re.search(rf'value="{other}"[^>]*checked', text)
    assert re.search(r'name="provisional"[^>]*checked', text)
    refused(gm.post(f"{room}decide-level/", {"level": "IV", "reason": "kept words"}), 400, "level", "kept words")
    body = {"level": other, "reason": "As we judge it", "idempotency_key": "one"}
    for _ in range(2):
        assert gm.post(f"{room}decide-level/", body).url == room
    again = gm.post(f"{room}decide-level/", {"level": other, "reason": "kept words"})
    assert again.status_code == 409
    assert "kept words" in again.content.decode()
    assert hotline.cast.client(OUTSIDER).post(f"{room}decide-level/", body).status_code == 403
    assert Event.objects.filter(kind="level.decided").count() == 1


def test_who_decides_on_a_page_that_is_old_reads_why_and_may_send_again(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    gm, path = hotline.cast.client(GM), f"/incidents/{night.number}/decide-level/"
    hotline.post(DUTY, f"incidents/{night.number}/verify", {"outcome": "confirmed", "major": True})
    stale = gm.post(path, {"level": "I", "reason": "kept words", "based_on": "1"})
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "changed after you opened it" in text
    assert "kept words" in text
    based_on = re.search(r'name="based_on" value="(\d+)"', text) or re.search(
        r'value="(\d+)"[^>]*name="based_on"', text
    )
    assert based_on
    sent = gm.post(path, {"level": "I", "reason": "kept words", "based_on": based_on[1]})
    assert sent.status_code == 302


def test_who_decides_on_a_page_that_is_old_reads_what_is_new_on_the_answer(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    path = f"/incidents/{night.number}/evaluate/"
    incident = by_number(night.number)
    old = incident.stream.head_seq
    hotline.post(
        DUTY, f"incidents/{night.number}/verify", {"outcome": "confirmed", "major": True, "note": "dead <line>"}
    )
    hotline.post(GM, f"incidents/{night.number}/decide-level", {"level": "II", "reason": "two regions"})
    hotline.post(GM, f"incidents/{night.number}/start")
    for language, told in (
        (
            "en",
            (
                "What is new since you opened the page",
                "Verified: a major fault.",
                "dead &lt;line&gt;",
                "two regions",
                "Response",
            ),
        ),
        ("zh-hans", ("打开本页之后的新情况", "核实", "二级响应", "two regions", "启动响应")),
    ):
        gm = hotline.cast.client(GM, language)
        stale = gm.post(path, {"verdict": "keep", "reason": "kept words", "based_on": str(old)})
        assert stale.status_code == 409
        news = stale.content.decode().partition('id="news"')[2].partition("</section>")[0]
        for words in told:
            assert words in news, words
    fresh = gm.post(path, {"verdict": "", "reason": "kept words", "based_on": str(old)})
    assert 'id="news"' not in fresh.content.decode(), "only where something decisive came between"


def test_the_form_rests_on_what_stood_there_when_it_was_built(hotline: Hotline) -> None:  # noqa: F811
    """What is written while the answer is made is not taken for read."""
    night = Night(hotline)
    seen = by_number(night.number)
    hotline.post(DUTY, f"incidents/{night.number}/verify", {"outcome": "confirmed", "major": True})
    form = DecideForm({"level": "I", "reason": "kept words", "based_on": "1"}, incident=seen)
    request = RequestFactory().post("/", {"based_on": "1"})
    assert form.is_valid()
    (told,) = [row for row in _rest_on_now(form, seen, request) if "Verified" in row.sentence]
    assert int(form.data["based_on"]) == seen.stream.head_seq < newest_seq(seen)
    assert told.at


def test_a_refused_form_can_be_read_in_the_other_language_and_loaded_again(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    room, gm = f"/incidents/{night.number}/", hotline.cast.client(GM)
    owed = hotline.owed(night.number)
    proof = f"/obligations/{next(iter(owed.values()))['id']}/fulfil/"
    for path, page in (
        (f"{room}decide-level/", room),
        (f"{room}warning/preparation/1/done/", room),
        (proof, room),
        ("/obligations/987654/fulfil/", "/"),
        ("/notices/7/approve/", "/notices/7/"),
        ("/resources/equipment/7/withdraw", "/resources/equipment/7/"),
    ):
        for look in (gm.get, gm.head):
            assert (look(path).status_code, look(path)["Location"]) == (302, page), path
    text = gm.post(f"{room}decide-level/", {"level": "IV"}).content.decode()
    following = re.search(r'name="next" value="([^"]+)"', text)
    assert following
    assert following[1] == f"{room}decide-level/"
    pressed = gm.post("/i18n/setlang/", {"language": "zh-hans", "next": following[1]}, follow=True)
    assert pressed.redirect_chain[-1][0] == room
    assert pressed.status_code == 200
    assert 'lang="zh-hans"' in pressed.content.decode()
    outsider = hotline.cast.client(OUTSIDER)
    assert outsider.get(f"{room}decide-level/").url == "/", "no page he may not open"
    assert Client().get(proof).url == f"/accounts/login/?next={proof}", "and a stranger is told nothing of it"


def test_a_session_that_ended_before_the_form_was_sent_leads_back_to_its_page(hotline: Hotline) -> None:  # noqa: F811
    room = f"/incidents/{Night(hotline).number}/"
    for case, referer, back in (
        ("the page it stood on", f"http://testserver{room}?from=home", f"{room}%3Ffrom%3Dhome"),
        ("another house", f"http://elsewhere.example{room}", "/"),
        ("another scheme", "javascript:alert(1)", "/"),
        ("nothing said", "", "/"),
    ):
        sent = Client(headers={"Referer": referer}).post(f"{room}decide-level/", {"level": "I"})
        assert (sent.status_code, sent["Location"]) == (302, f"/accounts/login/?next={back}"), case


def test_a_refused_judgement_and_a_refused_ending_keep_what_was_typed(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("II")
    room, gm = f"/incidents/{night.number}/", hotline.cast.client(GM)
    refused(gm.post(f"{room}evaluate/", {"verdict": "raise", "reason": "kept words"}), 400, "level", "kept words")
    refused(gm.post(f"{room}evaluate/", {"verdict": "lower", "level": "III"}), 400, "reason", 'value="III" selected')
    declared: dict[str, Any] = {"no_secondary_risk": "on", "waived": "complaints"}
    text = refused(gm.post(f"{room}end/", declared), 400, "reason")
    assert re.search(r'name="no_secondary_risk"[^>]*checked', text)
    assert re.search(r'value="complaints"[^>]*checked', text)
    open_still = gm.post(f"{room}end/", {**declared, "reason": "kept words"})
    text = open_still.content.decode()
    assert open_still.status_code == 409
    assert "kept words" in text
    assert "The response cannot end yet" in text


@pytest.mark.parametrize(("came_from", "back"), [("home", "/"), ("room", "/incidents/{number}/")])
def test_a_refused_proof_or_waiver_keeps_what_was_typed(came_from: str, back: str, hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("II")
    gm, owed = hotline.cast.client(GM), night.owed()
    proof = f"/obligations/{owed['start.allocation']['id']}/fulfil/"
    text = refused(gm.post(proof, {"evidence": "minutes", "note": "kept words", "from": came_from}), 400, "evidence")
    assert "kept words" in text
    assert f'name="from" value="{came_from}"' in text
    refused(gm.post(proof, {"evidence": "decision", "note": " "}), 400, "note")
    sent = gm.post(proof, {"evidence": "decision", "note": "See the minutes", "from": came_from})
    assert sent.url == back.format(number=night.number)
    late = gm.post(proof, {"evidence": "decision", "note": "kept words"})
    assert late.status_code == 409
    assert "kept words" in late.content.decode()
    waiver = f"/obligations/{owed['start.budget']['id']}/waive/"
    refused(gm.post(waiver, {"reason": " ", "from": came_from}), 400, "reason")
    sent = gm.post(waiver, {"reason": "None needed", "from": came_from})
    assert sent.url == back.format(number=night.number)
    assert gm.post("/obligations/999999/waive/", {"reason": "x"}).status_code == 404


def test_a_refused_cancellation_of_a_task_is_asked_for_again(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("II")
    lead = hotline.cast.client(GM)
    given = hotline.post(
        GM,
        f"incidents/{night.number}/tasks",
        {"group": "technical_response", "title": "Swap the board", "assignee": hotline.cast.user(TECH).pk},
        expect=201,
    )
    path = f"/incidents/{night.number}/tasks/{given['id']}/cancel/"
    refused(lead.post(path, {"reason": " "}), 400, "reason")
    assert lead.post(path, {"reason": "Not needed"}).status_code == 302


def test_where_the_plan_proposes_nothing_the_refusal_says_so(hotline: Hotline) -> None:  # noqa: F811
    number = hotline.post(DUTY, "incidents", {"noticed": "It crackles", "regions": ["east"]}, expect=201)["number"]
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed"})
    assert hotline.get(GM, f"incidents/{number}/decision-card")["proposed"] is None
    path, sent = f"/incidents/{number}/decide-level/", {"level": "III", "reason": ""}
    text = refused(hotline.cast.client(GM).post(path, sent), 400, "reason")
    assert "The plan proposes no level on what is known so far; give the reason" in text
    assert "This differs" not in text
    assert "预案尚未建议级别" in refused(hotline.cast.client(GM, "zh-hans").post(path, sent), 400, "reason")


def test_what_is_to_be_done_comes_before_a_warning_that_could_be_issued(hotline: Hotline) -> None:  # noqa: F811
    number = hotline.post(DUTY, "incidents", {"noticed": "It crackles", "regions": ["east"]}, expect=201)["number"]

    def order() -> list[str]:
        page = hotline.cast.client(DUTY).get(f"/incidents/{number}/").content.decode()
        return re.findall(r'id="(room-acts|room-warning)"', page)

    assert order() == ["room-acts", "room-warning"]
    said = {"colour": "blue", "reach": "East", "duration": "An hour", "measures": "More agents"}
    hotline.post(DUTY, f"incidents/{number}/warn", said)
    assert order() == ["room-warning", "room-acts"], "one that stands comes first"
