"""Incidents in every phase, made by the services that make them in earnest."""

from collections.abc import Callable
from typing import Any

import pytest

from engine import worlds
from incidents import services
from incidents.domain.moves import Phase
from incidents.domain.reports import ReportIn
from incidents.domain.triggers import Trigger
from incidents.models import Incident
from tests.cast import DUTY, EXECUTIVE, GM, TECH, Cast

CALM = [{"id": "stable", "state": "met", "waived": False}]


@pytest.fixture
def in_phase(cast: Cast) -> Callable[[Phase], Incident]:
    """An incident in the east that went the plain way to this phase."""

    def made(phase: Phase) -> Incident:
        if phase == Phase.WARNING:
            world = worlds.real()
            trigger = Trigger(
                watch=1, threshold="cpu_pre_response", metric="cpu", region="east", value=96.0, at=worlds.now(world)
            )
            return services.incident_open_from_signal(
                trigger=trigger, title={"zh": "华东", "en": "East"}, world=world, plan_version=cast.plan.pk
            )
        report = ReportIn(noticed="Nobody gets through", regions=["east"])
        incident = services.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real())
        for step in WAY[phase]:
            step(cast, incident.number)
        incident.refresh_from_db()
        assert incident.phase == phase
        return incident

    return made


def verified(cast: Cast, number: str) -> Any:
    return services.incident_verify(number=number, outcome="confirmed", major=True, note="", by=cast.actor(DUTY))


def levelled(cast: Cast, number: str) -> Any:
    return services.level_set(number=number, level="II", provisional=False, proposed="II", reason="", by=cast.actor(GM))


def started(cast: Cast, number: str) -> Any:
    return services.response_start(number=number, by=cast.actor(GM))


def restored(cast: Cast, number: str) -> Any:
    return services.service_restore(number=number, note="", by=cast.actor(TECH))


def ended(cast: Cast, number: str) -> Any:
    return services.response_end(number=number, conditions=CALM, reason="", by=cast.actor(GM))


def closed(cast: Cast, number: str) -> Any:
    return services.incident_close(number=number, note="", by=cast.actor(EXECUTIVE))


def dismissed(cast: Cast, number: str) -> Any:
    return services.incident_dismiss(number=number, reason="A test", false_alarm=True, by=cast.actor(DUTY))


RESPONDING = (verified, levelled, started)
WAY: dict[Phase, tuple[Callable[[Cast, str], Any], ...]] = {
    Phase.REPORTED: (),
    Phase.VERIFIED: (verified,),
    Phase.RESPONSE: RESPONDING,
    Phase.MONITORING: (*RESPONDING, restored),
    Phase.ENDED: (*RESPONDING, restored, ended),
    Phase.CLOSED: (*RESPONDING, restored, ended, closed),
    Phase.DISMISSED: (dismissed,),
}
