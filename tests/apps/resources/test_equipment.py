"""The services of the ledger, and what the database refuses beside them."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from common.actor import SYSTEM
from common.errors import Conflict, HotlineError, Invalid, Missing, NotAllowed
from engine import worlds
from engine.log import log_verify
from engine.models import Event, Stream
from incidents import services as incidents
from incidents.domain.reports import ReportIn
from people import services as people
from people.models import RoleHolding
from resources import selectors, services
from resources.models import Equipment, Movement, Store
from tests.apps.resources.conftest import KEEPER, LEAD, OFFICE, OTHER_KEEPER, READER, Add, everything, item, kinds
from tests.cast import DUTY, OUTSIDER, Cast


def reported(cast: Cast, world: Any = None) -> str:
    report = ReportIn(noticed="华东打不进来", symptoms=["no_connection"], regions=["east"], systems="down")
    return incidents.incident_report(report=report, by=cast.actor(DUTY), world=world or worlds.real()).number


# --- lines ------------------------------------------------------------------------------------------------------------
def test_a_new_line_has_its_two_dates_its_record_and_its_event(cast: Cast, add: Add) -> None:
    row = add(transport_conditions="No shocks")
    assert (row.inspect_by, row.replace_by) == (date(2026, 2, 28), date(2028, 1, 31))
    line = Movement.objects.get()
    assert (line.kind, line.quantity, line.quantity_after, line.out_after) == ("added", 5, 5, 0)
    assert (line.by_id, line.authority) == (cast.user(KEEPER).pk, "keeper")
    event = Event.objects.get(kind="equipment.added")
    assert (event.clause, event.authority, event.data["fields"]["purchased_on"]) == ("8.3", "keeper", "2025-01-31")
    assert "No shocks" not in str(event.data), "typed text is kept beside the log, so that it can be erased"
    assert log_verify(Stream.objects.get(kind="resources")) is None


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"quantity": 0}, "quantity"),
    ({"quantity": -1}, "quantity"),
    ({"category": "weapons"}, "category"),
    ({"unit": "ton"}, "unit"),
    ({"number": "a b"}, "number"),
    ({"name_en": ""}, "name_en"),
    ({"purchased_on": date(2999, 1, 1)}, "purchased_on"),
    ({"last_inspected_on": date(2020, 1, 1)}, "last_inspected_on"),
    ({"inspect_months": 0}, "inspect_months"),
]


def test_a_wrong_line_is_refused_by_field(add: Add) -> None:
    for fields, wrong in WRONG:
        with pytest.raises(Invalid) as refused:
            add(**fields)
        assert [row["field"] for row in refused.value.errors] == [wrong]
    assert not Equipment.objects.exists()


def test_a_number_is_taken_once(add: Add) -> None:
    add()
    with pytest.raises(Conflict) as refused:
        add(name_en="Another")
    assert (refused.value.code, "NT-1" in refused.value.sentence()) == ("equipment.taken", True)


def test_the_keeper_holds_the_role_and_an_open_account(cast: Cast, add: Add) -> None:
    for wrong in (cast.user(LEAD).pk, 10**9):
        with pytest.raises(Invalid) as refused:
            add(keeper_id=wrong)
        assert refused.value.errors[0]["field"] == "keeper"


def test_a_change_says_what_changed_and_needs_the_version_that_was_read(cast: Cast, add: Add) -> None:
    row, by = add(), cast.actor(OFFICE)
    changed = services.equipment_change(equipment_id=row.pk, based_on=1, by=by, quantity=8, renew_months=None)
    assert (changed.version, changed.quantity, changed.replace_by) == (2, 8, None)
    event = Event.objects.get(kind="equipment.changed")
    assert (event.data["before"], event.data["after"]) == (
        {"quantity": 5, "renew_months": 36},
        {"quantity": 8, "renew_months": None},
    )
    assert event.authority == "administration"
    assert list(Movement.objects.order_by("pk").values_list("kind", "quantity")) == [("added", 5), ("adjusted", 3)]
    with pytest.raises(Conflict) as stale:
        services.equipment_change(equipment_id=row.pk, based_on=1, by=by, quantity=9)
    assert stale.value.code == "equipment.stale"
    assert services.equipment_change(equipment_id=row.pk, based_on=2, by=by, quantity=8).version == 2
    assert kinds() == ["store.set", "equipment.added", "equipment.changed"]


def test_a_number_stays(cast: Cast, add: Add) -> None:
    row = add()
    with pytest.raises(Conflict):
        services.equipment_change(equipment_id=row.pk, based_on=1, by=cast.actor(KEEPER), number="NT-9")


def test_a_store_is_made_renamed_and_left_alone(cast: Cast, store: Store) -> None:
    by = cast.actor(KEEPER)
    services.store_set(key="it-room", name_zh="信息机房", name_en="IT room", by=by)
    assert kinds() == ["store.set"]
    assert (
        services.store_set(key="it-room", name_zh="信息机房", name_en="Machine room", by=by).name_en == "Machine room"
    )
    with pytest.raises(Invalid):
        services.store_set(key="x", name_zh=" ", name_en="X", by=by)


# --- withdrawing and returning ----------------------------------------------------------------------------------------
def test_withdrawn_for_an_incident_and_returned_stands_in_both_logs(cast: Cast, add: Add) -> None:
    row, number, gao = add(), reported(cast), cast.actor(LEAD)
    services.equipment_withdraw(equipment_id=row.pk, quantity=3, incident=number, note="to the east", by=gao)
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=cast.actor(KEEPER))
    assert [(one.number, one.quantity) for one in selectors.out_of(row.pk)] == [("", 1), (number, 3)]
    back = services.equipment_return(equipment_id=row.pk, quantity=2, incident=number, condition="worn", by=gao)
    assert (back.in_store, back.condition) == (3, "worn")
    both = Event.objects.filter(kind__startswith="equipment.", stream__kind="incident").order_by("seq")
    assert [(event.kind, event.data["left"], event.authority) for event in both] == [
        ("equipment.withdrawn", 2, "tech_lead"),
        ("equipment.returned", 3, "tech_lead"),
    ]
    assert kinds()[-3:] == ["equipment.withdrawn", "equipment.withdrawn", "equipment.returned"]
    incident = Movement.objects.filter(kind="returned").get().incident
    assert incident is not None
    assert [(line.pk, count) for line, count in selectors.withdrawn_for(incident.pk)] == [(row.pk, 1)]


def test_the_incident_shows_what_is_out_for_it_who_took_it_and_since_when(cast: Cast, add: Add) -> None:
    row, number, gao, feng = add(), reported(cast), cast.actor(LEAD), cast.actor(KEEPER)
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, incident=number, by=feng)
    services.equipment_return(equipment_id=row.pk, quantity=1, incident=number, condition="good", by=feng)
    services.equipment_withdraw(equipment_id=row.pk, quantity=2, incident=number, by=gao)
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, incident=number, by=feng)
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=feng)
    taken = list(Movement.objects.filter(kind="withdrawn").order_by("pk"))
    incident = taken[0].incident
    assert incident is not None
    (away,) = selectors.away_for(incident.pk)
    assert (away.equipment.pk, away.quantity, away.since) == (row.pk, 3, taken[1].at)
    assert [who and who.username for who in away.takers] == [LEAD, KEEPER]
    for language, title in (("en", "Equipment out for this incident"), ("zh-hans", "本事件领用的物资装备")):
        page = cast.client(LEAD, language).get(f"/incidents/{number}/").content.decode()
        assert title in page
        assert f'href="/resources/equipment/{row.pk}/"' in page


def test_more_than_is_left_is_refused_and_says_what_is_left(cast: Cast, add: Add) -> None:
    row, by = add(), cast.actor(KEEPER)
    services.equipment_withdraw(equipment_id=row.pk, quantity=3, by=by)
    before = everything()
    with pytest.raises(Conflict) as refused:
        services.equipment_withdraw(equipment_id=row.pk, quantity=3, by=by)
    assert (refused.value.code, refused.value.params["left"]) == ("equipment.too_few", 2)
    assert everything() == before


def test_nothing_and_less_is_neither_withdrawn_nor_returned(cast: Cast, add: Add) -> None:
    row, by = add(), cast.actor(KEEPER)
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=by)
    before = everything()
    acts = (services.equipment_withdraw, services.equipment_return)
    for act, quantity in [(act, quantity) for act in acts for quantity in (0, -1, -100)]:
        with pytest.raises(Invalid) as refused:
            act(equipment_id=row.pk, quantity=quantity, by=by)
        assert refused.value.errors[0]["field"] == "quantity"
    assert everything() == before


def test_what_was_never_taken_is_not_returned(cast: Cast, add: Add) -> None:
    row, by, number = add(), cast.actor(KEEPER), reported(cast)
    with pytest.raises(Conflict) as nothing:
        services.equipment_return(equipment_id=row.pk, quantity=1, by=by)
    services.equipment_withdraw(equipment_id=row.pk, quantity=2, by=by)
    before = everything()
    with pytest.raises(Conflict) as too_many:
        services.equipment_return(equipment_id=row.pk, quantity=3, by=by)
    with pytest.raises(Conflict) as elsewhere:
        services.equipment_return(equipment_id=row.pk, quantity=1, incident=number, by=by)
    assert [e.value.code for e in (nothing, too_many, elsewhere)] == ["equipment.not_out"] * 3
    assert everything() == before


def test_when_pieces_are_out_for_several_incidents_one_says_which(cast: Cast, add: Add) -> None:
    row, by = add(), cast.actor(KEEPER)
    first = reported(cast)
    report = ReportIn(noticed="华南打不进来", symptoms=["no_connection"], regions=["south"], systems="down")
    second = incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real()).number
    for number in (first, second):
        services.equipment_withdraw(equipment_id=row.pk, quantity=1, incident=number, by=by)
    with pytest.raises(Conflict) as refused:
        services.equipment_return(equipment_id=row.pk, quantity=1, by=by)
    assert refused.value.code == "equipment.which"


def test_an_incident_that_is_over_or_of_practice_takes_nothing(cast: Cast, add: Add) -> None:
    row, by, number = add(), cast.actor(KEEPER), reported(cast)
    incidents.incident_verify(number=number, outcome="false_alarm", major=False, note="线路测试", by=cast.actor(DUTY))
    practice = worlds.world_open(
        key="p1", name_zh="演练", name_en="Practice", kind="practice", at=worlds.now(worlds.real())
    )
    codes = []
    for wrong in (number, reported(cast, practice)):
        with pytest.raises(Conflict) as refused:
            services.equipment_withdraw(equipment_id=row.pk, quantity=1, incident=wrong, by=by)
        codes.append(refused.value.code)
    assert codes == ["equipment.incident_over", "equipment.practice"]
    with pytest.raises(Missing):
        services.equipment_withdraw(equipment_id=row.pk, quantity=1, incident="2000-1", by=by)


def test_when_its_keeper_has_left_an_item_waits_for_another(cast: Cast, add: Add) -> None:
    row, other = add(), cast.actor(OTHER_KEEPER)
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=other)
    people.user_deactivate(user=cast.user(KEEPER), by=SYSTEM)
    acts = [
        lambda: services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=other),
        lambda: services.equipment_return(equipment_id=row.pk, quantity=1, by=other),
        lambda: services.equipment_inspect(equipment_id=row.pk, condition="good", by=other),
    ]
    for act in acts:
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "equipment.keeper_left"
        assert cast.user(KEEPER).display_name in refused.value.sentence()
    with pytest.raises(Invalid):
        services.equipment_change(equipment_id=row.pk, based_on=1, by=other, quantity=6)
    services.equipment_change(equipment_id=row.pk, based_on=1, by=other, keeper_id=cast.user(OTHER_KEEPER).pk)
    assert services.equipment_return(equipment_id=row.pk, quantity=1, by=other).quantity_out == 0


def test_two_who_want_the_last_piece(fresh_cast: Cast) -> None:
    """Both press at once, on two connections: one has it, the other is told that none is left."""
    by = fresh_cast.actor(KEEPER)
    store = services.store_set(key="it-room", name_zh="信息机房", name_en="IT room", by=by)
    row = services.equipment_add(by=by, **item(store, fresh_cast.user(KEEPER).pk, quantity=1))
    actors = [fresh_cast.actor(KEEPER), fresh_cast.actor(LEAD)]
    start, outcomes = threading.Barrier(2), []

    def take(who: Any) -> None:
        try:
            start.wait()
            services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=who)
            outcomes.append("has it")
        except HotlineError as error:
            outcomes.append(f"{error.code}: {error.params['left']} left")
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(who,)) for who in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["equipment.too_few: 0 left", "has it"]
    assert Equipment.objects.get().quantity_out == 1
    assert Movement.objects.filter(kind="withdrawn").count() == 1


# --- inspecting and retiring ------------------------------------------------------------------------------------------
def test_an_inspection_sets_the_next_date(cast: Cast, add: Add) -> None:
    row, today = add(), selectors.today()
    seen = services.equipment_inspect(equipment_id=row.pk, condition="defective", note="screen", by=cast.actor(KEEPER))
    assert (seen.last_inspected_on, seen.condition) == (today, "defective")
    assert seen.inspect_by is not None
    assert seen.inspect_by > today + timedelta(days=390)
    line = Movement.objects.get(kind="inspected")
    assert (line.quantity, line.condition, line.note) == (5, "defective", "screen")
    for wrong in (today + timedelta(days=1), date(2025, 1, 1), today - timedelta(days=1)):
        with pytest.raises(Invalid):
            services.equipment_inspect(equipment_id=row.pk, condition="good", on=wrong, by=cast.actor(KEEPER))


def test_a_retired_item_stays_as_it_is(cast: Cast, add: Add) -> None:
    row, by = add(), cast.actor(KEEPER)
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=by)
    with pytest.raises(Conflict):
        services.equipment_retire(equipment_id=row.pk, reason="broken beyond repair", by=by)
    services.equipment_return(equipment_id=row.pk, quantity=1, by=by)
    with pytest.raises(Invalid):
        services.equipment_retire(equipment_id=row.pk, reason="", by=by)
    services.equipment_retire(equipment_id=row.pk, reason="broken beyond repair", by=by)
    before = everything()
    acts = [
        lambda: services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=by),
        lambda: services.equipment_change(equipment_id=row.pk, based_on=2, by=by, quantity=6),
        lambda: services.equipment_retire(equipment_id=row.pk, reason="once more", by=by),
    ]
    for act in acts:
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "equipment.retired"
    assert everything() == before
    assert list(selectors.ledger()) == []
    assert list(selectors.ledger(selectors.Filter(state="retired"))) == [row]


# --- who may ----------------------------------------------------------------------------------------------------------
def test_who_has_no_right_changes_nothing(cast: Cast, add: Add, store: Store) -> None:
    row = add()
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=cast.actor(KEEPER))
    before = everything()
    acts = [
        lambda by: services.equipment_add(by=by, **item(store, cast.user(KEEPER).pk, number="X-1")),
        lambda by: services.equipment_change(equipment_id=row.pk, based_on=1, by=by, quantity=6),
        lambda by: services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=by),
        lambda by: services.equipment_return(equipment_id=row.pk, quantity=1, by=by),
        lambda by: services.equipment_inspect(equipment_id=row.pk, condition="good", by=by),
        lambda by: services.equipment_retire(equipment_id=row.pk, reason="no longer", by=by),
        lambda by: services.store_set(key="x", name_zh="甲", name_en="A", by=by),
        lambda by: services.import_upload(content=b"", file_name="x.xlsx", by=by),
    ]
    for name in (OUTSIDER, READER, DUTY, "admin"):
        by = cast.actor(name)
        for act in acts:
            with pytest.raises(NotAllowed):
                act(by)
    assert everything() == before


def test_a_keeper_stands_in_for_another_and_is_named(cast: Cast, add: Add) -> None:
    row = add()
    services.equipment_inspect(equipment_id=row.pk, condition="good", by=cast.actor(OTHER_KEEPER))
    assert Movement.objects.get(kind="inspected").by_id == cast.user(OTHER_KEEPER).pk


def test_a_lead_takes_and_does_not_manage(cast: Cast, add: Add) -> None:
    row = add()
    services.equipment_withdraw(equipment_id=row.pk, quantity=1, by=cast.actor("xu"))
    with pytest.raises(NotAllowed):
        services.equipment_inspect(equipment_id=row.pk, condition="good", by=cast.actor("xu"))
    with pytest.raises(NotAllowed):
        services.equipment_inspect(equipment_id=row.pk, condition="good", by=cast.actor(OFFICE))


# --- the database's own refusals --------------------------------------------------------------------------------------
IMPOSSIBLE: list[dict[str, Any]] = [
    {"quantity": 0},
    {"quantity": -5},
    {"quantity_out": -1},
    {"quantity_out": 6},
    {"status": "retired", "quantity_out": 1},
    {"category": "weapons"},
    {"unit": "ton"},
    {"condition": "lost"},
    {"inspect_months": -1},
    {"inspect_months": None},
    {"renew_months": 0},
    {"replace_by": None},
    {"number": "NT-2"},
]


def test_the_database_refuses_a_line_that_cannot_be(add: Add) -> None:
    row = add()
    for fields in IMPOSSIBLE:
        with pytest.raises(DatabaseError), transaction.atomic():
            Equipment.objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    assert (row.quantity, row.quantity_out, row.number) == (5, 0, "NT-1")


def test_the_database_keeps_the_record_and_what_is_retired(cast: Cast, add: Add, store: Store) -> None:
    row = add()
    line = Movement.objects.get()
    wrong = [
        lambda: Movement.objects.filter(pk=line.pk).update(quantity=50),
        lambda: line.delete(),
        lambda: row.delete(),
        lambda: store.delete(),
        lambda: Movement.objects.create(
            equipment=row, kind="withdrawn", quantity=-1, quantity_after=5, out_after=0, at=line.at, authority="keeper"
        ),
        lambda: Movement.objects.create(
            equipment=row, kind="withdrawn", quantity=6, quantity_after=5, out_after=6, at=line.at, authority="keeper"
        ),
        lambda: Movement.objects.create(
            equipment=row, kind="sold", quantity=1, quantity_after=5, out_after=0, at=line.at, authority="keeper"
        ),
    ]
    for attempt in wrong:
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            attempt()
    services.equipment_retire(equipment_id=row.pk, reason="worn out", by=cast.actor(KEEPER))
    with pytest.raises(DatabaseError), transaction.atomic():
        Equipment.objects.filter(pk=row.pk).update(status="in_service")
    assert Movement.objects.count() == 2
    assert RoleHolding.objects.filter(role="keeper", until=None).count() == 3
