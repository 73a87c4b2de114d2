"""Pages and API of the ledger."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override
from openpyxl import load_workbook
from rest_framework.test import APIClient

from common.actor import SYSTEM
from engine.models import Event
from hotline_ep.practice.ledger import LINES, ledger_found
from people import services as people
from resources import selectors, services
from resources.models import Equipment, Movement, Store
from resources.prefill import inspection_begun
from tests.apps.resources.conftest import KEEPER, LEAD, OFFICE, OTHER_KEEPER, READER, Add, everything, row, workbook
from tests.cast import DUTY, OUTSIDER, Cast

BASE = "/resources/equipment/"
API = "/api/v1/equipment"


def form_of(store: Store, keeper_id: int, **fields: Any) -> dict[str, Any]:
    return {
        "number": "RD-1", "name_zh": "对讲机", "name_en": "Radio", "category": "communications", "quantity": 4, "unit": "device",
        "store": store.pk, "keeper": keeper_id, "purchased_on": "2025-01-31", "inspect_months": 6,
    } | fields  # fmt: skip


# --- pages ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_practice_companys_ledger_opens_on_every_page(cast: Cast, language: str) -> None:
    assert ledger_found() == len(LINES)
    assert ledger_found() == 0, "founding again changes nothing"
    client, item = cast.client(KEEPER, language), Equipment.objects.get(number="NT-01")
    addresses = ["", "?state=expired", "?words=NT", "new/", "import/", f"{item.pk}/", f"{item.pk}/change/"]
    for address in [*(f"{BASE}{end}" for end in addresses), "/resources/stores/"]:
        answer = client.get(address)
        page = answer.content.decode()
        assert (answer.status_code, f'lang="{language}"' in page) == (200, True), address
        assert "8613800" not in page, "phones are masked"
    shown = client.get(BASE).content.decode()
    assert ("网络测试仪" if language == "zh-hans" else "Network tester") in shown


def test_the_expired_testers_are_seen_at_a_glance(cast: Cast) -> None:
    ledger_found()
    counts = selectors.counts(selectors.today())
    assert (counts["replacement"].lines, counts["replacement"].pieces) == (1, 5)
    page = cast.client(READER).get(BASE).content.decode()
    first = page.index('<tr data-tone="bad">')
    assert page.index("NT-01") > first
    assert "Expired" in page
    only = cast.client(READER).get(f"{BASE}?state=expired").content.decode()
    assert ("NT-01" in only, "NT-02" in only) == (True, False)


def test_the_ledger_in_a_fixed_number_of_queries(cast: Cast, django_assert_max_num_queries) -> None:
    ledger_found()
    client = cast.client(READER)
    # 1 session, 1 user, 1 holdings, 2 real world and its clock; 1 counts, 1 stores, 2 lines and their number; the frame's: 4
    with django_assert_max_num_queries(13):
        client.get(BASE)


def test_an_inspection_begins_with_the_newest_returns_and_says_how_many_it_left_out(cast: Cast, add: Add) -> None:
    row, by = add(), cast.actor(KEEPER)

    def returned(note: str) -> str:
        services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=by)
        services.equipment_return(equipment_id=row.pk, quantity=1, condition="worn", note=note, by=by)
        return inspection_begun(row)[0]

    with override("en"):
        alone = returned("x" * 300)
        assert len(alone) <= 300
        assert alone.startswith("withdrawn since the last inspection: 1; returned ")
        assert alone.endswith("x…")
        for number in range(1, 9):
            begun = returned(f"case {number} is cracked at the corner")
    assert len(begun) <= 300
    assert begun.startswith("withdrawn since the last inspection: 9; earlier returns left out: 6; returned ")
    assert begun.endswith("(case 8 is cracked at the corner)")
    assert "(case 7 " in begun


def test_a_keepers_day_by_hand(cast: Cast, store: Store) -> None:
    client, keeper = cast.client(KEEPER), cast.user(KEEPER).pk
    for _twice in range(2):
        made = client.post(f"{BASE}new/", form_of(store, keeper, idempotency_key="k1"))
        assert made.status_code == 302
    item = Equipment.objects.get()
    page = f"{BASE}{item.pk}/"
    for _twice in range(2):
        client.post(f"{page}withdraw", {"quantity": 3, "note": "patrol", "idempotency_key": "k2"})
    assert client.post(f"{page}return", {"quantity": 1, "condition": "worn"}).status_code == 302
    today = selectors.today()
    assert "withdrawn since the last inspection: 3; returned" in client.get(page).content.decode()
    assert client.post(f"{page}inspect", {"on": f"{today}", "condition": "good"}).status_code == 302
    item.refresh_from_db()
    assert (item.quantity_out, item.last_inspected_on, item.version) == (2, today, 2)
    shown = client.get(page).content.decode()
    for said in ("3 withdrawn; 1 left in store.", "1 returned; 2 in store.", "patrol", "****"):
        assert said in shown
    changed = form_of(store, keeper, name_en="Two-way radio", based_on=2, last_inspected_on=f"{today}")
    assert client.post(f"{page}change/", changed).status_code == 302
    stale = client.post(f"{page}change/", changed | {"quantity": 9})
    assert (stale.status_code, "changed after you opened it" in stale.content.decode()) == (400, True)
    refused = client.post(f"{page}retire", {"reason": "all gone"})
    assert (refused.status_code, "must be returned before" in refused.content.decode()) == (409, True)
    client.post(f"{page}return", {"quantity": 2, "condition": "good"})
    assert client.post(f"{page}retire", {"reason": "worn out"}).status_code == 302
    assert "Retired" in client.get(page).content.decode()


def test_a_refusal_stands_beside_the_form_with_what_was_typed(cast: Cast, add: Add) -> None:
    item, client = add(), cast.client(LEAD)
    answer = client.post(f"{BASE}{item.pk}/withdraw", {"quantity": 6, "note": "much of it"})
    page = answer.content.decode()
    assert (answer.status_code, "but 5 are left in store" in page, "much of it" in page) == (400, True, True)
    assert '<details class="act" id="act-withdraw" open>' in page
    negative = client.post(f"{BASE}{item.pk}/withdraw", {"quantity": -1})
    assert negative.status_code == 400
    assert Movement.objects.count() == 1


def test_import_in_two_steps_by_hand(cast: Cast, store: Store) -> None:
    client = cast.client(KEEPER)

    def send(content: bytes, name: str = "ledger.xlsx") -> Any:
        return client.post(f"{BASE}import/", {"file": SimpleUploadedFile(name, content)}, follow=True)

    wrong = send(workbook([row(quantity="x")])).content.decode()
    for said in ("Nothing was changed", "Quantity", "Write a whole number."):
        assert said in wrong
    assert "Import these rows" not in wrong
    text = send("编号\nSP-1".encode("gbk"), "ledger.csv")
    assert (text.status_code, "Save a .csv or another file as .xlsx first" in text.content.decode()) == (400, True)
    large = send(b"PK" * 2**20 + b"PK")
    assert (large.status_code, "larger than 2 MB" in large.content.decode()) == (413, True)
    answer = send(workbook([row()]))
    review = answer.redirect_chain[-1][0]
    assert "Import these rows" in answer.content.decode()
    assert not Equipment.objects.exists()
    done = client.post(f"{review}apply", {"idempotency_key": "k"}, follow=True).content.decode()
    assert "Added: 1. Changed: 0." in done
    again = client.post(f"{review}apply", {"idempotency_key": "other"})
    assert (again.status_code, Equipment.objects.count()) == (409, 1)
    assert cast.client(OFFICE).get(review).status_code == 404


def test_the_phone_of_a_keeper_is_revealed_with_a_reason_only(cast: Cast, add: Add) -> None:
    item = add()
    page = cast.client(LEAD).get(f"{BASE}{item.pk}/").content.decode()
    assert ("****" in page, "reveal-" in page) == (True, True)
    assert "reveal-" not in cast.client(READER).get(f"{BASE}{item.pk}/").content.decode()


def test_an_item_whose_keeper_left_says_so(cast: Cast, add: Add) -> None:
    item = add()
    people.user_deactivate(user=cast.user(KEEPER), by=SYSTEM)
    assert "Has left" in cast.client(READER).get(BASE).content.decode()
    page = cast.client(LEAD).post(f"{BASE}{item.pk}/withdraw", {"quantity": 1}).content.decode()
    assert "has left. Name another keeper first" in page


def test_the_keepers_own_list_asks_for_what_the_intervals_ask(cast: Cast, add: Add) -> None:
    today = selectors.today()
    never = {"inspect_months": None, "renew_months": None}
    add(number="NT-1", **{**never, "inspect_months": 1, "last_inspected_on": today - timedelta(days=20)})
    add(number="NT-2", **{**never, "renew_months": 1, "purchased_on": today - timedelta(days=40)})
    add(number="NT-3", **{**never, "inspect_months": 36, "last_inspected_on": today})
    page = cast.client(KEEPER).get("/").content.decode()
    overdue, _heading, later = page.partition('aria-labelledby="due-later"')
    assert ("NT-2" in overdue, "NT-1" in overdue) == (True, False)
    assert ("NT-1" in later, "NT-3" in page) == (True, False)
    assert "Replace: Network tester" in overdue
    assert "Inspect: Network tester" in later
    assert "检查：网络测试仪" in cast.client(KEEPER, "zh-hans").get("/").content.decode()
    assert "NT-" not in cast.client(OTHER_KEEPER).get("/").content.decode(), "not theirs"
    assert "NT-" not in cast.client(OFFICE).get("/").content.decode()
    soon = selectors.duties_of(cast.actor(KEEPER))
    assert [(duty.item.number, duty.kind) for duty in soon] == [("NT-1", "inspect"), ("NT-2", "replace")]
    last_good = next(duty for duty in soon if duty.kind == "inspect").item.inspect_by
    assert last_good
    assert soon[0].due_at.date() == last_good + timedelta(days=1)
    services.equipment_inspect(equipment_id=soon[0].item.pk, condition="good", by=cast.actor(KEEPER))
    assert [duty.item.number for duty in selectors.duties_of(cast.actor(KEEPER), on=today - timedelta(days=3))] == [
        "NT-2"
    ]


def test_what_an_item_asks_whose_keeper_left_is_asked_of_administration(cast: Cast, add: Add) -> None:
    add()
    people.user_deactivate(user=cast.user(KEEPER), by=SYSTEM)
    page = cast.client(OFFICE).get("/").content.decode()
    assert "NT-1" in page
    assert "Its keeper has left" in page


@pytest.mark.parametrize(("who", "looks"), [(OUTSIDER, 403), (DUTY, 200)])
def test_who_may_not_changes_nothing_by_any_door(cast: Cast, add: Add, store: Store, who: str, looks: int) -> None:
    item, client, api = add(), cast.client(who), cast.api(who)
    before = everything()
    for address in (BASE, f"{BASE}{item.pk}/", f"{BASE}export.xlsx", "/resources/stores/"):
        assert client.get(address).status_code == looks, address
    form = form_of(store, cast.user(KEEPER).pk)
    pages = ["new/", "import/", *(f"{item.pk}/{act}" for act in ("change/", "withdraw", "return", "inspect", "retire"))]
    for address in [*(f"{BASE}{end}" for end in pages), "/resources/stores/"]:
        assert client.post(address, form | {"reason": "because"}).status_code == 403, address
    assert api.get(API).status_code == looks
    assert api.get(f"{API}/export").status_code == looks
    assert api.post(API, form, format="json").status_code == 403
    assert api.patch(f"{API}/{item.pk}", {"based_on": 1, "quantity": 9}, format="json").status_code == 403
    for act in ("withdraw", "return", "inspect", "retire"):
        assert api.post(f"{API}/{item.pk}/{act}", {"quantity": 1}, format="json").status_code == 403
    assert sent(api, workbook([row()])).status_code == 403
    assert api.get(f"{API}/imports/1").status_code == 403
    assert api.post(f"{API}/imports/1/apply", format="json").status_code == 403
    assert everything() == before


# --- API --------------------------------------------------------------------------------------------------------------
def test_the_api_adds_changes_and_moves(cast: Cast, store: Store) -> None:
    api, keeper = cast.api(KEEPER), cast.user(KEEPER).pk
    body = form_of(store, keeper) | {"store": store.key}
    made = [api.post(API, body, format="json", headers={"Idempotency-Key": "a"}) for _twice in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert (made[0].json(), made[1].headers["Idempotency-Replayed"]) == (made[1].json(), "true")
    item = made[0].json()
    assert (item["inspection"]["state"], item["inspection"]["by"], item["replacement"]["state"]) == (
        "expired", "2025-07-31", "never",
    )  # fmt: skip
    assert "phone" not in str(item)
    url = f"{API}/{item['id']}"
    changed = api.patch(url, {"based_on": 1, "quantity": 6, "renew_months": 24}, format="json")
    assert (changed.status_code, changed.json()["quantity"], changed.json()["version"]) == (200, 6, 2)
    stale = api.patch(url, {"based_on": 1, "quantity": 7}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "equipment.stale")
    for _twice in range(2):
        taken = api.post(f"{url}/withdraw", {"quantity": 5}, format="json", headers={"Idempotency-Key": "b"})
    assert (taken.json()["quantity_out"], taken.json()["in_store"]) == (5, 1)
    short = api.post(f"{url}/withdraw", {"quantity": 2}, format="json")
    assert (short.status_code, short.json()["code"], "1 are left" in short.json()["title"]) == (
        409, "equipment.too_few", True,
    )  # fmt: skip
    assert api.post(f"{url}/return", {"quantity": 5, "condition": "good"}, format="json").json()["quantity_out"] == 0
    none = api.post(f"{url}/return", {"quantity": 1}, format="json")
    assert (none.status_code, none["Content-Type"]) == (409, "application/problem+json")
    for wrong in (0, -1, "x", None, 10**12):
        assert api.post(f"{url}/withdraw", {"quantity": wrong}, format="json").status_code == 400
    assert api.post(f"{url}/inspect", {"condition": "good"}, format="json").json()["inspection"]["state"] == "fine"
    record = api.get(f"{url}/record").json()
    assert [line["kind"] for line in record] == ["inspected", "returned", "withdrawn", "adjusted", "added"]
    assert api.post(f"{url}/retire", {"reason": "worn out"}, format="json").json()["status"] == "retired"
    assert api.get(f"{API}/999999").status_code == 404


def test_the_api_filters_pages_and_names_wrong_values(cast: Cast) -> None:
    ledger_found()
    api = cast.api(READER)
    assert api.get(f"{API}?expired").json()["items"][0]["number"] == "NT-01"
    assert api.get(f"{API}?category=protection").json()["count"] == sum(r.category == "protection" for r in LINES)
    assert {row["store"] for row in api.get(f"{API}?store=east").json()["items"]} == {"east"}
    assert api.get(f"{API}?q=network").json()["count"] == 2
    first = api.get(f"{API}?limit=10").json()
    second = api.get(f"{API}?limit=10&page={first['next']}").json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (10, len(LINES) - 10, None)
    for wrong, field in (
        ("state=lost", "state"),
        ("category=x", "category"),
        ("page=x", "page"),
        ("keeper=x", "keeper"),
    ):
        answer = api.get(f"{API}?{wrong}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert {row["key"] for row in api.get(f"{API}/stores").json()} == {"east", "west", "it-room", "basement"}


def test_the_api_refuses_wrong_bodies_by_field(cast: Cast, store: Store) -> None:
    api, body = cast.api(KEEPER), form_of(store, cast.user(KEEPER).pk) | {"store": store.key}
    wrong = [
        ({"store": "moon"}, "store"), ({"keeper": 10**9}, "keeper"), ({"quantity": 0}, "quantity"),
        ({"category": "x"}, "category"), ({"purchased_on": "soon"}, "purchased_on"), ({"number": "a b"}, "number"),
    ]  # fmt: skip
    for change, field in wrong:
        answer = api.post(API, body | change, format="json")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert not Equipment.objects.exists()


def test_the_workbook_through_page_and_api(cast: Cast, add: Add) -> None:
    add(specification="=1+1", purchased_on=date(2025, 1, 31))
    api, xlsx = cast.api(READER), {"accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    for answer in (
        cast.client(READER).get(f"{BASE}export.xlsx"),
        api.get(f"{API}/export"),
        api.get(f"{API}/export", headers=xlsx),
    ):
        assert (answer.status_code, ".xlsx" in answer["Content-Disposition"]) == (200, True)
        sheet = load_workbook(BytesIO(answer.content)).worksheets[0]
        assert sheet["E2"].value == "'=1+1"


def sent(api: APIClient, content: bytes, name: str = "ledger.xlsx") -> Any:
    return api.post(f"{API}/imports", {"file": SimpleUploadedFile(name, content)}, format="multipart")


def test_a_program_sends_a_workbook_looks_and_applies_it_once(cast: Cast, add: Add) -> None:
    add(number="NT-1", quantity=5)
    api, content = cast.api(KEEPER), workbook([row(), row(number="NT-1", name_en="Network tester", quantity=7)])
    before = everything()
    looked = sent(api, content)
    seen = looked.json()
    assert (looked.status_code, seen["added"], seen["changed"], seen["problems"]) == (201, 1, 1, [])
    assert [(one["row"], one["number"], one["columns"]) for one in seen["added_rows"]] == [(2, "SP-1", [])]
    (changed,) = seen["changed_rows"]
    assert (changed["row"], changed["number"], "Quantity" in changed["columns"]) == (3, "NT-1", True)
    assert (sent(api, content).json(), api.get(f"{API}/imports/{seen['id']}").json()) == (seen, seen)
    assert everything() == before, "looking changes nothing"
    apply = f"{API}/imports/{seen['id']}/apply"
    done = [api.post(apply, format="json", headers={"Idempotency-Key": "a"}) for _twice in range(2)]
    assert [answer.status_code for answer in done] == [200, 200]
    assert done[0].json() == done[1].json() == api.get(f"{API}/imports/{seen['id']}").json()
    assert (done[0].json()["added"], done[0].json()["changed"], bool(done[0].json()["applied_at"])) == (1, 1, True)
    assert Equipment.objects.get(number="NT-1").quantity == 7
    again = api.post(apply, format="json")
    assert (again.status_code, again.json()["code"], again["Content-Type"]) == (
        409, "ledger_import.applied", "application/problem+json",
    )  # fmt: skip
    assert cast.api(OFFICE).post(apply, format="json").status_code == 404, "an upload is its owner's alone"


def test_a_program_hears_each_wrong_cell_and_nothing_is_applied(cast: Cast, store: Store) -> None:
    api, before = cast.api(KEEPER, "zh-hans"), everything()
    seen = sent(api, workbook([row(quantity="=2+2"), row(number="SP-2", store="moon"), row(number="SP-3")])).json()
    assert [(one["row"], one["column"]) for one in seen["problems"]] == [(2, "数量"), (3, "存放地点")]
    refused = api.post(f"{API}/imports/{seen['id']}/apply", format="json")
    assert (refused.status_code, refused.json()["code"], everything()) == (409, "ledger_import.faulty", before)


def test_a_program_hears_what_is_wrong_with_its_file(cast: Cast, store: Store) -> None:
    api, before = cast.api(KEEPER), everything()
    wrong = [
        ("编号,名称\nSP-1,卫星电话".encode("gbk"), 400, "workbook.kind"),
        (workbook([row()], ["number", "name_zh"]), 400, "workbook.columns"),
        (workbook([row() | {"colour": "red"}], ["number", "colour"]), 400, "workbook.headings"),
        (workbook([]), 400, "workbook.no_rows"),
        (b"PK" + b"\0" * 2 * 1024 * 1024, 413, "workbook.large"),
        (b"", 400, "invalid"),
    ]
    for content, status, code in wrong:
        answer = sent(api, content)
        assert (answer.status_code, answer.json()["code"], answer["Content-Type"]) == (
            status, code, "application/problem+json",
        )  # fmt: skip
    bare = api.post(f"{API}/imports", {"note": "no file"}, format="multipart")
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (400, "file")
    assert api.post(f"{API}/imports", {"file": "x"}, format="json").status_code == 415
    assert everything() == before


def test_a_withdrawal_is_on_record_with_the_authority_it_relied_on(cast: Cast, add: Add) -> None:
    item = add()
    services.equipment_withdraw(equipment_id=item.pk, quantity=1, by=cast.actor("chen"))
    assert Event.objects.get(kind="equipment.withdrawn").authority == "hq_commander"
