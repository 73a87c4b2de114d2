"""Tasks of work groups (2.2): who may give and do one, what is refused and why, and what the database refuses too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from common.errors import Conflict, HotlineError, Invalid, Missing, NotAllowed
from engine import worlds
from engine.selectors import events_after
from incidents import services
from incidents.domain.moves import NotTheirs, may_be_given
from incidents.domain.reports import ReportIn
from incidents.models import Incident, Task
from notifications.models import Delivery
from notifications.services import message_acknowledge
from people.models import User
from tests.cast import DUTY, GM, OUTSIDER, TECH, Cast

GROUP, MEMBER, OTHER_LEAD = "technical_response", "luo", "xu"


@pytest.fixture
def incident(cast: Cast) -> Incident:
    report = ReportIn(noticed="电话打不进来", regions=["east"], systems="down")
    return services.incident_report(report=report, by=cast.actor(DUTY), world=worlds.real())


@pytest.fixture
def give(cast: Cast, incident: Incident) -> Callable[..., Task]:
    def given(**changed: Any) -> Task:
        said = {
            "number": incident.number,
            "group": GROUP,
            "title": "Switch to the spare line",
            "assignee": cast.user(MEMBER).pk,
            "by": cast.actor(TECH),
        }
        return services.task_give(**{**said, **changed})

    return given


def kinds(incident: Incident) -> list[str]:
    return [event.kind for event in events_after(incident.stream_id, 0)]


@pytest.mark.parametrize(
    ("case", "active", "sits", "why"),
    [
        ("a member who is here", True, True, None),
        ("who left, though still seated", False, True, NotTheirs.LEFT),
        ("who sits elsewhere", True, False, NotTheirs.NOT_IN_GROUP),
    ],
)
def test_who_can_be_given_a_task(case: str, active: bool, sits: bool, why: NotTheirs | None) -> None:
    assert may_be_given(active=active, sits_in_group=sits) is why, case


@pytest.mark.parametrize("who", [DUTY, "su", GM, "zhao", TECH])
def test_who_gives(who: str, cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    task = give(by=cast.actor(who), due_at=worlds.now(incident.world) + timedelta(hours=1))
    assert (task.state, task.assignee_id, task.given_by_id) == ("open", cast.user(MEMBER).pk, cast.user(who).pk)
    assert kinds(incident)[-2:] == ["task.given", "message.queued"]


@pytest.mark.parametrize("who", [OUTSIDER, "audit", "exec", MEMBER, OTHER_LEAD, "wen"])
def test_who_does_not_give_changes_nothing(who: str, cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    before = kinds(incident)
    with pytest.raises(NotAllowed):
        give(by=cast.actor(who))
    assert not Task.objects.exists()
    assert kinds(incident) == before


def test_a_lead_gives_in_the_own_group(cast: Cast, give: Callable[..., Task]) -> None:
    lead = cast.actor(OTHER_LEAD)
    assert give(group="customer_reassurance", assignee=cast.user("peng").pk, by=lead).pk


def left(cast: Cast, username: str) -> User:
    user = cast.user(username)
    User.objects.filter(pk=user.pk).update(is_active=False)
    return user


@pytest.mark.parametrize(
    ("case", "changed", "field", "code"),
    [
        ("who left", lambda cast: {"assignee": left(cast, MEMBER).pk}, "assignee", "task.left"),
        ("who sits elsewhere", lambda cast: {"assignee": cast.user("peng").pk}, "assignee", "task.not_in_group"),
        ("nobody", lambda cast: {"assignee": 999_999}, "assignee", "invalid_choice"),
        ("no words", lambda cast: {"title": "  "}, "title", "blank"),
        ("no such group", lambda cast: {"group": "choir"}, "group", "invalid_choice"),
        ("a time that passed", lambda cast: {"due_at": worlds.now(worlds.real())}, "due_at", "past"),
    ],
)
def test_refused_with_the_reason(
    case: str, changed: Callable[[Cast], dict[str, Any]], field: str, code: str, cast: Cast, give: Callable[..., Task]
) -> None:
    with pytest.raises(Invalid) as refused:
        give(**changed(cast))
    assert [(row["field"], row["code"]) for row in refused.value.errors] == [(field, code)], case
    assert not Task.objects.exists()


def test_nothing_is_given_once_the_incident_is_over(cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    task = give()
    services.incident_dismiss(number=incident.number, reason="An exercise", false_alarm=False, by=cast.actor(DUTY))
    with pytest.raises(Conflict):
        give()
    with pytest.raises(Conflict):
        services.task_reassign(number=incident.number, task_id=task.pk, assignee=cast.user(TECH).pk, by=cast.actor(GM))
    # … but what was given can still be settled.
    assert services.task_done(number=incident.number, task_id=task.pk, by=cast.actor(MEMBER)).state == "done"


@pytest.mark.parametrize("who", [MEMBER, TECH])
def test_the_assignee_or_the_lead_says_done(
    who: str, cast: Cast, incident: Incident, give: Callable[..., Task]
) -> None:
    task = services.task_done(number=incident.number, task_id=give().pk, note="On the spare", by=cast.actor(who))
    assert (task.state, task.note) == ("done", "On the spare")
    assert task.ended_at is not None
    with pytest.raises(Conflict):
        services.task_done(number=incident.number, task_id=task.pk, by=cast.actor(who))
    assert kinds(incident).count("task.done") == 1


@pytest.mark.parametrize("who", [OUTSIDER, GM, "peng", OTHER_LEAD, "audit"])
def test_nobody_else_says_done(who: str, cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    task = give()
    with pytest.raises(NotAllowed):
        services.task_done(number=incident.number, task_id=task.pk, by=cast.actor(who))
    task.refresh_from_db()
    assert task.state == "open"


def test_cancelled_wants_a_reason_and_the_right(cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    task = give()
    for by, reason, error in ((TECH, " ", Invalid), (MEMBER, "no", NotAllowed), (OUTSIDER, "no", NotAllowed)):
        with pytest.raises(error):
            services.task_cancel(number=incident.number, task_id=task.pk, reason=reason, by=cast.actor(by))
    done = services.task_cancel(
        number=incident.number, task_id=task.pk, reason="Not needed any more", by=cast.actor(TECH)
    )
    assert (done.state, done.note) == ("cancelled", "Not needed any more")


def test_a_task_of_who_left_is_passed_on(cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    task = give()
    left(cast, MEMBER)
    lead = cast.user(TECH)
    moved = services.task_reassign(
        number=incident.number, task_id=task.pk, assignee=lead.pk, reason="Left", by=cast.actor(DUTY)
    )
    assert moved.assignee_id == lead.pk
    assert services.task_reassign(number=incident.number, task_id=task.pk, assignee=lead.pk, by=cast.actor(DUTY))
    assert kinds(incident).count("task.reassigned") == 1
    with pytest.raises(Invalid):
        services.task_reassign(
            number=incident.number, task_id=task.pk, assignee=cast.user("peng").pk, by=cast.actor(DUTY)
        )


def told(kind: str) -> list[str]:
    rows = Delivery.objects.filter(message__kind=kind, channel="inapp").order_by("pk")
    return list(rows.values_list("user__username", flat=True))


def test_who_is_given_a_task_or_takes_it_over_is_told_and_acknowledges(
    cast: Cast, incident: Incident, give: Callable[..., Task]
) -> None:
    task = give()
    assert told("task.given") == [MEMBER]
    message = Delivery.objects.get(message__kind="task.given", channel="inapp").message
    assert "Switch to the spare line" in message.body["en"]
    assert message_acknowledge(message_id=message.pk, by=cast.actor(MEMBER)).state == "acknowledged"
    left(cast, MEMBER)
    for _ in range(2):
        services.task_reassign(
            number=incident.number, task_id=task.pk, assignee=cast.user(TECH).pk, by=cast.actor(DUTY)
        )
    assert told("task.reassigned") == [TECH]


def test_a_task_of_another_incident_is_missing(cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    task = give()
    other = services.incident_report(report=ReportIn(noticed="x"), by=cast.actor(DUTY), world=worlds.real())
    with pytest.raises(Missing):
        services.task_done(number=other.number, task_id=task.pk, by=cast.actor(MEMBER))


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("done becomes open again", {"state": "open", "ended_at": None}),
        ("done becomes cancelled", {"state": "cancelled"}),
        ("ended without a time", {"ended_at": None}),
        ("a state we do not know", {"state": "asleep"}),
    ],
)
def test_the_database_refuses_too(
    case: str, change: dict[str, Any], cast: Cast, incident: Incident, give: Callable[..., Task]
) -> None:
    task = services.task_done(number=incident.number, task_id=give().pk, by=cast.actor(MEMBER))
    with pytest.raises(DatabaseError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**change)


def test_the_database_lets_no_task_begin_done_nor_vanish(incident: Incident, give: Callable[..., Task]) -> None:
    task = give()
    with pytest.raises(DatabaseError), transaction.atomic():
        task.delete()
    task.pk, task.state, task.ended_at = None, "done", task.given_at
    with pytest.raises(DatabaseError), transaction.atomic():
        task.save(force_insert=True)


# --- through the doors --------------------------------------------------------------------------------------------------
def test_the_api_gives_once_lists_and_settles(cast: Cast, incident: Incident) -> None:
    api, address = cast.api(TECH), f"/api/v1/incidents/{incident.number}/tasks"
    body = {"group": GROUP, "title": "Check the spare line", "assignee": cast.user(MEMBER).pk}
    first = api.post(address, body, format="json", headers={"Idempotency-Key": "once"})
    again = api.post(address, body, format="json", headers={"Idempotency-Key": "once"})
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    task = first.json()
    assert cast.api("audit").get(address).json() == [task]
    assert cast.api(OUTSIDER).get(address).status_code == 403
    assert cast.api("audit").post(f"{address}/{task['id']}/done", {}, format="json").status_code == 403
    moved = api.post(f"{address}/{task['id']}/reassign", {"assignee": cast.user(TECH).pk}, format="json")
    assert moved.json()["assignee"]["id"] == cast.user(TECH).pk
    assert api.post(f"{address}/{task['id']}/done", {"note": "ok"}, format="json").json()["state"] == "done"
    refused = api.post(f"{address}/{task['id']}/cancel", {"reason": "late"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "task.ended")


def test_the_api_says_why_who_left_gets_no_task(cast: Cast, incident: Incident) -> None:
    body = {"group": GROUP, "title": "Check", "assignee": left(cast, MEMBER).pk}
    answer = cast.api(TECH).post(f"/api/v1/incidents/{incident.number}/tasks", body, format="json")
    assert answer.status_code == 400
    assert "has left" in str(answer.json())


def test_the_room_gives_and_ones_own_list_settles_in_one_tap(cast: Cast, incident: Incident) -> None:
    lead, member = cast.client(TECH), cast.client(MEMBER)
    body = {"title": "Look at the switch", "assignee": cast.user(MEMBER).pk, "due_in": "30", "idempotency_key": "k"}
    for _twice in range(2):
        answer = lead.post(f"/incidents/{incident.number}/tasks/give/{GROUP}/", body)
        assert (answer.status_code, answer.url) == (302, f"/incidents/{incident.number}/#room-groups")
    (task,) = Task.objects.all()
    assert "Look at the switch" in lead.get(f"/incidents/{incident.number}/").content.decode()
    assert "Look at the switch" in member.get("/").content.decode()
    done = member.post(f"/incidents/{incident.number}/tasks/{task.pk}/done/", {"from": "home"})
    assert (done.status_code, done.url) == (302, "/")
    assert "Look at the switch" not in member.get("/").content.decode()


def test_a_task_for_who_left_comes_back_as_typed(cast: Cast, incident: Incident) -> None:
    body = {"title": "Kept as typed", "assignee": left(cast, MEMBER).pk}
    answer = cast.client(TECH).post(f"/incidents/{incident.number}/tasks/give/{GROUP}/", body)
    assert answer.status_code == 400
    assert "Kept as typed" in answer.content.decode()
    assert not Task.objects.exists()


def test_whoever_may_not_is_turned_away_by_the_pages(cast: Cast, incident: Incident, give: Callable[..., Task]) -> None:
    task, client = give(), cast.client(OUTSIDER)
    for path in ("give/technical_response", f"{task.pk}/done", f"{task.pk}/cancel", f"{task.pk}/reassign"):
        assert post(client, f"/incidents/{incident.number}/tasks/{path}/") == 403
    assert issubclass(NotAllowed, HotlineError)


def post(client: Client, path: str) -> int:
    return client.post(path, {"reason": "x", "title": "x"}).status_code
