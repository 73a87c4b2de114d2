"""The dossier: the decision cards as they were taken, what was decided on them, and who was told, as the record holds it."""

from io import BytesIO
from typing import Any

import pytest
from docx import Document
from docx.oxml.ns import qn

from dashboard.paper import Paper
from engine.models import Event, Stream
from escalation.models import Proposal
from incidents.selectors import by_number
from notifications.models import Delivery
from people.models import Contact
from tests.apps.escalation.test_obligations import Night
from tests.cast import AUDITOR, DUTY, EXECUTIVE, GM, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture


def test_it_holds_the_cards_as_taken_and_what_was_decided_on_them(hotline: Hotline) -> None:  # noqa: F811
    number = Night(hotline).to_the_start("III").number
    found = hotline.get(AUDITOR, f"incidents/{number}/dossier")
    kept = {proposal.event.seq: proposal.card for proposal in Proposal.objects.filter(incident__number=number)}
    assert {turn["seq"]: turn["card"] for turn in found["turns"] if turn["card"]} == kept
    assert kept
    decided = [event for turn in found["turns"] for event in turn["decided"]]
    assert [event["kind"] for event in decided] == ["level.decided", "response.started"]
    level = decided[0]
    assert (level["data"]["after"], level["data"]["differs"], level["data"]["reason"]) == (
        "III",
        True,
        "As we judge it",
    )
    assert (level["actor"]["name"], level["authority"]) == (hotline.cast.user(GM).display_name, "hq_commander")


def test_it_tells_what_was_owed_and_who_was_told_without_an_address(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    hotline.forward(minutes=7)
    night.step("verified", DUTY, "verify", {"outcome": "confirmed", "major": True})
    hotline.post(TECH, f"incidents/{night.number}/assess", {"impact": "East", "facts": {}})
    answer = hotline.cast.api(EXECUTIVE).get(f"/api/v1/incidents/{night.number}/dossier")
    found = answer.json()
    owed = {row["rule"]: row for row in found["obligations"]}
    assert (owed["intake.verify"]["state"], owed["intake.verify"]["late"]) == ("fulfilled", True)
    proof = next(event for event in found["events"] if event["seq"] == owed["intake.verify"]["proof_seq"])
    assert proof["kind"] == "incident.verified"
    (told,) = [message for message in found["messages"] if message["kind"] == "tier.major"]
    assert {"inapp", "voice"} <= {row["channel"] for row in told["deliveries"]}
    assert {GM} <= {row["user"] for row in told["deliveries"]}
    assert [row["impact"] for row in found["assessments"]] == ["East"]
    addresses = [contact.opened() for contact in Contact.objects.all()]
    assert addresses
    assert [address for address in addresses if address in answer.content.decode()] == []


def test_it_tells_which_group_chats_heard_it(hotline: Hotline, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("HOTLINE_CHATS", "technical_response/tech=wecom+https://chats.example.org/?key=k")
    night = Night(hotline)
    night.step("verified", DUTY, "verify", {"outcome": "confirmed", "major": True})
    Delivery.objects.filter(chat="tech").update(state="sending")
    Delivery.objects.filter(chat="tech").update(state="delivered")
    found = hotline.cast.api(EXECUTIVE).get(f"/api/v1/incidents/{night.number}/dossier").json()
    (told,) = [message for message in found["messages"] if message["kind"] == "tier.major"]
    assert [(row["name"], row["channel"]) for row in told["deliveries"] if row["user"] is None] == [("tech", "wecom")]
    page = hotline.cast.client(GM).get(f"/incidents/{night.number}/dossier/").content.decode()
    row = page[page.index(">tech</th>") :].partition("</tr>")[0]
    assert "Technical response group" in row
    assert "WeCom chat" in row
    assert "not read yet" not in row


def test_the_page_says_the_same_in_both_languages_and_only_to_those_it_is_for(hotline: Hotline) -> None:  # noqa: F811
    number = Night(hotline).to_the_start("III").number
    client = hotline.cast.client(GM)
    english = client.get(f"/incidents/{number}/dossier/", headers={"Accept-Language": "en"}).content.decode()
    for part in (
        "What was proposed, and what was decided",
        "otherwise than proposed",
        "As we judge it",
        "Who was told what, and when",
    ):
        assert part in english
    client.cookies["django_language"] = "zh-hans"
    chinese = client.get(f"/incidents/{number}/dossier/").content.decode()
    assert ">时间</h2>" in chinese
    assert "提出了什么，作出了什么决定" in chinese
    assert f"/incidents/{number}/dossier/" in client.get(f"/incidents/{number}/").content.decode()
    for who in (DUTY, TECH):
        other = hotline.cast.client(who)
        assert other.get(f"/incidents/{number}/dossier/").status_code == 403
        assert f"/incidents/{number}/dossier/" not in other.get(f"/incidents/{number}/").content.decode()
        hotline.get(who, f"incidents/{number}/dossier", expect=403)
    hotline.get(GM, "incidents/2020-0001/dossier", expect=404)


def words(paper: Any) -> str:
    """All that a Word document says, its tables' rows as lines."""
    rows = [" | ".join(cell.text for cell in row.cells) for table in paper.tables for row in table.rows]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *rows])


def word(hotline: Hotline, who: str, number: str, language: str, *, api: bool = False) -> Any:  # noqa: F811
    client = hotline.cast.api(who) if api else hotline.cast.client(who)
    path = f"/api/v1/incidents/{number}/dossier.docx" if api else f"/incidents/{number}/dossier.docx"
    client.cookies["django_language"] = language
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.content[:300]
    assert f'filename="dossier-{number}.docx"' in answer["Content-Disposition"]
    return Document(BytesIO(answer.content))


def test_the_word_document_says_what_the_record_says_in_both_languages(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline)
    number = night.to_the_start("III").number
    found = hotline.get(AUDITOR, f"incidents/{number}/dossier")
    english, chinese = (words(word(hotline, GM, number, language)) for language in ("en", "zh-hans"))
    assert words(word(hotline, AUDITOR, number, "en", api=True)).count("#") == english.count("#")
    for part in (
        "What was proposed, and what was decided",
        "otherwise than proposed",
        "As we judge it",
        "What the plan proposes",
    ):
        assert part in english
    assert "提出了什么，作出了什么决定" in chinese
    for row in found["obligations"]:
        assert row["title"]["en"] in english
        assert row["title"]["zh"] in chinese
    for message in found["messages"]:
        assert message["subject"]["en"] in english
        for delivery in message["deliveries"]:
            assert delivery["name"] in english
    assert [f"#{event['seq']}  " in english for event in found["events"]] == [True] * len(found["events"])
    assert "The response began at Level III." in english
    seal = found["seal"]
    newest = Event.objects.filter(stream=by_number(number).stream_id).order_by("-seq")[0]
    assert (seal["seq"], seal["hash"], seal["whole"]) == (newest.seq, bytes(newest.hash).hex(), True)
    for said in (english, chinese, hotline.cast.client(GM).get(f"/incidents/{number}/dossier/").content.decode()):
        assert seal["hash"] in said
    addresses = [contact.opened() for contact in Contact.objects.all()]
    assert addresses
    assert [address for address in addresses if address in english] == []


def test_a_log_that_was_tampered_with_is_said_to_be(hotline: Hotline) -> None:  # noqa: F811
    number = Night(hotline).to_the_start("III").number
    stream = by_number(number).stream_id
    # Its rows can be changed by nobody; the end of it is said to be another.
    Stream.objects.filter(pk=stream).update(head_hash=b"another")
    found = hotline.get(AUDITOR, f"incidents/{number}/dossier")
    assert found["seal"]["whole"] is False
    assert "The log was tampered with" in words(word(hotline, GM, number, "en"))
    assert (
        "The log was tampered with"
        in hotline.cast.client(GM)
        .get(f"/incidents/{number}/dossier/", headers={"Accept-Language": "en"})
        .content.decode()
    )


def test_the_word_document_is_for_those_the_page_is_for(hotline: Hotline) -> None:  # noqa: F811
    number = Night(hotline).to_the_start("III").number
    assert (
        f"/incidents/{number}/dossier.docx"
        in hotline.cast.client(GM).get(f"/incidents/{number}/dossier/").content.decode()
    )
    for who in (DUTY, TECH):
        assert hotline.cast.client(who).get(f"/incidents/{number}/dossier.docx").status_code == 403
        assert hotline.cast.api(who).get(f"/api/v1/incidents/{number}/dossier.docx").status_code == 403
    assert hotline.cast.client(GM).get("/incidents/2020-0001/dossier.docx").status_code == 404
    assert hotline.cast.api(GM).get("/api/v1/incidents/2020-0001/dossier.docx").status_code == 404


def test_chinese_has_a_typeface_and_what_xml_cannot_hold_spoils_nothing() -> None:
    paper = Paper(title="卷宗\x00", author="热线", language="zh-hans")
    paper.text("一行\x0b\ud800另一行", strong="\x1b")
    paper.facts([("名", "值\uffff")])
    made = Document(BytesIO(paper.file()))
    assert "一行\ufffd\ufffd另一行" in words(made)
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Heading 3"):
        fonts = made.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == "Microsoft YaHei", name
        assert fonts.get(qn("w:asciiTheme")) is None, name
