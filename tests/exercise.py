"""A joint drill: an outage played by people in a practice world, by the services that play it in earnest."""

from engine.models import World
from incidents import services
from incidents.domain.reports import ReportIn
from incidents.selectors import Incident, by_number
from tests.cast import DUTY, GM, TECH, Cast

CALM = [{"id": "stable", "state": "met", "waived": False}]


def exercise_begun(cast: Cast, world: World) -> str:
    """Reported, verified, decided and started by the duty manager and the commander; the incident's number."""
    report = ReportIn(noticed="演练：华东来电全部中断", regions=["east"])
    number = services.incident_report(report=report, by=cast.actor(DUTY), world=world).number
    services.incident_verify(number=number, outcome="confirmed", major=True, note="", by=cast.actor(DUTY))
    services.level_set(number=number, level="II", provisional=False, proposed="II", reason="", by=cast.actor(GM))
    services.response_start(number=number, by=cast.actor(GM))
    return number


def exercise_held(cast: Cast, world: World) -> Incident:
    """The same to its end, with the technical group."""
    number = exercise_begun(cast, world)
    services.service_restore(number=number, note="", by=cast.actor(TECH))
    services.response_end(number=number, conditions=CALM, reason="", by=cast.actor(GM))
    return by_number(number)
