"""The pages of readiness, one's own list, and the calendar."""

import html
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from icalendar import Calendar

from common.errors import Missing
from engine import worlds
from engine.models import Event
from hotline_ep.practice.duties import roster_found
from hotline_ep.practice.ledger import ledger_found
from people.calendars import link_of as shifts_of
from people.services import role_end
from readiness import calendars
from readiness.prefill import QUOTED, prefilled
from resources.selectors import Duty, duties_of, items
from resources.services import equipment_inspect
from tests.apps.readiness.conftest import House
from tests.cast import AUDITOR, DUTY, EXECUTIVE, GM

ADMINISTRATION, KEEPER = "hu", "feng"
PROOF = {"evidence": "check", "note": "Called everybody on the list"}


def text(house: House, who: str, path: str, status: int = 200, language: str = "en") -> str:
    answer = house.cast.client(who, language).get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_says_what_is_overdue_what_comes_and_who_proved_what(house: House) -> None:
    turn = house.turns("ready.contacts")[0]
    house.post(ADMINISTRATION, turn.pk, "fulfil", PROOF)
    house.forward(days=32)
    page = text(house, AUDITOR, "/readiness/")
    assert "Generator test run" in page.split('id="overdue-title"')[1].split('id="coming-title"')[0]
    assert "Joint drill" in page.split('id="coming-title"')[1].split('id="unclocked-title"')[0]
    assert "Shelf life of supplies checked" in page.split('id="unclocked-title"')[1]
    history = page.split('id="history-title"')[1]
    assert PROOF["note"] in history
    assert house.cast.user(ADMINISTRATION).display_name in history
    assert "Kept item by item" in page
    assert "ready-" not in page, "who owes nothing is offered nothing"
    assert "发电机试机" in text(house, AUDITOR, "/readiness/", language="zh-hans")


def test_the_list_is_filtered_by_owner_clause_and_state(house: House) -> None:
    page = text(house, AUDITOR, "/readiness/?whose=coo").split('id="history-title"')[0]
    assert "Expert pool updated" in page
    assert "Report on the fund" not in page
    assert "Report on the fund" in text(house, AUDITOR, "/readiness/?clause=9.2")
    assert "No readiness obligation fits this filter." in text(house, AUDITOR, "/readiness/?state=overdue")
    assert "Report on the fund" in text(house, AUDITOR, "/readiness/?whose=nobody"), "a filter nobody can choose"


def test_one_tap_with_a_note_from_the_list_and_from_ones_own(house: House) -> None:
    client = house.cast.client(ADMINISTRATION)
    turn = house.turns("ready.contacts")[0]
    assert f'action="/readiness/turns/{turn.pk}/fulfil/"' in client.get("/readiness/").content.decode()
    assert f"readiness-{turn.pk}" not in client.get("/").content.decode(), "what is far off presses nobody"
    assert "/readiness/?whose=mine" in client.get("/").content.decode()
    house.only("ready.contacts")
    house.forward(days=86)
    home = client.get("/").content.decode()
    assert f'id="readiness-{turn.pk}"' in home
    refused = client.post(f"/readiness/turns/{turn.pk}/fulfil/", {**PROOF, "note": ""})
    assert refused.status_code == 400
    assert "This field is required." in refused.content.decode()
    done = client.post(f"/readiness/turns/{turn.pk}/fulfil/", {**PROOF, "from": "home"})
    assert (done.status_code, done["Location"]) == (302, "/")
    assert f'id="readiness-{turn.pk}"' not in client.get("/").content.decode()
    again = client.post(f"/readiness/turns/{turn.pk}/fulfil/", PROOF)
    assert again.status_code == 409
    assert "settled or ended meanwhile" in again.content.decode()


def test_a_proof_begins_with_the_last_one_and_with_what_was_inspected_since(house: House) -> None:
    ledger_found()
    keeper = house.cast.user(KEEPER)
    rule = "ready.generator"
    assert "Inspected " not in text(house, KEEPER, f"/readiness/rules/{rule}/")
    item, *_others = items().filter(keeper=keeper)
    house.forward(days=1)
    equipment_inspect(equipment_id=item.pk, condition="good", note="ran for an hour", by=house.cast.actor(KEEPER))
    begun = text(house, KEEPER, f"/readiness/rules/{rule}/")
    assert f": {item.number} {item.name}, Good (ran for an hour)" in begun
    turn = house.turns(rule)[0]
    house.post(KEEPER, turn.pk, "fulfil", {"evidence": "check", "note": "Test run of 30 minutes"})
    house.only(rule)
    house.forward(days=40)
    again = text(house, KEEPER, f"/readiness/rules/{rule}/")
    assert "Test run of 30 minutes" in again.split("<textarea")[1]
    assert "ran for an hour" not in again.split("<textarea")[1].split("</textarea>")[0]
    (second,) = house.turns(rule, "open")
    said = html.unescape(again.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0]).strip()
    house.post(KEEPER, second.pk, "fulfil", {"evidence": "check", "note": f"{said}\nRan again"})
    house.forward(days=30)
    (third,) = house.turns(rule, "open")
    dialog = text(house, KEEPER, "/readiness/").split(f'id="ready-{third.pk}"')[1].split("</dialog>")[0]
    assert ": Ran again</textarea>" in dialog, "the one tap begins so too"
    assert "Test run of 30 minutes" not in dialog, "what a proof had begun with is not quoted again"


def test_a_start_quotes_what_was_written_anew_however_many_turns_there_were(house: House) -> None:
    ledger_found()
    rule, who, by = "ready.generator", house.cast.user(KEEPER).pk, house.cast.actor(KEEPER)
    mine = list(items().filter(keeper=who)[:3])
    (turn,) = house.turns(rule, "open")

    def prove(note: str) -> None:
        """… and the next turn stands, without the clocks of all the others."""
        house.post(KEEPER, turn.pk, "fulfil", {"evidence": "check", "note": note})
        turn.pk, turn.turn, turn.due_at = None, turn.turn + 1, turn.due_at + timedelta(days=31)
        turn.save(force_insert=True)

    written, day = "", house.now()
    for number in range(20):
        for item in mine:
            equipment_inspect(equipment_id=item.pk, condition="good", note=f"ran\nfor {number} h", by=by)
        with override("en" if number % 2 else "zh-hans"):
            start = prefilled([turn], who)[turn.pk]
        assert len(start) <= 2000 - 200, "room is left to write in"
        quoted = [line.removeprefix("> ") for line in start.splitlines() if line.startswith("> ")]
        first, *more = written.splitlines() or [""]
        assert not written or (quoted[0].endswith(first) and f"{day:%Y-%m-%d}" in quoted[0])
        assert quoted[1:] == more, "what was written, all of it, and nothing older"
        assert len(start.splitlines()) == len(quoted) + len(mine)
        written = f"Ran {number} minutes\nOil changed\n{start.splitlines()[-1]}, and cleaned"
        untouched = "\r\n".join(start.splitlines())
        prove(f"{untouched}\r\n{written}")
        day = timezone.localtime(house.now())
        worlds.world_forward(world=house.world, by=timedelta(days=31))
    prove("x" * 2000)
    assert len(prefilled([turn], who)[turn.pk]) == QUOTED


def test_a_form_sent_twice_proves_once(house: House) -> None:
    client = house.cast.client(ADMINISTRATION)
    turn = house.turns("ready.supplies")[0]
    for _try in range(2):
        said = {**PROOF, "idempotency_key": "one-and-the-same"}
        assert client.post(f"/readiness/turns/{turn.pk}/fulfil/", said).status_code == 302
    assert house.states("ready.supplies") == ["fulfilled", "open"]


def test_where_the_product_sees_a_gap_it_leads_to_the_roster(house: House) -> None:
    roster_found()
    house.forward(days=3, minutes=1)
    home = text(house, "su", "/")
    assert "missed 3 times" in home
    assert 'href="/people/duty/"' in home.split('id="readiness-')[1]
    rule = text(house, "su", "/readiness/rules/ready.roster/")
    assert "gap within 14 days" in rule
    late = house.turns("ready.roster")[0]
    refused = house.cast.client("su").post(f"/readiness/turns/{late.pk}/fulfil/", PROOF)
    assert refused.status_code == 409


def test_a_rules_page_tells_what_is_asked_and_its_turns(house: House) -> None:
    (turn,) = house.turns("ready.fund")
    page = text(house, EXECUTIVE, "/readiness/rules/ready.fund/")
    assert "Waive this turn" in page
    assert "Waive this turn" not in text(house, DUTY, "/readiness/rules/ready.fund/")
    client = house.cast.client(EXECUTIVE)
    assert client.post(f"/readiness/turns/{turn.pk}/waive/", {"reason": ""}).status_code == 400
    assert client.post(f"/readiness/turns/{turn.pk}/waive/", {"reason": "Merged"}).status_code == 302
    page = text(house, EXECUTIVE, "/readiness/rules/ready.fund/")
    assert "No turn stands now." in page
    assert "Merged" in page
    assert client.get(f"/readiness/turns/{turn.pk}/waive/")["Location"] == "/readiness/rules/ready.fund/"
    text(house, EXECUTIVE, "/readiness/rules/intake.verify/", status=404)
    text(house, EXECUTIVE, "/readiness/rules/nothing/", status=404)
    assert "Items inspected" in text(house, KEEPER, "/readiness/rules/ready.equipment/")


def test_the_page_asks_the_database_no_more_for_more_rows(house: House, django_assert_max_num_queries) -> None:
    client = house.cast.client(AUDITOR)
    client.get("/readiness/")
    house.forward(days=65)
    with django_assert_max_num_queries(26):
        client.get("/readiness/")


# --- the calendar -----------------------------------------------------------------------------------------------------
def entries(house: House, address: str) -> dict[str, list[str]]:
    """Title → days, of a calendar that a stranger's program reads."""
    answer = Client().get(address)
    assert answer["Content-Type"].startswith("text/calendar")
    found: dict[str, list[str]] = {}
    for event in Calendar.from_ical(answer.content).walk("VEVENT"):
        found.setdefault(str(event["summary"]), []).append(str(event["dtstart"].dt)[:10])
    return found


def test_what_one_owes_in_ones_own_calendar_a_year_ahead(house: House) -> None:
    hu = house.cast.user(ADMINISTRATION)
    hu.language = "en"
    hu.save(update_fields=["language"])
    own = entries(house, calendars.link_of(hu))
    assert set(own) == {"Contacts verified", "No gap for two weeks in duty managers, HQ line, drivers and watch"}
    assert len(own["Contacts verified"]) == 4
    every = entries(house, calendars.link_of(hu) + "?all")
    assert {"Generator test run", "Joint drill"} <= every.keys()
    house.only("ready.contacts")
    house.forward(days=95)
    assert len(entries(house, calendars.link_of(hu))["Overdue: Contacts verified"]) == 1
    uids = [str(e["uid"]) for e in Calendar.from_ical(calendars.calendar_of(hu, everything=True)).walk("VEVENT")]
    assert len(uids) == len(set(uids))


def test_what_ones_items_ask_for_stands_in_the_same_calendar(house: House) -> None:
    ledger_found()
    keeper = next(duty.item.keeper for duty in duties_of_anybody(house))
    found = entries(house, calendars.link_of(keeper))
    assert any(title.startswith(("检查：", "更换：", "Inspect: ", "Replace: ")) for title in found), found


def duties_of_anybody(house: House) -> list[Duty]:
    return [duty for user in house.cast.everyone for duty in duties_of(house.cast.actor(user.username))]


def test_the_address_is_signed_renewed_and_ends_with_the_right(house: House) -> None:
    old = calendars.link_of(house.cast.user(ADMINISTRATION))
    assert Client().get(old[:-6] + "x.ics").status_code == 404
    assert house.cast.client(ADMINISTRATION).post("/readiness/calendar/renew/").status_code == 302
    assert Client().get(old).status_code == 404
    assert Event.objects.filter(kind="duty.calendar_renewed").count() == 1
    hu = house.cast.user(ADMINISTRATION)
    assert Client().get(calendars.link_of(hu)).status_code == 200
    assert Client().get(shifts_of(hu).replace("/people/duty/", "/readiness/calendar/")).status_code == 404
    for holding in hu.holdings.filter(until=None):
        role_end(holding=holding, by=house.cast.actor("guard"))
    with pytest.raises(Missing):
        calendars.linked(calendars.link_of(hu).rpartition("/")[2].removesuffix(".ics"))


def test_the_waiver_of_the_commander_lets_one_turn_go(house: House) -> None:
    (turn,) = house.turns("ready.generator")
    house.post(GM, turn.pk, "waive", {"reason": "The building has no power this week"})
    house.forward(seconds=(turn.due_at + timedelta(minutes=1) - house.now()).total_seconds())
    assert house.states("ready.generator") == ["waived", "open"]
