"""Warnings (4.3, 5): who may issue them, what they set going, and that a lifting takes all three conditions and two persons."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils.translation import override

from common.actor import SYSTEM
from common.errors import Conflict, Invalid, NotAllowed
from engine import worlds
from engine.models import Event
from escalation.models import EarlyWarning, LiftApplication, Obligation, PreparationTask, WarningData, WarningExtension
from escalation.services import hourly, levels, lifting, preparing, warnings
from escalation.services.conditions import SEEN
from escalation.services.warning_state import warning_dict
from incidents import services as incidents
from incidents.domain.reports import ReportIn
from incidents.selectors import by_number
from notifications.models import Delivery
from people import services as people
from people.services import leaves
from people.services.roster import now_here
from plans.domain.vocabulary import SEEN_FACTS
from plans.selectors import current
from signals.models import Baseline
from signals.services.samples import series_ensure
from tests.cast import AUDITOR, DEPUTY_GM, DUTY, EXECUTIVE, GM, IT, OUTSIDER, TECH, Cast
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

SAID = {"reach": "华东，约三成来电", "duration": "约两小时", "measures": "增派坐席，检查线路"}
XU, DENG, YU, LEI = "xu", "deng", "yu", "lei"  # customer service, finance, network operations, security


def reported(cast: Cast) -> str:
    report = ReportIn(noticed="排队变长", regions=["east"])
    return incidents.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real()).number


def issued(cast: Cast, colour: str = "blue", who: str | None = None) -> str:
    number = reported(cast)
    by = cast.actor(who or (DUTY if colour == "blue" else GM))
    warnings.warning_issue(number=number, colour=colour, by=by, **SAID)
    return number


def row(number: str) -> EarlyWarning:
    return EarlyWarning.objects.get(incident__number=number)


def told(kind: str) -> set[str]:
    return set(Delivery.objects.filter(message__kind=kind, channel="inapp").values_list("user__username", flat=True))


def kinds(number: str) -> list[str]:
    return list(Event.objects.filter(stream__key=number).order_by("seq").values_list("kind", flat=True))


def owed(number: str) -> dict[str, Obligation]:
    rows = Obligation.objects.filter(incident__number=number, state__in=Obligation.STANDING)
    return {one.rule: one for one in rows.order_by("-turn")}


# --- issuing -----------------------------------------------------------------------------------------------------------
def test_the_duty_manager_issues_blue_to_those_directly_responsible(cast: Cast) -> None:
    number = issued(cast)
    incident = by_number(number)
    assert (incident.phase, row(number).colour) == ("warning", "blue")
    assert told("tier.warning_blue") == {XU, DENG, YU, LEI, TECH}
    assert {"warning.hourly_data", "warning.prepare", "warning.limit", "warning.lift"} <= owed(number).keys()
    assert row(number).limit_at == row(number).issued_at + timedelta(hours=4)
    event = Event.objects.get(stream__key=number, kind="warning.started")
    assert (event.clause, event.authority, event.data["colour"]) == ("5.1", "duty_manager", "blue")


def test_yellow_tells_the_leaders_in_charge_too(cast: Cast) -> None:
    issued(cast, "yellow")
    assert {XU, TECH, DEPUTY_GM, "cto", "coo"} <= told("tier.warning_yellow")


@pytest.mark.parametrize("who", [DUTY, TECH, EXECUTIVE, AUDITOR, OUTSIDER])
def test_yellow_is_refused_with_who_could(who: str, cast: Cast) -> None:
    number = reported(cast)
    with pytest.raises(NotAllowed) as refused:
        warnings.warning_issue(number=number, colour="yellow", by=cast.actor(who), **SAID)
    assert "指挥" in refused.value.sentence() or "Headquarters" in refused.value.sentence()
    assert by_number(number).phase == "reported"


@pytest.mark.parametrize("left_out", ["reach", "duration", "measures"])
def test_each_content_is_needed(left_out: str, cast: Cast) -> None:
    number = reported(cast)
    with pytest.raises(Invalid) as refused:
        warnings.warning_issue(number=number, colour="blue", by=cast.actor(DUTY), **{**SAID, left_out: "  "})
    assert [error["field"] for error in refused.value.errors] == [left_out]
    assert not EarlyWarning.objects.exists()


def test_a_second_one_is_refused_and_blue_is_raised_to_yellow_by_headquarters(cast: Cast) -> None:
    number = issued(cast)
    with pytest.raises(Conflict):
        warnings.warning_issue(number=number, colour="blue", by=cast.actor(DUTY), **SAID)
    with pytest.raises(NotAllowed):
        warnings.warning_issue(number=number, colour="yellow", by=cast.actor(DUTY), **SAID)
    limit = row(number).limit_at
    warnings.warning_issue(number=number, colour="yellow", by=cast.actor(GM), **{**SAID, "reach": "华东、华北"})
    assert (row(number).colour, row(number).limit_at) == ("yellow", limit)
    said = warning_dict(by_number(number))
    assert (said["issued_by"]["name"], said["raised"]["by"]["name"]) == (
        cast.user(DUTY).display_name, cast.user(GM).display_name,
    ), "who raised it does not pass for who issued it, nor the other way round"  # fmt: skip
    assert row(number).contents["reach"]["zh"] == "华东、华北"
    assert DEPUTY_GM in told("tier.warning_yellow")
    with pytest.raises(Conflict, match=r"warning\.not_lower"):
        warnings.warning_issue(number=number, colour="blue", by=cast.actor(GM), **SAID)


def test_the_database_lets_no_yellow_become_blue_and_no_warning_go(cast: Cast) -> None:
    number = issued(cast, "yellow")
    with pytest.raises(ProgrammingError, match="Invalid transition"), transaction.atomic():
        EarlyWarning.objects.filter(pk=row(number).pk).update(colour="blue")
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        EarlyWarning.objects.filter(pk=row(number).pk)._raw_delete("default")
    with pytest.raises(IntegrityError), transaction.atomic():
        EarlyWarning.objects.filter(pk=row(number).pk).update(ended_at=worlds.now(worlds.real()))


def test_the_pre_response_is_a_yellow_warning_with_contents_and_tasks(hotline: Hotline) -> None:  # noqa: F811
    number = surge(hotline)
    warning = row(number)
    assert (warning.colour, warning.issued_by) == ("yellow", None)
    assert warning.contents["reach"] == {"zh": "华东", "en": "East"}
    assert PreparationTask.objects.filter(warning=warning).count() == 6
    # Headquarters hears of the pre-response, the others of the warning; nobody of both.
    assert DEPUTY_GM in told("tier.pre_response")
    assert TECH in told("tier.warning_yellow")
    assert told("tier.pre_response") & told("tier.warning_yellow") == set()
    assert len(warning.told) == len(told("tier.pre_response") | told("tier.warning_yellow"))


def test_a_response_or_a_dismissal_ends_it(cast: Cast) -> None:
    one, other = issued(cast), reported(cast)
    levels.level_decide(number=one, level="III", reason="单点", by=cast.actor(GM))
    incidents.response_start(number=one, by=cast.actor(GM))
    assert row(one).outcome == "response"
    with pytest.raises(Conflict, match=r"warning\.over"):
        warnings.warning_extend(number=one, reason="x", by=cast.actor(GM))
    warnings.warning_issue(number=other, colour="blue", by=cast.actor(DUTY), **SAID)
    incidents.incident_dismiss(number=other, reason="无需响应", false_alarm=False, by=cast.actor(DUTY))
    assert row(other).outcome == "dismissed"
    assert owed(other) == {}


# --- the limit ---------------------------------------------------------------------------------------------------------
def test_headquarters_extends_once_and_the_clock_follows(cast: Cast) -> None:
    number = issued(cast)
    before = row(number).limit_at
    with pytest.raises(NotAllowed):
        warnings.warning_extend(number=number, reason="天气", by=cast.actor(DUTY))
    with pytest.raises(Invalid):
        warnings.warning_extend(number=number, reason=" ", by=cast.actor(GM))
    warnings.warning_extend(number=number, reason="天气未转好", by=cast.actor(GM))
    assert row(number).limit_at == before + timedelta(hours=4)
    assert owed(number)["warning.limit"].due_at == before + timedelta(hours=4)
    assert Obligation.objects.filter(incident__number=number, rule="warning.limit").count() == 2
    with pytest.raises(Conflict, match=r"warning\.extended"):
        warnings.warning_extend(number=number, reason="再延", by=cast.actor(GM))


def test_the_database_refuses_a_second_extension(cast: Cast) -> None:
    number = issued(cast)
    warnings.warning_extend(number=number, reason="天气", by=cast.actor(GM))
    once = WarningExtension.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        WarningExtension.objects.create(
            warning=row(number),
            at=once.at,
            reason="再延",
            limit_before=once.limit_after,
            limit_after=once.limit_after + timedelta(hours=4),
        )


def test_every_fact_the_plan_may_have_the_product_see_is_seen() -> None:
    assert SEEN.keys() == SEEN_FACTS.keys()


# --- hourly data -------------------------------------------------------------------------------------------------------
DATA = {"availability": "99.9 %", "spares": "齐备", "forecast": "影响有限"}


def test_a_turn_is_settled_when_every_responsible_department_has_reported(cast: Cast) -> None:
    number = issued(cast)
    for who in (TECH, XU, DENG, YU):
        assert hourly.warning_data_report(number=number, by=cast.actor(who), **DATA).covers == [1]
        assert "warning.hourly_data" in owed(number)
    # Said again it changes nothing that is owed.
    assert hourly.warning_data_report(number=number, by=cast.actor(YU), **DATA).covers == []
    state = warning_dict(by_number(number))
    assert state is not None
    assert [one["zh"] for one in state["data"]["owed"][0]["departments"]] == ["安全保卫部"]
    hourly.warning_data_report(number=number, by=cast.actor(LEI), **DATA)
    done = Obligation.objects.get(incident__number=number, rule="warning.hourly_data", turn=1)
    assert done.state == "fulfilled"


def test_a_late_report_covers_the_turn_that_is_overdue_and_not_the_next(hotline: Hotline) -> None:  # noqa: F811
    number = issued(hotline.cast)
    hotline.forward(hours=1, minutes=2)
    assert hourly.warning_data_report(number=number, by=hotline.cast.actor(TECH), **DATA).covers == [1]
    assert hourly.warning_data_report(number=number, by=hotline.cast.actor(TECH), **DATA).covers == [2]


@pytest.mark.parametrize("who", [GM, "han", AUDITOR, OUTSIDER])
def test_who_is_of_no_responsible_department_does_not_report(who: str, cast: Cast) -> None:
    number = issued(cast)
    with pytest.raises(NotAllowed):
        hourly.warning_data_report(number=number, by=cast.actor(who), **DATA)
    assert "warning.data_reported" not in kinds(number)


def test_data_is_not_proved_by_saying_so(cast: Cast) -> None:
    from escalation.services.proving import obligation_fulfil

    number = issued(cast)
    with pytest.raises(Invalid):
        obligation_fulfil(
            obligation_id=owed(number)["warning.hourly_data"].pk,
            evidence="warning_data",
            note="Done",
            by=cast.actor(XU),
        )


# --- preparation -------------------------------------------------------------------------------------------------------
def tasks(number: str) -> dict[str, PreparationTask]:
    return {task.item: task for task in PreparationTask.objects.filter(warning__incident__number=number)}


def test_each_item_names_one_person_and_one_time_within_four_hours(cast: Cast) -> None:
    number = issued(cast)
    named = {item: task.person.username for item, task in tasks(number).items() if task.person}
    assert named == {
        "diagnosis": TECH,
        "scripts": XU,
        "agents": XU,
        "power_and_lines": YU,
        "access": LEI,
        "communications": DENG,
    }
    assert all(task.due_at <= row(number).issued_at + timedelta(hours=4) for task in tasks(number).values())
    assert told("warning.task") == {TECH, XU, YU, LEI, DENG}


def test_all_ticks_satisfy_the_obligation(cast: Cast) -> None:
    number = issued(cast)
    for task in tasks(number).values():
        assert "warning.prepare" in owed(number)
        assert task.person is not None
        by = cast.actor(task.person.username)
        preparing.task_done(number=number, task_id=task.pk, word="已完成", by=by)
    assert "warning.prepare" not in owed(number)
    with pytest.raises(Conflict, match=r"task\.done"):
        preparing.task_done(number=number, task_id=task.pk, word="again", by=by)


@pytest.mark.parametrize("who", [DUTY, DENG, GM, AUDITOR, OUTSIDER])
def test_a_task_is_ticked_by_its_person_or_role_alone(who: str, cast: Cast) -> None:
    number = issued(cast)
    with pytest.raises(NotAllowed):
        preparing.task_done(number=number, task_id=tasks(number)["access"].pk, word="x", by=cast.actor(who))
    with pytest.raises(Invalid):
        preparing.task_done(number=number, task_id=tasks(number)["access"].pk, word=" ", by=cast.actor(LEI))
    assert "warning.task_done" not in kinds(number)


def test_a_task_given_to_another_is_his(cast: Cast) -> None:
    number = issued(cast)
    task = tasks(number)["diagnosis"]
    luo = cast.user("luo")
    with pytest.raises(NotAllowed):
        preparing.task_assign(number=number, task_id=task.pk, person=luo.pk, by=cast.actor(XU))
    preparing.task_assign(number=number, task_id=task.pk, person=luo.pk, by=cast.actor(TECH))
    assert "luo" in told("warning.task")
    preparing.task_done(number=number, task_id=task.pk, word="已开始诊断", by=cast.actor("luo"))


def test_a_task_for_someone_who_left_is_refused_by_service_and_database(cast: Cast) -> None:
    number = issued(cast)
    task, luo = tasks(number)["diagnosis"], cast.user("luo")
    people.user_deactivate(user=luo, by=SYSTEM)
    with pytest.raises(Invalid) as refused:
        preparing.task_assign(number=number, task_id=task.pk, person=luo.pk, by=cast.actor(DUTY))
    assert luo.display_name in refused.value.sentence()
    with pytest.raises(ProgrammingError, match="who left"), transaction.atomic():
        PreparationTask.objects.filter(pk=task.pk).update(person=luo)
    with pytest.raises(Invalid):
        preparing.task_assign(number=number, task_id=task.pk, person=cast.user(AUDITOR).pk, by=cast.actor(DUTY))


def test_a_time_beyond_the_list_is_refused_by_service_and_database(cast: Cast) -> None:
    number = issued(cast)
    task = tasks(number)["diagnosis"]
    late = task.latest_at + timedelta(minutes=1)
    with pytest.raises(Invalid):
        preparing.task_assign(number=number, task_id=task.pk, person=task.person_id, due_at=late, by=cast.actor(DUTY))
    with pytest.raises(IntegrityError), transaction.atomic():
        PreparationTask.objects.filter(pk=task.pk).update(due_at=late)


# --- lifting -----------------------------------------------------------------------------------------------------------
def surge(house: Hotline) -> str:
    """A surge of complaints in the east opens the pre-response."""
    series = series_ensure(house.world, "complaints", "east")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)
    house.samples("complaints", *[14] * 15, region="east")
    return EarlyWarning.objects.get().incident.number


def calm(house: Hotline, *, minutes: int = 35, complaints: float = 10, availability: float = 99.95) -> None:
    """Time passes, and the core indicators say how it was meanwhile."""
    house.forward(minutes=minutes)
    house.samples("complaints", *[complaints] * 16, region="east")
    house.samples("availability", *[availability] * (minutes + 1), region="east")
    house.samples("call_success_rate", *[98.5] * (minutes + 1), region="east")


def unmet(house: Hotline, number: str, *, no_secondary_risk: bool = True) -> dict[str, str]:
    by = house.cast.actor(TECH)
    with pytest.raises(Conflict, match=r"lift\.conditions") as refused:
        lifting.lift_apply(number=number, declared={"no_secondary_risk": no_secondary_risk}, note="已排查", by=by)
    assert all("(5.3)" in error["message"] for error in refused.value.errors)
    assert not LiftApplication.objects.exists()
    return {error["field"]: error["code"] for error in refused.value.errors}


@pytest.mark.parametrize(
    ("case", "how", "risk", "open_conditions"),
    [
        ("a minute short of thirty", {"minutes": 29}, True, {"on_target": "unmet"}),
        ("availability below its target", {"availability": 99.5}, True, {"on_target": "unmet"}),
        ("complaints at 120 % of the mean", {"complaints": 12}, True, {"complaints": "unmet"}),
        ("risk not excluded", {}, False, {"no_risk": "unmet"}),
    ],
)
def test_lifting_is_refused_naming_each_condition(
    case: str,
    how: dict[str, Any],
    risk: bool,
    open_conditions: dict[str, str],
    hotline: Hotline,  # noqa: F811
) -> None:
    number = surge(hotline)
    calm(hotline, **how)
    assert unmet(hotline, number, no_secondary_risk=risk) == open_conditions


def test_a_silent_indicator_is_unknown_and_unknown_is_not_met(hotline: Hotline) -> None:  # noqa: F811
    number = surge(hotline)
    assert unmet(hotline, number) == {"on_target": "unknown", "complaints": "unmet"}
    calm(hotline)
    hotline.forward(minutes=20)
    hotline.samples("complaints", *[10] * 16, region="east")
    assert unmet(hotline, number) == {"on_target": "unknown"}


def test_applied_approved_announced_to_whom_the_issue_told(hotline: Hotline) -> None:  # noqa: F811
    cast, number = hotline.cast, surge(hotline)
    everyone = told("tier.pre_response") | told("tier.warning_yellow")
    calm(hotline)
    with pytest.raises(NotAllowed):
        lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="x", by=cast.actor(DUTY))
    with pytest.raises(Conflict, match=r"lift\.none"):
        lifting.lift_approve(number=number, by=cast.actor(GM))
    lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="线路已复测", by=cast.actor(TECH))
    with pytest.raises(Conflict, match=r"lift\.waits"):
        lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="又一次", by=cast.actor(IT))
    assert "warning.lift" not in owed(number)
    with pytest.raises(NotAllowed):
        lifting.lift_approve(number=number, by=cast.actor(TECH))
    lifting.lift_approve(number=number, note="同意", by=cast.actor(GM))
    assert (row(number).outcome, by_number(number).phase) == ("lifted", "dismissed")
    assert told("warning.lifted") == everyone
    assert kinds(number).index("warning.lifted") < kinds(number).index("incident.dismissed")
    assert owed(number) == {}
    limit = Obligation.objects.get(incident__number=number, rule="warning.limit")
    assert limit.state == "fulfilled"
    with pytest.raises(Conflict):
        lifting.lift_approve(number=number, by=cast.actor(GM))


def test_conditions_are_judged_again_at_the_approval(hotline: Hotline) -> None:  # noqa: F811
    number = surge(hotline)
    calm(hotline)
    lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="已复测", by=hotline.cast.actor(TECH))
    hotline.forward(minutes=1)
    hotline.samples("availability", 97, region="east")
    with pytest.raises(Conflict) as refused:
        lifting.lift_approve(number=number, by=hotline.cast.actor(GM))
    assert [error["field"] for error in refused.value.errors] == ["on_target"]
    assert by_number(number).phase == "warning"


def test_a_refusal_gives_its_reason_and_the_application_is_owed_again(hotline: Hotline) -> None:  # noqa: F811
    number = surge(hotline)
    calm(hotline)
    lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="已复测", by=hotline.cast.actor(TECH))
    with pytest.raises(Invalid):
        lifting.lift_refuse(number=number, reason="", by=hotline.cast.actor(GM))
    lifting.lift_refuse(number=number, reason="再观察半小时", by=hotline.cast.actor(GM))
    assert "warning.lift" in owed(number)
    assert TECH in told("warning.lift_refused")
    lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="再次复测", by=hotline.cast.actor(IT))


def test_the_same_person_cannot_apply_and_approve(hotline: Hotline) -> None:  # noqa: F811
    cast, number = hotline.cast, surge(hotline)
    calm(hotline)
    people.role_assign(user=cast.user(TECH), role="hq_member", by=SYSTEM)
    both = cast.actor(TECH)
    application = lifting.lift_apply(number=number, declared={"no_secondary_risk": True}, note="已复测", by=both)
    with pytest.raises(NotAllowed, match=r"lift\.same_person"):
        lifting.lift_approve(number=number, by=both)
    with pytest.raises(IntegrityError, match="lift_takes_two_persons"), transaction.atomic():
        LiftApplication.objects.filter(pk=application.pk).update(
            state="approved", decided_by=both.id, decided_at=hotline.now()
        )
    assert row(number).ended_at is None


def test_the_hourly_data_begins_with_the_last_of_one_s_own_department(cast: Cast) -> None:
    number = issued(cast)

    def form() -> str:
        page = cast.client(XU).get(f"/incidents/{number}/").content.decode()
        start = page.index('id="act-warning-data"')
        return str(page[start : page.index("</form>", start)])

    assert "齐备" not in form()
    for who, spares in ((XU, "齐备"), (YU, "Two lines")):
        hourly.warning_data_report(number=number, by=cast.actor(who), **{**DATA, "spares": spares})
    incidents.facts_record(number=number, facts={"secondary_risk": "high"}, by=cast.actor(TECH))
    again = form()
    assert "齐备</textarea>" in again
    assert "Two lines" not in again, "another department's"
    assert "What changed since the last report of" in again
    assert 'data-line="Secondary risk: high"' in again
    assert "data-kept" not in again, "a forecast is judged, and takes over what is tapped"
    assert 'data-into="id_data_forecast"' in again
    leaves.leave_set(
        user_id=cast.user(YU).pk,
        starts_at=now_here(),
        ends_at=now_here() + timedelta(hours=1),
        deputy_id=cast.user(XU).pk,
        by=SYSTEM,
    )
    of_two = form()
    assert 'name="department"' in of_two
    assert "齐备</textarea>" not in of_two, "for which department is not said yet"


def test_who_reports_for_another_department_is_told_so(cast: Cast) -> None:
    number = issued(cast)
    plan = current()
    own, other = "network_operations", next(key for key in plan.responsible if key != "network_operations")
    for asked, says in (
        (other, f"You do not report for {plan.departments[other].en}; you report for: {plan.departments[own].en}."),
        ("canteen", "Only the responsible departments report here: "),
    ):
        with pytest.raises(NotAllowed, match=r"warning\.department") as caught, override("en"):
            hourly.warning_data_report(number=number, by=cast.actor(YU), department=asked, **DATA)
        with override("en"):
            assert caught.value.sentence().startswith(says)
    with pytest.raises(NotAllowed) as caught, override("en"):
        hourly.warning_data_report(number=number, by=SYSTEM, department=other, **DATA)
    with override("en"):
        assert caught.value.sentence() == f"You do not report for {plan.departments[other].en}."
    assert not WarningData.objects.exists()


# --- the API and the pages ---------------------------------------------------------------------------------------------
def test_the_whole_way_through_the_api(hotline: Hotline) -> None:  # noqa: F811
    house = hotline
    series = series_ensure(house.world, "complaints", "east")
    Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=10, days=28)
    number = house.post(DUTY, "incidents", {"noticed": "Long queues", "regions": ["east"]}, expect=201)["number"]
    at = f"incidents/{number}"
    house.get(GM, f"{at}/warning", expect=404)
    house.post(DUTY, f"{at}/warn", {"colour": "yellow", **SAID}, expect=403)
    house.post(DUTY, f"{at}/warn", {"colour": "blue", "reach": "East"}, expect=400)
    warning = house.post(DUTY, f"{at}/warn", {"colour": "blue", **SAID})
    assert (warning["colour"], warning["standing"], len(warning["preparation"])) == ("blue", True, 6)
    assert house.get(GM, "board")["incidents"][0]["warning"] == "blue"
    assert house.post(GM, f"{at}/warn", {"colour": "yellow", **SAID})["colour"] == "yellow"
    assert house.post(YU, f"{at}/warning/data", DATA)["data"]["reports"][0]["department"] == "network_operations"
    task = next(one for one in warning["preparation"] if one["item"] == "access")
    path = f"{at}/warning/preparation/{task['id']}"
    house.post(DUTY, path, {"person": 0}, expect=400)
    house.post(DUTY, path, {"person": house.cast.user(YU).pk, "word": "both"}, expect=400)
    house.post(DUTY, path, {"person": house.cast.user(YU).pk})
    done = house.post(YU, path, {"word": "Doors locked"})
    assert next(one for one in done["preparation"] if one["item"] == "access")["done_by"]["name"] == "于海波"
    house.post(DUTY, f"{at}/warning/extend", {"reason": "x"}, expect=403)
    house.post(GM, f"{at}/warning/extend", {"reason": "Weather"})
    house.post(GM, f"{at}/warning/extend", {"reason": "Weather"}, expect=409)
    refused = house.post(TECH, f"{at}/lift", {"no_secondary_risk": True, "note": "Checked"}, expect=409)
    assert {row["field"] for row in refused["errors"]} == {"on_target", "complaints"}
    calm(house)
    house.post(TECH, f"{at}/lift", {"no_secondary_risk": True, "note": "Checked"})
    house.post(GM, f"{at}/lift/refuse", {"reason": "Wait"})
    house.post(IT, f"{at}/lift", {"no_secondary_risk": True, "note": "Checked again"})
    lifted = house.post(GM, f"{at}/lift/approve", {})
    assert (lifted["standing"], lifted["outcome"]) == (False, "lifted")
    assert house.get(GM, at)["phase"] == "dismissed"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", [DUTY, GM, TECH, XU, "audit", EXECUTIVE])
def test_the_room_shows_the_warning_and_the_acts_open_to_each(who: str, language: str, cast: Cast) -> None:
    number = issued(cast)
    page = cast.client(who, language).get(f"/incidents/{number}/").content.decode()
    assert SAID["measures"] in page
    assert ("Lifting: every condition must be met" if language == "en" else "解除：全部条件") in page
    assert ('id="act-warn"' in page) == (who == GM), "headquarters may raise it"
    assert ('id="act-warning-data"' in page) == (who in (DUTY, TECH, XU))
    assert ('id="act-lift"' in page) == (who == TECH)
    assert ('id="act-warning-extend"' in page) == (who == GM)


def test_the_forms_of_the_room(cast: Cast) -> None:
    number = reported(cast)
    duty, gm = cast.client(DUTY), cast.client(GM)
    assert 'id="act-warn"' in duty.get(f"/incidents/{number}/").content.decode()
    short = duty.post(f"/incidents/{number}/warn/", {"colour": "blue", "reach": "kept words"})
    assert short.status_code == 400
    assert "kept words" in short.content.decode()
    assert duty.post(f"/incidents/{number}/warn/", {"colour": "yellow", **SAID}).status_code == 403
    body = {"colour": "blue", **SAID, "idempotency_key": "once"}
    for _ in range(2):
        assert duty.post(f"/incidents/{number}/warn/", body).url == f"/incidents/{number}/"
    task = tasks(number)["agents"]
    path = f"/incidents/{number}/warning/preparation/{task.pk}"
    people.user_deactivate(user=cast.user("luo"), by=SYSTEM)
    left = duty.post(f"{path}/assign/", {"person": cast.user("luo").pk})
    assert left.status_code == 400
    assert "has left" in left.content.decode()
    assert duty.post(f"{path}/assign/", {"person": cast.user("peng").pk}).status_code == 302
    assert cast.client("peng").post(f"{path}/done/", {"word": "Ten agents"}).status_code == 302
    assert cast.client(XU).post(f"/incidents/{number}/warning/data/", DATA).status_code == 302
    assert gm.post(f"/incidents/{number}/warning/extend/", {"reason": "Weather"}).status_code == 302
    refused = cast.client(TECH).post(f"/incidents/{number}/lift/", {"no_secondary_risk": "on", "note": "Checked"})
    assert refused.status_code == 409
    assert "Core indicators on target" in refused.content.decode()
    assert gm.post(f"/incidents/{number}/lift/approve/", {}).status_code == 409
    assert cast.client(DUTY).post(f"/incidents/{number}/lift/refuse/", {"reason": "x"}).status_code == 403
