"""A small ledger."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from openpyxl import Workbook

from engine.models import Event
from resources import services
from resources.models import Equipment, Movement, Store
from resources.services.sheets import COLUMNS
from tests.cast import Cast

KEEPER, OTHER_KEEPER, OFFICE, LEAD, READER = "feng", "miao", "hu", "gao", "audit"


def item(store: Store, keeper_id: int, **fields: Any) -> dict[str, Any]:
    return {
        "number": "NT-1",
        "name_zh": "网络测试仪",
        "name_en": "Network tester",
        "category": "technical",
        "specification": "",
        "quantity": 5,
        "unit": "device",
        "store_id": store.pk,
        "use_conditions": "",
        "transport_conditions": "no shocks",
        "purchased_on": date(2025, 1, 31),
        "inspect_months": 13,
        "renew_months": 36,
        "last_inspected_on": None,
        "keeper_id": keeper_id,
    } | fields


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """A test makes workbooks while its one transaction is open; the product never does."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    return cast


@pytest.fixture
def store(cast: Cast) -> Store:
    return services.store_set(key="it-room", name_zh="信息机房", name_en="IT room", by=cast.actor(KEEPER))


Add = Callable[..., Equipment]


@pytest.fixture
def add(cast: Cast, store: Store) -> Add:
    """`add(number="NT-2", quantity=3)` puts a line into the ledger."""

    def added(**fields: Any) -> Equipment:
        line = item(store, cast.user(KEEPER).pk) | fields
        return services.equipment_add(by=cast.actor(KEEPER), **line)

    return added


def kinds() -> list[str]:
    return list(Event.objects.filter(stream__kind="resources").order_by("seq").values_list("kind", flat=True))


def everything() -> tuple[Any, ...]:
    """All there is of the ledger, to see that nothing changed."""
    return (
        list(Equipment.objects.order_by("pk").values()),
        list(Movement.objects.order_by("pk").values_list("pk", "kind")),
        list(Store.objects.order_by("pk").values()),
        kinds(),
    )


# --- workbooks --------------------------------------------------------------------------------------------------------
ROW: dict[str, Any] = {
    "number": "SP-1",
    "name_zh": "卫星电话",
    "name_en": "Satellite phone",
    "category": "communications",
    "specification": "Tiantong-1",
    "quantity": 2,
    "unit": "device",
    "store": "IT room",
    "use_conditions": "",
    "transport_conditions": "",
    "purchased_on": date(2025, 3, 31),
    "inspect_months": 3,
    "renew_months": 60,
    "last_inspected_on": None,
    "keeper": "feng",
}


def workbook(rows: Iterable[dict[str, Any]], headings: Sequence[str] = tuple(COLUMNS)) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(list(headings))
    for row in rows:
        sheet.append([row.get(key) for key in headings])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def row(**cells: Any) -> dict[str, Any]:
    return ROW | cells
