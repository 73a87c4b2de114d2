"""Who answers for a role: one rule for rights and readings, an alarm where nobody does, and the log names the role that was lent."""

from typing import Any

from common.actor import SYSTEM
from dashboard.around import around
from engine.models import Alarm, Event
from escalation.models import PreparationTask, WarningData
from escalation.services import hourly, preparing
from notifications.alarm_words import alarm_text
from people import standins
from people.models import Deputy, Leave, RoleHolding, User
from people.selectors import department_of
from people.services import leaves, role_end
from plans.selectors import Unanswered, answering_of, current
from tests.apps.escalation.test_warnings import issued
from tests.apps.people.test_deputies import GROUP_DEPUTY, GUARD, HOUR, HR, away, now
from tests.cast import DEPUTY_GM, DUTY, GM, IT, LEGAL, OUTSIDER, SUPERVISOR, TECH, Cast
from watchdog.services.unheld import FEW, FEW_AGAIN, roles_watched, wanted_alarms

FINANCE = "deng"


def test_the_security_administrator_names_anybody_s_deputy_on_a_page(cast: Cast) -> None:
    gm, address = cast.user(GM), f"/people/accounts/{cast.user(GM).pk}/deputy"
    assert cast.client(HR).post(address, {"deputy": cast.user(LEGAL).pk}).status_code == 403
    guard = cast.client(GUARD)
    assert "Deputy on every leave" in guard.get(f"/people/accounts/{gm.pk}/").content.decode()
    assert guard.post(address, {"deputy": cast.user(LEGAL).pk}).status_code == 302
    assert Deputy.objects.get(user=gm, until=None).deputy == cast.user(LEGAL)
    event = Event.objects.get(kind="people.deputy_named")
    assert (event.actor_id, event.authority) == (cast.user(GUARD).pk, "security_admin")
    unfit = guard.post(address, {"deputy": cast.user(OUTSIDER).pk})
    assert "no part in the plan" in unfit.content.decode()
    assert guard.post(address, {"deputy": ""}).status_code == 302
    assert not Deputy.objects.filter(user=gm, until=None).exists()


def test_rights_and_readings_agree_on_who_stands_in(cast: Cast, django_assert_max_num_queries: Any) -> None:
    """One rule, asked of the database where rights are asked, and of what was read everywhere else."""
    who = [cast.user(name) for name in (GM, DEPUTY_GM, SUPERVISOR, LEGAL, IT)]
    at = now()
    # Whose leave, the deputy's, from when to when in hours; of the first one's the last deputy is away and the first has left.
    for person, deputy, start, end in (
        (0, 1, -1, 2),
        (0, 3, 0, 4),
        (0, 4, 0, 4),
        (1, 0, -1, 1),
        (2, 3, 1, 3),
        (4, 2, 0, 5),
    ):
        span = {"starts_at": at + HOUR * start, "ends_at": at + HOUR * end}
        Leave.objects.create(user=who[person], deputy=who[deputy], set_at=at, **span)
    User.objects.filter(pk=who[1].pk).update(is_active=False, left_at=at)
    by_rights = {held.user: held.deputy for held in standins.held_or_lent([person.pk for person in who])}
    with django_assert_max_num_queries(5):  # leaves, seats, holdings, users, groups
        found = standins.standing_in(at)
    read = {one.leave.user_id: [user.pk for user in one.deputies] for one in found}
    assert read == {who[0].pk: [who[3].pk], who[4].pk: [who[2].pk]}, "who has left is on leave no more"
    assert {person.pk: by_rights.get(person.pk) for person in who} == {
        person.pk: next(iter(read.get(person.pk, ())), None) for person in who
    }
    plan = current()
    # duties, holdings, seats, the real world, its clock, leaves, seats of leads, deputies
    with django_assert_max_num_queries(8):
        answering_of(plan.roles.values())


def test_a_role_nobody_answers_for_is_an_alarm_until_somebody_does(cast: Cast) -> None:
    def standing() -> set[tuple[str, str]]:
        roles_watched()
        return set(Alarm.objects.filter(kind__startswith="role.", cleared_at=None).values_list("kind", "ref"))

    assert standing() == set()
    row = away(cast, LEGAL)
    assert standing() == {("role.away", "legal")}
    page = cast.client(HR, "en").get("/").content.decode()
    assert f"Legal review: {cast.user(LEGAL).display_name} on leave, and nobody stands in" in page
    line = 'id="unanswered-title"'
    assert line not in cast.client(DUTY, "en").get("/").content.decode(), "who cannot mend it"
    assert line in cast.client(GUARD, "en").get("/people/").content.decode()
    assert line in cast.client(DUTY, "en").get("/readiness/").content.decode()
    mark = around()
    leaves.leave_deputise(leave_id=row.pk, deputy_id=cast.user(HR).pk, by=cast.actor(LEGAL))
    assert standing() == set()
    assert around() != mark, "the board reads anew"
    role_end(holding=RoleHolding.objects.get(user=cast.user(LEGAL), role="legal_reviewer", until=None), by=SYSTEM)
    assert standing() == {("role.unheld", "legal")}
    assert "Legal review" in alarm_text(Alarm.objects.get(kind="role.unheld", cleared_at=None))
    # Of very many one alarm tells.
    roles = [Unanswered(role, ()) for role in current().roles.values()]
    assert list(wanted_alarms(roles[:FEW])) == [("role.unheld", one.role.id) for one in roles[:FEW]]
    assert wanted_alarms(roles) == {("role.many", "roles"): len(roles)}
    # It does not go back and forth with one role more or less.
    assert wanted_alarms(roles[:FEW], together=True) == {("role.many", "roles"): FEW}
    assert len(wanted_alarms(roles[:FEW_AGAIN], together=True)) == FEW_AGAIN


def test_what_is_done_by_a_lent_role_says_so_in_the_log(cast: Cast) -> None:
    """Ticking a task of the preparation off, giving it, reporting for the lender's department, taking an obligation."""
    number = issued(cast)
    away(cast, TECH, LEGAL)
    by, lent = cast.actor(LEGAL), f"tech_lead/person:{cast.user(TECH).pk}"
    row = hourly.warning_data_report(number=number, availability="99.9 %", spares="ready", forecast="little", by=by)
    assert row.department == department_of(cast.user(TECH))
    task = PreparationTask.objects.filter(warning__incident__number=number, role="technical_response").first()
    assert task is not None
    preparing.task_done(number=number, task_id=task.pk, word="done", by=by)
    said = Event.objects.filter(kind__in=("warning.data_reported", "warning.task_done")).order_by("pk")
    assert [event.authority for event in said] == [lent, lent]
    # Who reports for two departments says for which.
    away(cast, FINANCE, GROUP_DEPUTY)
    lenders = department_of(cast.user(FINANCE))
    assert 'name="department"' in cast.client(GROUP_DEPUTY).get(f"/incidents/{number}/").content.decode()
    said_for = {"availability": "99.9 %", "spares": "ready", "forecast": "little", "department": lenders}
    assert cast.client(GROUP_DEPUTY).post(f"/incidents/{number}/warning/data/", said_for).status_code == 302
    assert WarningData.objects.latest("pk").department == lenders
    away(cast, GM, HR)
    other = PreparationTask.objects.filter(warning__incident__number=number, done_at=None).exclude(role="hr").first()
    assert other is not None
    preparing.task_assign(number=number, task_id=other.pk, person=cast.user(DUTY).pk, by=cast.actor(HR))
    given = Event.objects.get(kind="warning.task_assigned")
    assert given.authority == f"hq_commander/person:{cast.user(GM).pk}"
