"""That something was not triggered can be shown: every row of the plan is owed by an incident, or it is said why not."""

from io import BytesIO

from docx import Document

from engine.models import Event
from plans.selectors import current
from tests.apps.escalation.test_obligations import Night
from tests.cast import EXECUTIVE, GM, OUTSIDER
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture


def test_every_row_of_the_plan_is_owed_or_said_why_not(hotline: Hotline) -> None:  # noqa: F811
    night = Night(hotline).to_the_start("III")
    never = {row["rule"]: row for row in hotline.get(GM, f"incidents/{night.number}/never-owed")}
    plan = current()
    assert plan is not None
    rows = {rule.id for rule in plan.obligations.values() if not rule.outside_incidents}
    assert never.keys() | {row["rule"] for row in night.rows()} == rows
    assert never.keys().isdisjoint(row["rule"] for row in night.rows())
    meeting = never["hq.first_meeting"]
    assert (meeting["why"], [one["moment"] for one in meeting["came"]]) == ("level", ["response_started"])
    (came,) = meeting["came"]
    started = Event.objects.get(stream__key=night.number, seq=came["seq"])
    assert started.kind == "response.started", "what is said to have happened stands in the log"
    assert (never["end.report"]["why"], never["end.report"]["came"]) == ("no_moment", [])


def test_room_dossier_and_paper_say_it_in_words(hotline: Hotline) -> None:  # noqa: F811
    number = Night(hotline).to_the_start("III").number
    said = (
        "Not triggered",
        "It is owed at these levels only: Level I, Level II.",
        "What starts it did not happen: service restored.",
    )
    for path in (f"/incidents/{number}/", f"/incidents/{number}/dossier/"):
        page = hotline.cast.client(GM).get(path).content.decode()
        assert [words for words in said if words not in page] == [], path
    chinese = hotline.cast.client(GM, "zh-hans").get(f"/incidents/{number}/dossier/").content.decode()
    assert ("未触发" in chinese, "Not triggered" in chinese) == (True, False)
    answer = hotline.cast.api(EXECUTIVE).get(f"/api/v1/incidents/{number}/dossier.docx")
    cells = [
        cell.text for table in Document(BytesIO(answer.content)).tables for row in table.rows for cell in row.cells
    ]
    assert any(words.startswith("It is owed at these levels only") for words in cells)
    assert hotline.cast.api(OUTSIDER).get(f"/api/v1/incidents/{number}/never-owed").status_code == 403
