"""The practice company's equipment ledger: the examples of clause 8.3 and what belongs beside them.

Dates are counted back from the day of founding, so that on any day some items have expired and some are due soon.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from common.actor import SYSTEM
from people import selectors as people
from resources import selectors, services
from resources.domain.dates import months_after
from resources.models import Equipment

# key → (zh, en)
STORES = {
    "east": ("华东应急库", "East store"),
    "west": ("西部应急库", "West store"),
    "it-room": ("信息机房", "IT room"),
    "basement": ("地下储备库", "Basement store"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """`bought` and `inspected` are months before the founding, `inspect` and `renew` the two intervals in months."""

    number: str
    zh: str
    en: str
    category: str
    quantity: int
    unit: str
    store: str
    keeper: str
    bought: int
    inspect: int | None
    renew: int | None
    inspected: int | None = None
    specification: str = ""
    use: str = ""
    transport: str = ""
    out: int = 0


FOR_MAINTENANCE, NO_SHOCKS = "检修作业专用 / for maintenance work", "防震、轻放 / no shocks"
LINES = (
    # The clause's own examples; five of the ten testers have expired.
    Line("PV-01", "应急发电车", "Emergency power vehicle", "technical", 2, "vehicle", "east", "feng", 20, 12, 120, 8,
         "200 kW, 400 V", "须持证操作 / licensed operators only", "限速 80 km/h / at most 80 km/h"),
    Line("AS-01", "防静电服", "Anti-static suit", "protection", 50, "set", "west", "ning", 15, 12, 24, 5,
         "GB 12014, 160–190", FOR_MAINTENANCE, "防潮密封 / sealed, dry"),
    Line("NT-01", "网络测试仪", "Network tester", "technical", 5, "device", "it-room", "miao", 41, 12, 36, 6,
         "10/100/1000M, 光/电 optical and copper", "", NO_SHOCKS),
    Line("NT-02", "网络测试仪", "Network tester", "technical", 5, "device", "it-room", "miao", 9, 12, 36, 3,
         "10/100/1000M, 光/电 optical and copper", "", NO_SHOCKS),
    # Beside them
    Line("SP-01", "卫星电话", "Satellite phone", "communications", 2, "device", "it-room", "miao", 30, 3, 60, 2,
         "北斗/天通 Tiantong-1", "室外使用 / use outdoors", NO_SHOCKS),
    Line("RD-01", "数字对讲机", "Digital two-way radio", "communications", 24, "device", "west", "ning", 26, 6, 60, 5,
         "UHF 400–470 MHz, 4 W", "", "", 4),
    Line("RT-01", "5G 应急路由器", "5G emergency router", "communications", 6, "device", "east", "feng", 14, 12, 48, 2,
         "5G SA/NSA, 2 × SIM"),
    Line("HS-01", "备用坐席耳麦", "Spare agent headset", "communications", 40, "piece", "basement", "feng", 22, None, 36, None,
         "USB, 降噪 noise-cancelling"),
    Line("WS-01", "防静电手环", "Anti-static wrist strap", "protection", 60, "piece", "it-room", "miao", 12, 6, 24, 7,
         "1 MΩ", "操作设备全程佩戴 / worn throughout work on equipment"),
    Line("EP-01", "隔音耳塞与降噪耳罩", "Earplugs and noise caps", "protection", 80, "pair", "basement", "feng", 11, None, 12, None,
         "SNR 33 dB"),
    Line("FA-01", "急救箱", "First-aid kit", "protection", 10, "box", "basement", "feng", 18, 6, 36, 2,
         "GB/T 36990"),
    Line("FM-01", "消防过滤式自救呼吸器", "Fire escape respirator", "protection", 30, "piece", "east", "ning", 30, 12, 36, 4,
         "TZL30A, 30 min"),
    Line("UP-01", "便携式不间断电源", "Portable UPS", "technical", 6, "device", "it-room", "miao", 28, 6, 60, 4,
         "3 kVA, 30 min", "", NO_SHOCKS, 1),
    Line("OT-01", "光时域反射仪", "Optical time-domain reflectometer", "technical", 1, "device", "it-room", "miao", 24, 12, 84, 9,
         "1310/1550 nm, 35 dB", "", NO_SHOCKS),
    Line("RB-01", "路由器备板", "Spare router board", "technical", 4, "piece", "it-room", "miao", 16, None, 60, None,
         "8 × 10GE", "佩戴防静电手环 / with a wrist strap", "防静电袋 / in an anti-static bag"),
    Line("HD-01", "备用硬盘", "Spare disk", "technical", 24, "piece", "it-room", "miao", 10, 12, 60, None,
         "SAS 2.4 TB", "", NO_SHOCKS),
)  # fmt: skip


def ledger_found() -> int:
    """Add the lines that are not there; how many were added."""
    stores = {key: services.store_set(key=key, name_zh=zh, name_en=en, by=SYSTEM) for key, (zh, en) in STORES.items()}
    there, today = selectors.numbers(), selectors.today()
    wanted = [line for line in LINES if line.number not in there]
    for line in wanted:
        _add(line, stores[line.store].pk, today)
    return len(wanted)


@transaction.atomic
def _add(line: Line, store_id: int, today: date) -> Equipment:
    def ago(months: int | None) -> date | None:
        return None if months is None else months_after(today, -months)

    item: dict[str, Any] = {
        "number": line.number,
        "name_zh": line.zh,
        "name_en": line.en,
        "category": line.category,
        "specification": line.specification,
        "quantity": line.quantity,
        "unit": line.unit,
        "store_id": store_id,
        "use_conditions": line.use,
        "transport_conditions": line.transport,
        "purchased_on": ago(line.bought),
        "inspect_months": line.inspect,
        "renew_months": line.renew,
        "last_inspected_on": ago(line.inspected),
        "keeper_id": people.user_by_name(line.keeper).pk,
    }
    row = services.equipment_add(by=SYSTEM, **item)
    if line.out:
        note = "季度检修 / quarterly maintenance"
        row = services.equipment_withdraw(equipment_id=row.pk, quantity=line.out, note=note, by=SYSTEM)
    return row
