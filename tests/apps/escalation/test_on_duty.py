"""Of a role that the plan ties to a duty of the roster, whoever is on it is told, and owes; the others sleep (3.1)."""

from escalation import selectors
from escalation.models import Obligation
from hotline_ep.practice.duties import roster_found
from notifications.models import Delivery
from people import rostered
from people.models import DutyTurn
from people.selectors import user_by_name
from people.services import roster
from plans.selectors import current, told_of
from tests.cast import DUTY, GM, SUPERVISOR, TECH, Cast
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

REPORT = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}
OTHER = "tang"


def names(role: str) -> set[str]:
    return {user.username for user in told_of(current().role(role))}


def taken_by(cast: Cast, name: str) -> None:
    duty = rostered.duty_named("duty_manager")
    if name not in {turn.user.username for turn in DutyTurn.objects.filter(duty=duty, until=None, user__isnull=False)}:
        roster.duty_take(duty_id=duty.pk, by=cast.actor(name))


def test_without_a_roster_every_holder_is_told(cast: Cast) -> None:
    assert {DUTY, OTHER} <= names("duty_manager")


def test_who_is_on_duty_is_told_alone_and_a_gap_is_everybodys(cast: Cast) -> None:
    everybody = names("duty_manager")
    roster_found()
    for name in (OTHER, DUTY, SUPERVISOR):
        taken_by(cast, name)
        assert names("duty_manager") == {name}
        assert selectors.recipients(current(), ["duty_manager"]) == [(user_by_name(name).pk, "duty_manager")]
    for row in rostered.rotations_of([rostered.duty_named("duty_manager")]):
        roster.rotation_end(rotation_id=row.pk, by=cast.actor(SUPERVISOR))
    for row in rostered.overrides_standing(rostered.duty_named("duty_manager"), roster.now_here()):
        roster.override_cancel(override_id=row.pk, by=cast.actor(SUPERVISOR))
    assert names("duty_manager") == everybody
    assert names("hq") == {GM}


def test_what_falls_due_reaches_the_person_on_duty_and_no_other_duty_manager(hotline: Hotline) -> None:  # noqa: F811
    roster_found()
    taken_by(hotline.cast, OTHER)
    number = hotline.post(DUTY, "incidents", REPORT, expect=201)["number"]
    hotline.forward(minutes=6)
    assert hotline.owed(number)["intake.verify"]["state"] == "overdue"
    late = Delivery.objects.filter(message__kind="obligation.overdue", role="duty_manager")
    assert set(late.values_list("user__username", flat=True)) == {OTHER}


def test_who_stands_the_duty_by_another_role_owes_it_meanwhile(hotline: Hotline) -> None:  # noqa: F811
    """The supervisor may stand it without being a duty manager; the duty managers keep their right to act."""
    cast = hotline.cast
    roster_found()
    number = hotline.post(DUTY, "incidents", REPORT, expect=201)["number"]
    row = Obligation.objects.get(incident__number=number, rule="intake.judge")
    plan = current()

    def owns(name: str) -> bool:
        return selectors.owns(cast.actor(name), plan, row, selectors.place_of(cast.actor(name)))

    taken_by(cast, OTHER)
    assert [owns(name) for name in (OTHER, DUTY, SUPERVISOR, TECH)] == [True, True, False, False]
    taken_by(cast, SUPERVISOR)
    assert [owns(name) for name in (OTHER, DUTY, SUPERVISOR, TECH)] == [True, True, True, False]
