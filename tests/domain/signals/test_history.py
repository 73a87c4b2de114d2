"""Old samples in a table: read line by line, each bad one with its reason."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from signals.domain.history import History, NotATable, history_read
from signals.domain.intake import Why
from tests.domain.signals.given import NOW, PLACES, PLAN

OLD = NOW - timedelta(days=200)


def read(text: str | bytes, **more: Any) -> History:
    content = text if isinstance(text, bytes) else text.encode()
    return history_read(content, plan=PLAN, places=PLACES, now=NOW, **more)


def test_good_and_bad_lines() -> None:
    said = read(
        "at,metric,value,unit,region\n"
        f"{OLD.isoformat()},complaints,42,,east\n"
        f"{OLD.isoformat()},complaints,42,,east\n"
        f"{OLD.isoformat()},complaints,43,,east\n"
        f"{OLD.isoformat()},queue_time_mean,8,min,\n"
        f"{OLD.isoformat()},coffee,8,,\n"
        f"{OLD.isoformat()},cpu,hot,,\n"
        "yesterday,cpu,8,,\n"
        "2026-05-08 03:00,cpu,8,,\n"
        f"{(NOW - timedelta(hours=7)).isoformat()},cpu,8,,\n"
        f"{(NOW + timedelta(hours=7)).isoformat()},cpu,8,,\n"
        f"{(NOW - timedelta(days=401)).isoformat()},cpu,8,,\n"
        f"{OLD.isoformat()},cpu,8,,east,too,many\n"
        "\n"
        f'"{OLD.isoformat()}",cpu,nan,,\n'
    )
    assert said.rows == [
        (("complaints", "east", "", ""), OLD, 42.0),
        (("complaints", "east", "", ""), OLD, 42.0),
        (("queue_time_mean", "", "", ""), OLD, 480.0),
    ]
    assert said.lines == [2, 3, 5]
    assert [(row.index, row.why) for row in said.rejected] == [
        (4, Why.OTHER_VALUE), (6, Why.METRIC), (7, Why.NOT_A_NUMBER), (8, Why.SHAPE), (9, Why.NO_ZONE), (10, Why.RECENT),
        (11, Why.FUTURE), (12, Why.PAST), (13, Why.SHAPE), (15, Why.NOT_A_NUMBER),
    ]  # fmt: skip


def test_as_a_chinese_spreadsheet_writes_it() -> None:
    text = "at,value\r\n2026/5/8 11:00,42\r\n".encode("gb18030")
    said = read(text, defaults={"metric": "complaints", "region": "east"}, zone=PLAN.zone)
    assert [(key, at.astimezone(UTC).isoformat(), value) for key, at, value in said.rows] == [
        (("complaints", "east", "", ""), "2026-05-08T03:00:00+00:00", 42.0)
    ]


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "columns_missing"),
    "no value": (b"at,metric\n", "columns_missing"),
    "no metric": (b"at,value\n", "columns_missing"),
    "a column we do not know": (b"at,value,metric,colour\n", "columns_unknown"),
    "a column twice": (b"at,value,metric,value\n", "columns_twice"),
    "a workbook": (b"PK\x03\x04\x00\x00\xff", "no_text"),
    "a quote that never ends": (b'at,value,metric\n"2026,1,cpu\n', "broken"),
    "too many": (b"at,value,metric\n" + b"x,1,cpu\n" * 200_001, "too_many_rows"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table(case: str) -> None:
    content, code = REFUSED[case]
    with pytest.raises(NotATable) as refused:
        read(content)
    assert refused.value.code == code
