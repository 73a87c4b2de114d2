"""History handed in: by a source, on a page and by command; kept for charts and never judged."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from common.actor import SYSTEM
from common.clock import wall
from engine import worlds
from engine.models import Event, Timer
from engine.sweep import sweep
from signals.models import Baseline, JudgeTodo, Sample, Series, SourceCount, Watch
from signals.services import sources
from signals.services.baselines import LEARN_ANEW
from signals.services.samples import series_ensure
from tests.cast import ADMIN, DUTY, Cast

START = wall().replace(microsecond=0) - timedelta(days=300)


@pytest.fixture
def secret(cast: Cast) -> str:
    return sources.source_create(key="acd", name="ACD", world=worlds.real(), by=SYSTEM)


def table(*values: Any, metric: str = "complaints") -> str:
    lines = [
        f"{(START + timedelta(minutes=5 * n)).isoformat()},{metric},{value},east" for n, value in enumerate(values)
    ]
    return "\n".join(["at,metric,value,region", *lines])


def hand_in(secret: str, text: str, query: str = "") -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "en"}
    return APIClient().post(f"/api/v1/signals/history{query}", text.encode(), content_type="text/csv", headers=headers)


def test_good_lines_are_stored_bad_ones_named_and_nothing_is_judged(cast: Cast, secret: str) -> None:
    series = series_ensure(worlds.real(), "complaints", "east")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)
    answer = hand_in(secret, table(42, "many", 900))
    assert (answer.status_code, answer.json()["stored"], answer.json()["known"]) == (200, 2, 0)
    assert [(row["line"], row["code"]) for row in answer.json()["rejected"]] == [(3, "not_a_number")]
    again = hand_in(secret, table(42, "many", 901)).json()
    assert (again["stored"], again["known"]) == (0, 1)
    assert [(row["line"], row["code"]) for row in again["rejected"]] == [(3, "not_a_number"), (4, "other_value")]
    assert sorted(row.value for row in Sample.objects.all()) == [42.0, 900.0], "the first stands"
    assert Timer.objects.filter(what=LEARN_ANEW, ref=series).exists()
    while sweep() or Timer.objects.filter(what=LEARN_ANEW).exists():
        pass
    assert not JudgeTodo.objects.exists()
    assert not Watch.objects.exists(), "nine hundred complaints of last winter warn nobody"
    event = Event.objects.filter(kind="history.loaded").earliest("seq")
    assert (event.actor_kind, event.data["via"], event.data["stored"], event.data["rejected"]) == (
        "source",
        "acd",
        2,
        1,
    )
    assert {row.code: row.count for row in SourceCount.objects.all()} == {"not_a_number": 2, "other_value": 1}


def test_words_for_every_line_stand_in_the_address(cast: Cast, secret: str) -> None:
    text = f"at,value\n{START.replace(tzinfo=None).isoformat()},8\n"
    assert hand_in(secret, text).json()["code"] == "history.no_table"
    query = "?metric=queue_time_mean&unit=min&region=east"
    assert [row["code"] for row in hand_in(secret, text, query).json()["rejected"]] == ["no_time_zone"]
    assert hand_in(secret, text, f"{query}&zone=company").json()["stored"] == 1
    assert Sample.objects.get().value == 480.0


def test_it_takes_the_token_of_a_source(cast: Cast) -> None:
    assert hand_in("hes_wrong", table(42)).status_code == 401
    assert not Series.objects.exists()


def test_on_a_page_by_whom_it_is_meant_for(cast: Cast, secret: str) -> None:
    admin, address = cast.client(ADMIN), "/signals/sources/acd/history/"
    sent = {"file": SimpleUploadedFile("old.csv", table(42, "many").encode()), "zone": "company"}
    page = admin.post(address, sent).content.decode()
    assert "Lines rejected" in page
    assert "The value is not a number." in page
    assert Sample.objects.count() == 1
    assert Event.objects.get(kind="history.loaded").actor_id == cast.user(ADMIN).pk
    broken = admin.post(address, {"file": SimpleUploadedFile("old.csv", b"PK\0"), "zone": "utc"})
    assert broken.status_code == 400
    assert "The file is no text" in broken.content.decode()
    assert cast.client(DUTY).post(address, sent).status_code == 403


def test_by_command(cast: Cast, tmp_path: Path) -> None:
    file, said = tmp_path / "old.csv", StringIO()
    file.write_text(table(42, "many"))
    call_command("history_load", str(file), stdout=said)
    assert "1 stored" in said.getvalue()
    assert "line 3" in said.getvalue()
    file.write_text("colour\n")
    with pytest.raises(CommandError):
        call_command("history_load", str(file))
    with pytest.raises(CommandError):
        call_command("history_load", str(tmp_path / "nowhere.csv"))


def test_what_was_handed_in_is_learnt_from_off_the_request(cast: Cast, secret: str) -> None:
    since = wall().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=9)
    lines = [f"{(since + timedelta(minutes=5 * n)).isoformat()},complaints,20,east" for n in range(8 * 288)]
    assert hand_in(secret, "\n".join(["at,metric,value,region", *lines])).json()["stored"] == 8 * 288
    series = Series.objects.get(metric="complaints", region="east").pk
    assert not Baseline.objects.exists()
    while sweep() or Timer.objects.filter(what=LEARN_ANEW).exists():
        pass
    assert Baseline.objects.get(series=series, slot=Baseline.FLAT).expected == 20
