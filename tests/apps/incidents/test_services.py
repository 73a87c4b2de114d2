"""Each act in each phase, by whom it belongs to and by whom it does not; two at once; the database as the last to refuse."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from common.actor import Actor
from common.errors import Conflict, HotlineError, Invalid, NotAllowed
from engine import worlds
from engine.models import Event
from escalation.services import levels
from incidents import services
from incidents.domain.moves import TRANSITIONS, Act, Phase, judge
from incidents.domain.reports import HandlingIn, ReportIn
from incidents.models import Incident
from incidents.selectors import by_number
from tests.apps.incidents.conftest import CALM
from tests.cast import CENTRE, DUTY, EXECUTIVE, GM, OUTSIDER, TECH, Cast

Made = Callable[[Phase], Incident]

GROUP = "technical_response"
# Each act as its owner would do it: who, and the call.
ACTS: dict[Act, tuple[str, Callable[[str, Actor], Any]]] = {
    Act.VERIFY: (DUTY, lambda n, by: services.incident_verify(number=n, outcome="confirmed", major=False, note="", by=by)),
    Act.DISMISS: (DUTY, lambda n, by: services.incident_dismiss(number=n, reason="A test", false_alarm=True, by=by)),
    Act.RECORD_FACTS: (TECH, lambda n, by: services.facts_record(number=n, facts={"reach": "region"}, by=by)),
    Act.NAME_REGULATOR: (DUTY, lambda n, by: services.regulator_name(number=n, regulator="CA", reason="It called", by=by)),
    Act.CANNOT_HOLD: (GM, lambda n, by: services.cannot_hold(number=n, needs="Experts", reason="Too large", by=by)),
    Act.SUPPORT_ARRIVED: (DUTY, lambda n, by: services.support_arrived(number=n, forces="The carrier", note="", by=by)),
    Act.ASSESS: (TECH, lambda n, by: services.incident_assess(number=n, facts={}, impact="East", measures="", by=by)),
    Act.DECIDE_LEVEL: (GM, lambda n, by: services.level_set(number=n, level="III", provisional=False, proposed="II", reason="x", by=by)),
    Act.START: (GM, lambda n, by: services.response_start(number=n, by=by)),
    Act.START_REGIONAL: (
        CENTRE,
        lambda n, by: services.response_start_regional(
            number=n, level="II", provisional=True, proposed=None, reason="Cut off", clause="1.2", by=by
        ),
    ),
    Act.SET_GROUP_STATUS: (GM, lambda n, by: services.group_status_set(number=n, group=GROUP, status="working", note="", by=by)),
    Act.REPORT: (TECH, lambda n, by: services.handling_report_add(number=n, report=HandlingIn(measures="Switched"), by=by)),
    Act.EVALUATE: (GM, lambda n, by: services.effect_evaluate(number=n, verdict="keep", reason="Better", by=by)),
    Act.RESTORE: (TECH, lambda n, by: services.service_restore(number=n, note="", by=by)),
    Act.REPORT_ENDING: (TECH, lambda n, by: services.ending_report(number=n, summary="Replaced", by=by)),
    Act.END: (GM, lambda n, by: services.response_end(number=n, conditions=CALM, reason="", by=by)),
    Act.CLOSE: (EXECUTIVE, lambda n, by: services.incident_close(number=n, note="", by=by)),
}  # fmt: skip


def as_it_stands(number: str) -> tuple[Any, ...]:
    """Everything an act could change."""
    incident = Incident.objects.filter(number=number).values().get()
    return tuple(incident.items()), Event.objects.filter(stream_id=incident["stream_id"]).count()


def refusal(call: Callable[[], Any]) -> HotlineError | None:
    """What the call raised, with whatever it did undone as a request's transaction would."""
    try:
        with transaction.atomic():
            call()
            transaction.set_rollback(True)
    except HotlineError as error:
        return error
    return None


@pytest.mark.parametrize("phase", list(Phase))
def test_each_act_in_each_phase_is_what_the_table_says(phase: Phase, cast: Cast, in_phase: Made) -> None:
    incident = in_phase(phase)
    before = as_it_stands(incident.number)
    for act, (who, call) in ACTS.items():
        legal = judge(act, phase, levelled=incident.level is not None, unverified=incident.awaits_verification)
        refused = refusal(lambda call=call, who=who: call(incident.number, cast.actor(who)))  # type: ignore[misc]
        assert (refused.code if refused else None) == legal.why, f"{act} when {phase}"
        assert refused is None or isinstance(refused, Conflict)
        assert as_it_stands(incident.number) == before, f"{act} when {phase} left something behind"


@pytest.mark.parametrize("phase", list(Phase))
def test_the_outsider_may_do_nothing_and_nothing_changes(phase: Phase, cast: Cast, in_phase: Made) -> None:
    incident, outsider = in_phase(phase), cast.actor(OUTSIDER)
    before = as_it_stands(incident.number)
    for act, (_who, call) in ACTS.items():
        refused = refusal(lambda call=call: call(incident.number, outsider))  # type: ignore[misc]
        assert isinstance(refused, NotAllowed), f"{act} when {phase}"
        assert as_it_stands(incident.number) == before


@pytest.mark.parametrize("phase", list(Phase))
def test_the_database_refuses_the_same_moves(phase: Phase, in_phase: Made) -> None:
    """Behind the services' back: an UPDATE to every other phase, with all that its constraints ask for filled in."""
    incident = in_phase(phase)
    for to in set(Phase) - {phase}:
        legal = (phase.value, to.value) in TRANSITIONS
        statement = (
            "UPDATE incidents_incident SET phase = %s, level = 'II', level_decided_at = now(), response_started_at = now(),"
            " ended_at = now(), closed_at = now(), false_alarm = false WHERE id = %s"
        )
        moved = True
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [to.value, incident.pk])
                transaction.set_rollback(True)
        except DatabaseError:
            moved = False
        assert moved == legal, f"{phase} → {to}"


@pytest.mark.parametrize(
    ("case", "phase", "change"),
    [
        ("a level without a name", Phase.VERIFIED, "level = ''"),
        ("a response without a level", Phase.RESPONSE, "level = NULL"),
        ("a response that never began", Phase.RESPONSE, "response_started_at = NULL"),
        ("a provisional nothing", Phase.VERIFIED, "level_provisional = true"),
        ("a false alarm that stands", Phase.VERIFIED, "false_alarm = true"),
        ("closed at no time", Phase.CLOSED, "closed_at = NULL"),
        ("a phase nobody knows", Phase.VERIFIED, "phase = 'forgotten'"),
    ],
)
def test_the_database_refuses_what_cannot_be(case: str, phase: Phase, change: str, in_phase: Made) -> None:
    incident = in_phase(phase)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE incidents_incident SET {change} WHERE id = %s", [incident.pk])


def test_no_incident_begins_in_the_middle_and_none_is_deleted(in_phase: Made) -> None:
    incident = in_phase(Phase.ENDED)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM incidents_incident WHERE id = %s", [incident.pk])
    copied = Incident.objects.filter(pk=incident.pk).values().get()
    with pytest.raises(DatabaseError, match="cannot begin as ended"), transaction.atomic():
        Incident.objects.create(**{**copied, "id": None, "number": "another"})


# --- a duty manager of one region ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("case", "regions", "may"),
    [
        ("his own region", ["east"], True),
        ("another region", ["north"], False),
        ("his own and another", ["east", "north"], False),
        ("the whole country", [], False),
    ],
)
def test_a_narrowed_duty_manager_acts_in_his_region_alone(case: str, regions: list[str], may: bool, cast: Cast) -> None:
    """Anybody on duty may record a fault anywhere (3.1); judging it is for whom the place belongs to."""
    tang = cast.actor("tang")
    incident = services.incident_report(report=ReportIn(noticed="Busy", regions=regions), by=tang, world=worlds.real())
    before = as_it_stands(incident.number)
    for act in (Act.VERIFY, Act.DISMISS, Act.RECORD_FACTS):
        refused = refusal(lambda act=act: ACTS[act][1](incident.number, tang))  # type: ignore[misc]
        assert (refused is None) == may, f"{act}: {case}"
        assert refused is None or isinstance(refused, NotAllowed)
        assert as_it_stands(incident.number) == before


# --- facts --------------------------------------------------------------------------------------------------------------
WRONG_FACTS: dict[str, tuple[dict[str, Any], str]] = {
    "a fact the plan does not know": ({"mood": "bad"}, "unknown"),
    "a reach there is not": ({"reach": "galaxy"}, "invalid_choice"),
    "words for a number": ({"recovery_hours": "soon"}, "not_a_number"),
    "NaN": ({"recovery_hours": float("nan")}, "not_a_number"),
    "infinity": ({"complaints_excess": float("inf")}, "not_a_number"),
    "yes for a number": ({"recovery_hours": True}, "not_a_number"),
    "longer than a year": ({"recovery_hours": 8761}, "out_of_bounds"),
    "before it began": ({"recovery_hours": -1}, "out_of_bounds"),
    "fewer complaints than none": ({"complaints_excess": -1.1}, "out_of_bounds"),
    "more hotlines than there are": ({"hotlines_down_share": 1.01}, "out_of_bounds"),
    "a number for yes or no": ({"outage": 1}, "not_boolean"),
}


def test_each_wrong_fact_is_named_and_none_is_kept(cast: Cast, in_phase: Made) -> None:
    incident = in_phase(Phase.VERIFIED)
    before = as_it_stands(incident.number)
    for case, (facts, code) in WRONG_FACTS.items():
        (name,) = facts
        refused = refusal(
            lambda facts=facts: services.facts_record(  # type: ignore[misc]
                number=incident.number, facts={"secondary_risk": "low", **facts}, by=cast.actor(TECH)
            )
        )
        assert isinstance(refused, Invalid), case
        assert [(row["field"], row["code"]) for row in refused.errors] == [(f"facts.{name}", code)], case
        assert as_it_stands(incident.number) == before, case


# --- two at once, and what is stale -------------------------------------------------------------------------------------
def test_what_was_decided_on_an_old_page_is_asked_for_again(cast: Cast, in_phase: Made) -> None:
    incident = in_phase(Phase.VERIFIED)
    seen = Event.objects.filter(stream_id=incident.stream_id).count()
    services.facts_record(number=incident.number, facts={"outage": True}, by=cast.actor(TECH))
    before = as_it_stands(incident.number)
    gm, duty, number = cast.actor(GM), cast.actor(DUTY), incident.number
    stale: dict[str, Callable[[], Any]] = {
        "the level": lambda: levels.level_decide(number=number, level="II", reason="x", by=gm, based_on=seen),
        "dismissing": lambda: services.incident_dismiss(
            number=number, reason="x", false_alarm=False, by=duty, based_on=seen
        ),
    }
    for case, call in stale.items():
        refused = refusal(call)
        assert refused is not None, case
        assert refused.code == "incident.moved_on", case
        assert as_it_stands(number) == before, case


def test_judging_the_effect_on_an_old_page_is_asked_for_again_too(cast: Cast, in_phase: Made) -> None:
    incident = in_phase(Phase.RESPONSE)
    seen = Event.objects.filter(stream_id=incident.stream_id).count()
    services.facts_record(number=incident.number, facts={"outage": True}, by=cast.actor(TECH))
    refused = refusal(
        lambda: levels.effect_evaluate(
            number=incident.number, verdict="keep", reason="Good", by=cast.actor(GM), based_on=seen
        )
    )
    assert refused is not None
    assert refused.code == "incident.moved_on"


@pytest.mark.parametrize(("case", "second"), [("the same level", "II"), ("another level", "I")])
def test_two_decide_at_once_one_wins_and_the_other_is_told(case: str, second: str, fresh_cast: Cast) -> None:
    """Two connections, both on the page as it stood: whoever is second learns of the first."""
    gm, deputy = fresh_cast.actor(GM), fresh_cast.actor("zhao")
    with transaction.atomic():
        number = services.incident_report(
            report=ReportIn(noticed="Nobody gets through", regions=["east"]),
            by=fresh_cast.actor(DUTY),
            world=worlds.real(),
        ).number
    seen = Event.objects.filter(stream_id=by_number(number).stream_id).count()
    told: dict[str, str] = {}
    line = threading.Barrier(2)

    def decide(name: str, by: Actor, level: str) -> None:
        line.wait(10)
        try:
            levels.level_decide(number=number, level=level, reason=name, by=by, based_on=seen)
            told[name] = "won"
        except HotlineError as error:
            told[name] = error.code
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=decide, args=("gm", gm, "II")),
        threading.Thread(target=decide, args=("deputy", deputy, second)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told.values()) == ["incident.moved_on", "won"]
    winner = next(name for name, said in told.items() if said == "won")
    assert by_number(number).level == {"gm": "II", "deputy": second}[winner]
    assert Event.objects.filter(kind="level.decided").count() == 1
