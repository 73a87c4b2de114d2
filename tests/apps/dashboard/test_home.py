"""The first page with very many incidents: what is mine and overdue first, then by incident, folded beyond a dozen, quick to load."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.home import DOZEN, home_state
from engine import worlds
from escalation.models import Obligation
from incidents import services as incidents
from incidents.models import Incident
from incidents.services import ReportIn
from incidents.services.tasking import task_give
from tests.cast import DUTY, GM, OUTSIDER, TECH, Cast

MANY, ADDED = 14, 6


def report(cast: Cast, **more: Any) -> Incident:
    said = ReportIn(noticed="电话打不进来", regions=["east"], systems="down", **more)
    return incidents.incident_report(report=said, by=cast.actor(DUTY), world=worlds.real())


def confirmed(cast: Cast, incident: Incident) -> None:
    incidents.incident_verify(number=incident.number, outcome="confirmed", major=True, note="属实", by=cast.actor(DUTY))


@pytest.fixture
def many(cast: Cast) -> list[Incident]:
    return [report(cast) for _ in range(MANY)]


def shown(cast: Cast, who: str, path: str = "/") -> str:
    return cast.client(who).get(path).content.decode()


def late(incident: Incident) -> None:
    """One row long past its due time, as the clocks would have left it."""
    row = Obligation.objects.get(incident=incident, rule="intake.verify")
    Obligation.objects.filter(pk=row.pk).update(
        state=Obligation.State.OVERDUE, due_at=row.due_at - timedelta(hours=1), overdue_at=row.due_at
    )


def test_a_handful_stands_as_cards_and_nothing_is_folded(cast: Cast) -> None:
    report(cast)
    page = shown(cast, DUTY)
    assert ("by-incident" in page, "standing-folded" in page) == (False, False)
    assert page.count('class="obligation due"') == 2, "judge it, verify it"


def test_practice_stands_below_what_is_owed_in_earnest_and_the_earnest_above_practice(cast: Cast) -> None:
    now = worlds.now(worlds.real())
    practice = worlds.world_open(key="ex", name_zh="演练", name_en="Exercise", kind="practice", at=now, paused=True)
    incidents.incident_report(report=ReportIn(noticed="演练", systems="down"), by=cast.actor(DUTY), world=practice)
    report(cast)
    page = shown(cast, DUTY)
    assert 0 < page.index('class="obligation due"') < page.index('class="elsewhere"') < page.index('id="standing"')
    page = shown(cast, DUTY, "/?world=ex")
    assert 0 < page.index('class="elsewhere"') < page.index('class="obligation due"')


def test_beyond_a_dozen_the_rest_is_counted_by_incident(cast: Cast, many: list[Incident]) -> None:
    state = home_state(cast.actor(DUTY), worlds.real())
    (soon,) = state["spans"]
    assert (soon.key, len(soon.rows), soon.count) == ("soon", DOZEN, 2 * MANY)
    assert state["rest_count"] == 2 * MANY - DOZEN
    rest = [*state["rest"], *state["rest_folded"]]
    assert {one.incident.number for one in rest} == {incident.number for incident in many[DOZEN // 2 :]}
    page = shown(cast, DUTY)
    assert page.count('class="obligation due"') == DOZEN
    assert f"{2 * MANY - DOZEN} more, below by incident" in page
    assert page.count('href="/?incident=') == len(rest)


def test_what_is_overdue_comes_first_and_leads_the_rest(cast: Cast, many: list[Incident]) -> None:
    late(many[-1])
    state = home_state(cast.actor(DUTY), worlds.real())
    assert [(span.key, span.count) for span in state["spans"]] == [("overdue", 1), ("soon", 2 * MANY - 1)]
    for incident in many[:-1]:
        late(incident)
    state = home_state(cast.actor(DUTY), worlds.real())
    assert next((span.key, len(span.rows), span.count) for span in state["spans"]) == ("overdue", DOZEN, MANY)
    assert [one.overdue for one in state["rest"]] == sorted((one.overdue for one in state["rest"]), reverse=True)
    assert state["rest"][0].overdue == 1


def test_one_incident_alone_shows_all_of_it_with_its_acts(cast: Cast, many: list[Incident]) -> None:
    last = many[-1]
    page = shown(cast, DUTY, f"/?incident={last.number}")
    assert page.count('class="obligation due"') == 2
    assert page.count(f"/incidents/{last.number}/#act-verify") == 2, "one tap to do it"
    assert f'href="/?incident={last.number}"' not in page
    assert cast.client(DUTY).get("/?incident=2020-0001").status_code == 404
    assert cast.client(OUTSIDER).get(f"/?incident={last.number}").url == "/people/"


def test_tasks_of_one_s_own_stand_with_their_incident(cast: Cast, many: list[Incident]) -> None:
    task_give(
        number=many[0].number, group="technical_response", title="Call the carrier",
        assignee=cast.user(TECH).pk, due_at=None, by=cast.actor(TECH),
    )  # fmt: skip
    assert "Call the carrier" in shown(cast, TECH, f"/?incident={many[0].number}")
    assert "Call the carrier" not in shown(cast, TECH, f"/?incident={many[1].number}")


def test_what_stands_is_a_dozen_cards_the_gravest_first_and_the_rest_in_lines(cast: Cast, many: list[Incident]) -> None:
    Incident.objects.filter(pk=many[-1].pk).update(level="I")
    state = home_state(cast.actor(GM), worlds.real())
    assert state["incidents"][0]["incident"] == many[-1]
    assert (len(state["incidents"]), len(state["incidents_folded"])) == (DOZEN, MANY - DOZEN)
    standing = shown(cast, GM).partition('id="standing"')[2]
    numbers = re.findall(r'href="/incidents/([^/"]+)/"', standing)
    assert sorted(numbers) == sorted(incident.number for incident in many)


def test_more_incidents_cost_no_more_queries(cast: Cast, many: list[Incident]) -> None:
    for incident in many:
        confirmed(cast, incident)
    clients = {who: cast.client(who) for who in (DUTY, GM, TECH, "han")}

    def asked(who: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            clients[who].get("/")
        return [query["sql"] for query in queries]

    for who in clients:
        asked(who)  # what a process reads once
    few = {who: asked(who) for who in clients}
    for _ in range(ADDED):
        confirmed(cast, report(cast))
    for who in clients:
        more = asked(who)
        # What is kept for some seconds may be read anew in either; one query an incident would be all of them.
        assert abs(len(more) - len(few[who])) < ADDED // 2, "\n".join([who, *(sql[:160] for sql in more)])


def test_the_room_asks_once_for_what_it_says_often(cast: Cast) -> None:
    incident = report(cast)
    confirmed(cast, incident)
    client = cast.client(GM)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/incidents/{incident.number}/").status_code == 200
    said = [query["sql"] for query in asked]
    assert sum("FROM engine_world w WHERE w.id = " in sql for sql in said) == 1, "all of a page is of one instant"
    assert sum('FROM "incidents_incident"' in sql for sql in said) == 1, "an obligation does not ask whose it is"
