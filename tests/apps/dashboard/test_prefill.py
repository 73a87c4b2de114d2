"""Reports begin with what is on record (4.4, 6.1, 6.4): a 30-minute report takes a minute, and nothing is invented."""

import re
from datetime import timedelta

from engine.models import Event
from escalation.models import Obligation
from incidents.models import Incident, Task
from plans.domain.templates import BLANK
from tests.apps.escalation.test_obligations import Night
from tests.cast import DUTY, GM, IT, OUTSIDER, SUPERVISOR, TECH
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture


def started(house: Hotline, number: str, who: str = TECH, **what: str) -> dict[str, str]:
    asked = "&".join(f"{name}={value}" for name, value in what.items())
    found: dict[str, str] = house.get(who, f"incidents/{number}/prefill?{asked}")
    return found


def night(house: Hotline) -> Night:
    return Night(house).to_the_start("I")


def given(house: Hotline, number: str, title: str) -> Task:
    body = {"group": "technical_response", "title": title, "assignee": house.cast.user(TECH).pk}
    house.post(TECH, f"incidents/{number}/tasks", body, expect=201)
    return Task.objects.get(title=title)


def test_a_handling_report_begins_with_what_was_done_since_the_last_and_what_is_left(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    assert "measures" not in started(hotline, number, act="report"), "nothing was done yet, and nothing is made up"
    first, second = given(hotline, number, "Switch to the spare core"), given(hotline, number, "Call the carrier")
    hotline.forward(minutes=2)
    hotline.post(TECH, f"incidents/{number}/tasks/{first.pk}/done", {"note": "carries all lines"})
    said = started(hotline, number, act="report")
    assert "Switch to the spare core" in said["measures"]
    assert said["measures"].endswith(": carries all lines")
    assert "Call the carrier" in said["next_steps"]
    assert "recovery_hours" not in said
    hotline.forward(minutes=1)
    hotline.post(
        TECH, f"incidents/{number}/report", {"measures": "Spare core", "situation": "Half of the calls get through"}
    )
    hotline.forward(minutes=1)
    hotline.post(TECH, f"incidents/{number}/tasks/{second.pk}/done", {})
    again = started(hotline, number, act="report")
    assert ("Switch to the spare core" in again["measures"], "Call the carrier" in again["measures"]) == (False, True)
    assert "next_steps" not in again


def test_figures_carry_their_time_and_an_evaluation_the_newest_report(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    hotline.samples("availability", 97.5, 96.5, region="east")
    hotline.post(
        TECH, f"incidents/{number}/report", {"measures": "Spare core", "situation": "Half of the calls get through"}
    )
    said = started(hotline, number, GM, act="evaluate")["reason"].splitlines()
    assert "96.5 %" in said[0]
    assert said[-1].endswith("Half of the calls get through")
    hotline.forward(minutes=1)
    hotline.post(GM, f"incidents/{number}/evaluate", {"verdict": "keep", "reason": "As it is"})
    assert "Half of the calls" not in started(hotline, number, GM, act="evaluate").get("reason", "")


def test_an_ending_report_tells_the_course_and_no_cause(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    hotline.post(TECH, f"incidents/{number}/report", {"measures": "Spare core"})
    hotline.post(TECH, f"incidents/{number}/restore", {})
    said = started(hotline, number, act="ending-report")["summary"]
    for part in ("On record: ", "Response started: ", "Service restored: ", "Level: ", "Measures: Spare core"):
        assert part in said
    assert "ause" not in said


def test_a_first_report_leaves_with_what_is_not_yet_known_and_owes_it_later(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    said = started(hotline, number, SUPERVISOR, evidence="authority_first_report")["note"]
    assert f"[Measures taken: {BLANK}]" in said
    (owed,) = Obligation.objects.filter(incident__number=number, rule="report.superior_first_major")
    blank = {"evidence": "authority_first_report", "note": said}
    refused = house_refuses(hotline, f"obligations/{owed.pk}/fulfil", blank)
    assert "Measures taken" in refused, "a missing element blocks sending, and is named"
    again = hotline.cast.client(SUPERVISOR, "en").post(f"/obligations/{owed.pk}/fulfil/", blank)
    page = again.content.decode()
    assert again.status_code == 400
    field = "id_obligations-" if "id_obligations-" in page else "id_note"
    assert page.index("autofocus") < page.index(f'<a href="#{field}') < page.index("<textarea"), "what is wrong, first"
    for aid in ("Filled from the record", "What changed since", 'class="problem"', "not yet known"):
        assert aid in page, f"{aid}: as in the dialog it came from"
    said = said.replace(BLANK, "not yet known")
    sent = proved(hotline, number, "report.superior_first_major", "authority_first_report", said)
    assert sent.state == "fulfilled"
    left = Event.objects.get(pk=sent.proof_event_id).data["left_open"]
    assert "measures" in left
    rest = Obligation.objects.get(incident__number=number, rule="report.superior_rest")
    assert (rest.state, rest.owners) == ("open", ["cs_supervisor"])
    assert rest.due_at is not None
    assert rest.due_at - rest.anchored_at == timedelta(hours=2)
    hotline.post(TECH, f"incidents/{number}/report", {"measures": "Spare core", "situation": "Half get through"})
    again = started(hotline, number, SUPERVISOR, evidence="authority_rest_report")["note"]
    assert "Measures taken: Spare core" in again
    whole = "".join(part for part in re.split(rf"\[[^\]]*: {BLANK}\]", again))
    assert proved(hotline, number, "report.superior_rest", "authority_rest_report", whole).state == "fulfilled"
    assert Obligation.objects.filter(incident__number=number, rule="report.superior_rest").count() == 1


def house_refuses(house: Hotline, path: str, body: dict[str, str]) -> str:
    said: str = house.post(SUPERVISOR, path, body, expect=400)["errors"][0]["message"]
    return said


def proved(house: Hotline, number: str, rule: str, evidence: str, note: str) -> Obligation:
    row = Obligation.objects.get(incident__number=number, rule=rule)
    house.post(SUPERVISOR, f"obligations/{row.pk}/fulfil", {"evidence": evidence, "note": note})
    row.refresh_from_db()
    return row


def test_whoever_said_nationwide_is_not_asked_where(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    Incident.objects.filter(number=number).update(regions=[], reach="nationwide")
    assert f"[Place: {BLANK}]" not in started(hotline, number, SUPERVISOR, evidence="authority_first_report")["note"]
    Incident.objects.filter(number=number).update(reach=None)
    assert f"[Place: {BLANK}]" in started(hotline, number, SUPERVISOR, evidence="authority_first_report")["note"]


def test_a_root_cause_report_begins_with_the_course_and_leaves_the_cause_to_a_person(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    task = given(hotline, number, "Switch to the spare core")
    hotline.post(TECH, f"incidents/{number}/tasks/{task.pk}/done", {"note": "carries all lines"})
    hotline.post(TECH, f"incidents/{number}/facts", {"secondary_risk": "low"})
    said = started(hotline, number, IT, evidence="root_cause_report")["note"]
    for part in (
        "On record: ",
        "Response started: ",
        "Secondary risk low",
        "carries all lines",
        f"[Cause: {BLANK}]",
        f"[What will prevent it: {BLANK}]",
    ):
        assert part in said
    (owed,) = Obligation.objects.filter(incident__number=number, rule="report.root_cause")
    sent = {"evidence": "root_cause_report", "note": said}
    refused = hotline.post(IT, f"obligations/{owed.pk}/fulfil", sent, expect=400)["errors"][0]["message"]
    assert refused == "Cause, What will prevent it", "it is not sent with a blank that nobody read"


def test_the_executive_report_begins_with_what_the_tiers_were_told(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    assert started(hotline, number, GM, evidence="executive_report") == {}
    hotline.forward(minutes=27)  # the summary is drafted some minutes before it is due
    assert number in started(hotline, number, GM, evidence="executive_report")["note"]


def test_the_room_s_form_begins_so_and_says_so(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    task = given(hotline, number, "Switch to the spare core")
    hotline.post(TECH, f"incidents/{number}/tasks/{task.pk}/done", {})
    page = hotline.cast.client(TECH).get(f"/incidents/{number}/").content.decode()
    form = page[page.index('id="act-report"') :]
    form = form[: form.index("</form>")]
    assert "Begins with what is on record" in form
    assert "Switch to the spare core" in form


def test_what_is_asked_wrongly_or_by_a_stranger_is_refused(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    for asked in ("", "?act=dance", "?evidence=x", "?act=report&evidence=report"):
        hotline.get(DUTY, f"incidents/{number}/prefill{asked}", expect=400)
    hotline.get(OUTSIDER, f"incidents/{number}/prefill?act=report", expect=403)
    hotline.get(DUTY, "incidents/2020-0001/prefill?act=report", expect=404)


# --- what changed since the last report ---------------------------------------------------------------------------------
def changed(house: Hotline, number: str, who: str = TECH, **what: str) -> list[tuple[str, str]]:
    asked = "&".join(f"{name}={value}" for name, value in what.items())
    found = house.get(who, f"incidents/{number}/changes?{asked}")
    return [(line["kind"], line["text"]["en"]) for line in found["lines"]]


def test_what_changed_since_the_last_report_is_said_net_and_begins_the_next(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    hotline.samples("availability", *[97.5] * 6, region="east")
    hotline.post(TECH, f"incidents/{number}/report", {"measures": "Spare core", "situation": "Half get through"})
    assert changed(hotline, number, act="report") == [], "nothing happened since"
    hotline.forward(minutes=10)
    for risk in ("high", "medium"):
        hotline.post(TECH, f"incidents/{number}/facts", {"secondary_risk": risk})
    hotline.post(TECH, f"incidents/{number}/facts", {"recovery_hours": 3})
    hotline.post(TECH, f"incidents/{number}/facts", {"recovery_hours": 8})
    given(hotline, number, "Call the carrier")
    hotline.forward(minutes=21)
    hotline.samples("availability", *[95.5] * 6, region="east")
    said = changed(hotline, number, act="report")
    assert ("fact", "Secondary risk: medium") in said
    assert not [text for kind, text in said if kind == "fact" and "Hours" in text], "it was 8 before and is 8 again"
    assert next(text for kind, text in said if kind == "figure").endswith(": from 97.5 % to 95.5 %")
    assert [re.sub(r"^[\d: -]+", "", text) for kind, text in said if kind == "task"] == [
        "Technical response group was given a task: Call the carrier"
    ]
    assert [text for kind, text in said if kind == "owed" and text.startswith("Overdue: ")]
    situation = started(hotline, number, act="report")["situation"].splitlines()
    assert [text for _kind, text in said] == situation[1:], "after the figures of now"


def test_each_report_looks_back_to_its_own_last_one(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    hotline.post(GM, f"incidents/{number}/evaluate", {"verdict": "keep", "reason": "As it is"})
    hotline.forward(minutes=1)
    hotline.post(TECH, f"incidents/{number}/facts", {"secondary_risk": "high"})
    hotline.forward(minutes=1)
    hotline.post(TECH, f"incidents/{number}/report", {"measures": "Spare core"})
    assert changed(hotline, number, act="report") == []
    assert ("fact", "Secondary risk: high") in changed(hotline, number, GM, act="evaluate")
    whole = hotline.get(GM, f"incidents/{number}/changes?evidence=executive_report")
    assert whole["reported_before"] is False, "none was made; it looks back to the start of the response"
    assert whole["since"] == hotline.get(GM, f"incidents/{number}")["response_started_at"]


def test_changes_are_asked_for_one_report_that_there_is(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    for asked in ("", "act=end", "evidence=nothing", "rule=none", "act=report&evidence=executive_report"):
        assert hotline.cast.api(TECH).get(f"/api/v1/incidents/{number}/changes?{asked}").status_code == 400, asked
    hotline.get(OUTSIDER, f"incidents/{number}/changes?act=report", expect=403)


def test_the_room_offers_each_sentence_to_keep_or_strike(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    hotline.post(TECH, f"incidents/{number}/report", {"measures": "Spare core"})
    hotline.forward(minutes=1)
    hotline.post(TECH, f"incidents/{number}/facts", {"secondary_risk": "high"})
    page = hotline.cast.client(TECH).get(f"/incidents/{number}/").content.decode()
    assert 'data-line="Secondary risk: high"' in page
    chinese = hotline.cast.client(TECH, "zh-hans").get(f"/incidents/{number}/").content.decode()
    assert 'data-line="次生风险：高"' in chinese


# --- the dialogs in which an obligation is proven -----------------------------------------------------------------------
def dialog(house: Hotline, obligation: int, who: str = TECH, language: str = "en") -> str:
    answer = house.cast.client(who, language).get(f"/obligations/{obligation}/changes/")
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def test_a_proof_of_a_rhythm_begins_with_what_changed_since_its_own_last_one(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    hotline.forward(minutes=20)
    hotline.post(TECH, f"incidents/{number}/facts", {"secondary_risk": "high"})
    owed = hotline.owed(number)["site.monitoring_record"]["id"]
    first = dialog(hotline, owed)
    assert "data-kept" in first
    assert 'data-line="Secondary risk: high"' in first
    hotline.post(TECH, f"obligations/{owed}/fulfil", {"evidence": "monitoring_record", "note": "Load 40 %"})
    hotline.forward(minutes=41)  # the next turn is overdue by a minute, the one after it runs
    hotline.post(TECH, f"incidents/{number}/facts", {"recovery_hours": 3})
    again = hotline.owed(number)["site.monitoring_record"]
    assert again["turn"] == 3
    second = dialog(hotline, again["id"])
    assert "What changed since the last report of" in second
    assert "Secondary risk" not in second, "the report before said it"
    assert "from 8 to 3" in second
    assert "Overdue: " in second
    assert "Overdue: On-site monitoring record" not in second, "this is its proof"
    assert "上次报告" in dialog(hotline, again["id"], language="zh-hans")
    said = hotline.get(TECH, f"incidents/{number}/changes?rule=site.monitoring_record")
    assert [line["text"]["en"] in second.replace("&gt;", ">") for line in said["lines"]] == [True] * len(said["lines"])


def test_any_other_proof_is_offered_the_sentences_and_begins_without(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    hotline.post(TECH, f"incidents/{number}/facts", {"secondary_risk": "high"})
    owed = hotline.owed(number)
    for rule, who in (("hq.first_meeting", GM), ("report.superior_first_major", "su")):
        found = dialog(hotline, owed[rule]["id"], who)
        assert 'data-line="Secondary risk: high"' in found, rule
        assert "data-kept" not in found, rule
        assert "Tap a sentence to take it over" in found, rule


def test_the_dialogs_on_both_pages_read_it_where_the_text_stands(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    owed = hotline.owed(number)["site.monitoring_record"]["id"]
    for page in ("/", f"/incidents/{number}/"):
        shown = hotline.cast.client(TECH).get(page).content.decode()
        assert f'data-from="/obligations/{owed}/changes/" data-into="prove-{owed}-reason"' in shown
        assert f'id="prove-{owed}-reason"' in shown


def test_what_changed_is_for_who_may_see_the_incident(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    owed = hotline.owed(number)["site.monitoring_record"]["id"]
    assert hotline.cast.client(OUTSIDER).get(f"/obligations/{owed}/changes/").status_code == 403
    assert hotline.cast.client(TECH).get("/obligations/999999/changes/").status_code == 404
