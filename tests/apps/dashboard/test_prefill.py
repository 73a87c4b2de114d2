"""Reports begin with what is on record (4.4, 6.1, 6.4): a 30-minute report takes a minute, and nothing is invented."""

from incidents.models import Task
from tests.apps.escalation.test_obligations import Night
from tests.cast import DUTY, GM, OUTSIDER, TECH
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
    assert "Begins with what is on record" in form
    assert "Switch to the spare core" in form[: form.index("</form>")]


def test_what_is_asked_wrongly_or_by_a_stranger_is_refused(hotline: Hotline) -> None:  # noqa: F811
    number = night(hotline).number
    for asked in ("", "?act=dance", "?evidence=x", "?act=report&evidence=report"):
        hotline.get(DUTY, f"incidents/{number}/prefill{asked}", expect=400)
    hotline.get(OUTSIDER, f"incidents/{number}/prefill?act=report", expect=403)
    hotline.get(DUTY, "incidents/2020-0001/prefill?act=report", expect=404)
