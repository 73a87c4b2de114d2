"""While somebody is on leave, whoever they named is told, owes and may act in their place, for exactly that time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from common.actor import SYSTEM, Actor
from common.errors import HotlineError, Invalid, NotAllowed
from engine import worlds
from engine.models import Event
from escalation import selectors as escalation
from escalation.models import LiftApplication, PlanMove
from escalation.services.proving import obligation_fulfil
from hotline_ep.practice.duties import roster_found
from notifications.domain.notices import Act as NoticeAct
from notifications.domain.notices import Barred
from notifications.domain.notices import barred as notice_barred
from notifications.models import Delivery, Notice
from notifications.services.notices import notice_approve, notice_draft, notice_submit
from people import rostered, standins
from people.models import Deputy, DutyTurn, Leave, RoleHolding
from people.rights import Scope, allowed, require
from people.selectors import actor_of, actors_of, leading, told
from people.services import leaves, role_assign, role_end, roster
from plans.domain.versions import Act, barred
from plans.selectors import answering_for, current, told_of
from plans.services import version_approve, version_draft, version_submit
from tests.apps.escalation.test_obligations import Night
from tests.cast import ADMIN, AUDITOR, DEPUTY_GM, DUTY, EXECUTIVE, GM, IT, LEGAL, OUTSIDER, SUPERVISOR, TECH, Cast
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

GUARD, HR, GROUP_DEPUTY, EDITOR = "guard", "qin", "yu", "jiang"
DECIDE = "incident.decide_level"
REPORT = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}
HOUR = timedelta(hours=1)


def now() -> datetime:
    return worlds.now(worlds.real())


def away(cast: Cast, who: str, deputy: str | None = None, *, by: Actor | None = None, **more: Any) -> Leave:
    start = more.pop("start", now())
    named = {"deputy_id": cast.user(deputy).pk} if deputy else {}
    by = by or cast.actor(who)
    return leaves.leave_set(user_id=cast.user(who).pk, starts_at=start, ends_at=start + HOUR, by=by, **named)


def names(role: str) -> set[str]:
    return {user.username for user in told_of(current().role(role))}


def test_the_rights_begin_and_end_with_the_leave_and_the_log_says_whose_they_are(hotline: Hotline) -> None:  # noqa: F811
    cast = hotline.cast
    assert not allowed(cast.actor(SUPERVISOR), DECIDE)
    away(cast, GM, SUPERVISOR, start=now() + HOUR)
    assert not allowed(cast.actor(SUPERVISOR), DECIDE)
    hotline.forward(minutes=60)
    by = require(cast.actor(SUPERVISOR), DECIDE)
    assert by.authority == f"hq_commander/person:{cast.user(GM).pk}"
    assert by.persons == {cast.user(SUPERVISOR).pk, cast.user(GM).pk}
    assert require(cast.actor(SUPERVISOR), "incident.verify").authority == "cs_supervisor"  # one's own comes first
    assert allowed(cast.actor(GM), DECIDE)  # whoever is away but there all the same is not locked out
    number = hotline.post(DUTY, "incidents", REPORT, expect=201)["number"]
    decision = {"level": "II", "reason": "all regions"}
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    hotline.post(SUPERVISOR, f"incidents/{number}/decide-level", decision)
    rows = hotline.get(GM, f"incidents/{number}/events")["events"]
    decided = next(row for row in rows if row["kind"] == "level.decided")
    assert decided["actor"]["in_place_of"] == cast.user(GM).display_name
    worlds.world_forward(world=hotline.world, by=HOUR)  # and nobody sweeps
    assert not allowed(cast.actor(SUPERVISOR), DECIDE)
    assert (
        hotline.cast.api(SUPERVISOR)
        .post(f"/api/v1/incidents/{number}/decide-level", decision, format="json")
        .status_code
        == 403
    )
    hotline.forward(minutes=0)
    kinds = Event.objects.filter(kind__startswith="people.deputy_").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["people.deputy_began", "people.deputy_ended"]
    heard = Delivery.objects.filter(
        user=cast.user(SUPERVISOR), message__kind__in=("duty.leave_set", "people.deputy_began")
    )
    assert set(heard.values_list("message__kind", flat=True)) == {"duty.leave_set", "people.deputy_began"}


def test_the_deputy_is_told_and_owes_in_the_holders_place(hotline: Hotline) -> None:  # noqa: F811
    cast, plan = hotline.cast, current()
    row = away(cast, IT, SUPERVISOR)
    assert names("head_of_it") == {SUPERVISOR}
    assert [user.username for user in told("head_of_it")] == [SUPERVISOR]
    number = hotline.post(DUTY, "incidents", REPORT, expect=201)["number"]
    owed = escalation.obligation_of(hotline.owed(number)["report.superior_cause"]["id"])[0]
    by = cast.actor(SUPERVISOR)
    assert escalation.owns(by, plan, owed, escalation.place_of(by))
    assert owed.pk in {found.pk for found, _plan in escalation.mine(by, user_id=by.id or 0, world_id=hotline.world.pk)}
    obligation_fulfil(obligation_id=owed.pk, evidence="authority_cause_report", note="Sent by fax", by=by)
    proof = Event.objects.get(kind="obligation.fulfilled", data__id=owed.pk)
    assert proof.authority == f"head_of_it/person:{cast.user(IT).pk}"
    leaves.leave_cancel(leave_id=row.pk, by=cast.actor(IT))
    by = cast.actor(SUPERVISOR)
    assert names("head_of_it") == {IT}
    assert not escalation.owns(by, plan, owed, escalation.place_of(by))


@pytest.mark.parametrize(
    ("case", "who", "deputy", "by", "code"),
    [
        ("nobody stands in for himself", GM, GM, GM, "deputy.unfit"),
        ("whoever has no part in the plan", GM, OUTSIDER, GM, "deputy.unfit"),
        ("the system administrator sees no content", GM, ADMIN, GM, "deputy.unfit"),
        ("nobody names himself", GM, HR, HR, "deputy.not_yours"),
        ("personnel records leave and lends no rights", GM, SUPERVISOR, HR, "deputy.not_yours"),
    ],
)
def test_who_names_whom(cast: Cast, case: str, who: str, deputy: str, by: str, code: str) -> None:
    with pytest.raises(HotlineError) as refused:
        away(cast, who, deputy, by=cast.actor(by))
    assert refused.value.code == code
    assert not Leave.objects.exists()
    assert cast.actor(deputy).lent == ()


def test_whoever_is_named_for_every_leave_stands_in_when_personnel_records_one(cast: Cast) -> None:
    gm, zhao = cast.user(GM), cast.user(DEPUTY_GM)
    with pytest.raises(NotAllowed):
        leaves.deputy_name(user_id=gm.pk, deputy_id=zhao.pk, by=cast.actor(HR))
    leaves.deputy_name(user_id=gm.pk, deputy_id=zhao.pk, by=cast.actor(GUARD))
    assert away(cast, GM, by=cast.actor(HR)).deputy_id == zhao.pk
    leaves.deputy_name(user_id=gm.pk, deputy_id=None, by=cast.actor(GM))
    event = Event.objects.filter(kind="people.deputy_named").order_by("seq").last()
    assert event is not None
    assert event.data == {"user": gm.pk, "before": zhao.pk, "after": None}
    over = Deputy.objects.get(user=gm)
    for changed in ({"deputy": cast.user(LEGAL)}, {"until": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Deputy.objects.filter(pk=over.pk).update(**changed)


def test_the_standing_deputy_does_not_switch_himself_on(cast: Cast) -> None:
    leaves.deputy_name(user_id=cast.user(GM).pk, deputy_id=cast.user(HR).pk, by=cast.actor(GM))
    with pytest.raises(NotAllowed) as refused:
        away(cast, GM, by=cast.actor(HR))
    assert refused.value.code == "deputy.not_yours"
    assert not allowed(cast.actor(HR), DECIDE)


def test_the_group_s_deputy_has_the_lead_s_role_only_while_the_lead_is_away(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    lead, deputy = cast.user(TECH), cast.user(GROUP_DEPUTY)
    assert actors_of([lead, deputy])[deputy.pk].lent == ()
    with django_assert_num_queries(1):
        actor_of(lead)
    away(cast, TECH)
    assert [lender.id for lender in actors_of([lead, deputy])[deputy.pk].lent] == [lead.pk]


def test_an_obligation_is_waived_in_the_place_of_who_stands_above(hotline: Hotline) -> None:  # noqa: F811
    cast, night = hotline.cast, Night(hotline).to_the_start()
    away(cast, GM, SUPERVISOR)
    role_assign(user=cast.user(EXECUTIVE), role="hq_member", by=SYSTEM)
    for rule, who in (("start.website", SUPERVISOR), ("report.executive", EXECUTIVE)):
        hotline.post(who, f"obligations/{night.owed()[rule]['id']}/waive", {"reason": "Not needed"})
    said = Event.objects.filter(kind="obligation.waived").order_by("pk").values_list("authority", flat=True)
    assert list(said) == [f"hq_commander/person:{cast.user(GM).pk}", "executive"], (
        "the role that stands above, not another"
    )


def test_what_is_not_of_the_plan_is_lent_to_nobody(cast: Cast) -> None:
    leaves.deputy_name(user_id=cast.user(AUDITOR).pk, deputy_id=cast.user(LEGAL).pk, by=cast.actor(GUARD))
    leave = leaves.leave_set(user_id=cast.user(AUDITOR).pk, starts_at=now(), ends_at=now() + HOUR, by=cast.actor(GUARD))
    assert leave.deputy_id == cast.user(LEGAL).pk
    assert not allowed(cast.actor(LEGAL), "log.verify")


def test_where_two_persons_must_act_a_deputy_is_no_second_one() -> None:
    """What the holder wrote his deputy does not approve in his place, nor what he himself wrote."""
    for persons, bar in (({1, 9}, True), ({2, 9}, True), ({3, 9}, False)):
        assert barred(Act.APPROVE, persons, writers=[1], submitted_by=2) is bar


def test_the_holder_s_draft_is_not_approved_by_his_deputy(cast: Cast) -> None:
    draft = version_draft(base=1, by=cast.actor(GM))
    version_submit(number=draft.number, by=cast.actor(GM))
    away(cast, GM, DEPUTY_GM)
    with pytest.raises(NotAllowed) as refused:
        version_approve(number=draft.number, revision=draft.revision, sha256=draft.sha256, by=cast.actor(DEPUTY_GM))
    assert refused.value.code == "plan.second_person"


def test_nor_is_the_deputy_s_draft_approved_by_the_holder(cast: Cast) -> None:
    away(cast, GM, LEGAL)
    draft = version_draft(base=1, by=cast.actor(LEGAL))
    version_submit(number=draft.number, by=cast.actor(LEGAL))
    with pytest.raises(NotAllowed) as refused:
        version_approve(number=draft.number, revision=draft.revision, sha256=draft.sha256, by=cast.actor(GM))
    assert refused.value.code == "plan.second_person"


def test_in_whose_place_a_notice_was_approved_is_kept_and_bars_him(cast: Cast) -> None:
    away(cast, LEGAL, GROUP_DEPUTY)
    written = {"kind": "impact", "zh": "热线暂时难以接通", "en": "Our hotline is hard to reach"}
    notice = notice_draft(world=worlds.real(), incident=None, by=cast.actor(EDITOR), **written)
    notice_submit(notice_id=notice.pk, by=cast.actor(EDITOR))
    by, read = cast.actor(GROUP_DEPUTY), {"revision": notice.revision, "content_hash": notice.content_hash}
    approved = notice_approve(notice_id=notice.pk, by=by, **read)
    legal = cast.user(LEGAL).pk
    assert approved.approvers == {by.id, legal}
    said = {"writers": approved.writers, "approved_by": approved.approvers}
    assert notice_barred(NoticeAct.PUBLISH, {legal}, **said) is Barred.APPROVED
    assert notice_barred(NoticeAct.PUBLISH, {legal + 1000}, **said) is None
    with pytest.raises(DatabaseError), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(state="published", published_by=legal, published_at=now())


@pytest.mark.parametrize(
    "row", [PlanMove(asked_by_id=1, asked_in_place_of_id=2), LiftApplication(applied_by_id=1, applied_in_place_of_id=2)]
)
def test_who_asked_or_in_whose_place_does_not_decide(row: PlanMove | LiftApplication) -> None:
    asks = Actor(kind="person", id=3, name="")
    assert row.barred(replace(asks, id=2))
    assert row.barred(replace(asks, in_place_of=1))
    assert not row.barred(replace(asks, in_place_of=4))


def test_a_deputy_who_is_away_stands_in_for_nobody_and_no_deputy_s_deputy_does(cast: Cast) -> None:
    away(cast, GM, DEPUTY_GM)
    away(cast, DEPUTY_GM, SUPERVISOR)
    assert {lender.id for lender in cast.actor(SUPERVISOR).lent} == {cast.user(DEPUTY_GM).pk}
    assert cast.actor(DEPUTY_GM).lent == ()
    assert not answering_for(current().role("hq"))
    assert names("hq") == {GM}  # a gap must never be a silence
    with pytest.raises(Invalid):
        away(cast, EXECUTIVE, GM)


def test_the_group_s_deputy_stands_in_for_its_lead_in_that_group_alone(cast: Cast) -> None:
    assess = "incident.assess"
    assert not allowed(cast.actor(GROUP_DEPUTY), assess)
    away(cast, TECH)
    by = require(cast.actor(GROUP_DEPUTY), assess)
    assert by.authority == f"tech_lead/person:{cast.user(TECH).pk}"
    assert not allowed(cast.actor(GROUP_DEPUTY), "incident.set_group_status", Scope(group="logistics_support"))
    assert names("technical_response") == {GROUP_DEPUTY}
    (one,) = standins.standing_in(now())
    assert (one.names, [group.key for group in one.groups]) == (
        [cast.user(GROUP_DEPUTY).display_name],
        ["technical_response"],
    )


def test_the_lead_s_own_deputy_comes_before_the_group_s_and_leads_its_tasks(cast: Cast) -> None:
    away(cast, TECH, SUPERVISOR)
    assert names("technical_response") == {SUPERVISOR}
    assert not allowed(cast.actor(GROUP_DEPUTY), "incident.assess")
    by = leading(cast.actor(SUPERVISOR), "technical_response", "task.do")
    assert by is not None
    assert by.authority == f"tech_lead/person:{cast.user(TECH).pk}", "not the supervisor's own, which leads no group"


@pytest.mark.parametrize("is_away", [True, False])
def test_the_ladder_skips_who_is_on_leave_or_does_not_exist_and_says_so(hotline: Hotline, is_away: bool) -> None:  # noqa: F811
    """Up from the duty manager: the supervisor is away without a deputy, or there is none, so the deputy general manager is next at
    once. The leave begins in the middle of the incident."""
    cast = hotline.cast
    number = hotline.post(DUTY, "incidents", REPORT, expect=201)["number"]
    if is_away:
        away(cast, SUPERVISOR)
    else:
        for holding in RoleHolding.objects.filter(role="cs_supervisor", until=None):
            role_end(holding=holding, by=SYSTEM)
    hotline.forward(minutes=6)
    rows = hotline.get(GM, f"incidents/{number}/events?limit=500")["events"]
    steps = [
        row["data"] for row in rows if row["kind"] == "obligation.escalated" and row["data"]["rule"] == "intake.verify"
    ]
    assert [(step["told"], step["skipped"], step["away"]) for step in steps] == [
        ([], "cs_supervisor", is_away),
        (["deputy_gm"], "", False),
    ]
    assert not Delivery.objects.filter(user=cast.user(SUPERVISOR), message__kind="obligation.overdue").exists()


def test_the_group_s_deputy_hears_when_its_lead_does_not_answer(hotline: Hotline) -> None:  # noqa: F811
    number = hotline.post(DUTY, "incidents", REPORT, expect=201)["number"]
    hotline.post(DUTY, f"incidents/{number}/verify", {"outcome": "confirmed", "major": True})
    hotline.forward(minutes=16)
    late = hotline.owed(number)["assess.impact"]
    heard = Delivery.objects.filter(message__kind="obligation.overdue", role="technical_response")
    assert {TECH, GROUP_DEPUTY} <= set(heard.values_list("user__username", flat=True))
    assert hotline.post(GROUP_DEPUTY, f"obligations/{late['id']}/take")["taken"]["by"] == GROUP_DEPUTY


def test_a_deputy_is_on_the_duty_and_history_says_for_whom(hotline: Hotline) -> None:  # noqa: F811
    roster_found()
    cast = hotline.cast
    duty = rostered.duty_named("duty_manager")
    meant = DutyTurn.objects.get(duty=duty, until=None).user
    assert meant is not None
    row = leaves.leave_set(
        user_id=meant.pk, starts_at=now(), ends_at=now() + HOUR, by=actor_of(meant), deputy_id=cast.user(LEGAL).pk
    )
    turn = DutyTurn.objects.get(duty=duty, until=None)
    assert (turn.user, turn.meant, turn.why) == (cast.user(LEGAL), meant, "deputy")
    during = now()
    rest = leaves.leave_deputise(leave_id=row.pk, deputy_id=None, by=actor_of(meant))
    assert DutyTurn.objects.get(duty=duty, until=None).user is None
    assert [one.names for one in standins.standing_in(during)] == [[cast.user(LEGAL).display_name]]
    assert [one.names for one in standins.standing_in(now())] == [[]]
    with pytest.raises(DatabaseError), transaction.atomic():
        Leave.objects.filter(pk=rest.pk).update(deputy=cast.user(LEGAL))


def test_pages_and_api_say_who_stands_in_and_what_nobody_answers_for(cast: Cast) -> None:
    client, start = cast.client(LEGAL), (now() + HOUR).isoformat()
    page = client.get("/people/duty/mine/").content.decode()
    assert "You alone hold: Legal reviewer" in page
    said = {"user": cast.user(LEGAL).pk, "starts_at": start, "ends_at": (now() + 2 * HOUR).isoformat()}
    answer = client.post("/people/duty/mine/leave", said, follow=True).content.decode()
    assert "Nobody answers for Legal reviewer" in answer
    assert "nobody answers for: Legal reviewer" in cast.client(GM).get("/people/duty/").content.decode()
    row = Leave.objects.get()
    client.post(f"/people/duty/mine/leave/{row.pk}/deputy", {"deputy": cast.user(EDITOR).pk})
    assert "nobody answers for" not in cast.client(GM).get("/people/duty/").content.decode()
    api = cast.api(LEGAL)
    (shown,) = api.get(f"/api/v1/people/standing-in?at={start.replace('+', '%2B')}").json()
    assert [one["name"] for one in shown["deputies"]] == [cast.user(EDITOR).display_name]
    named = api.post(f"/api/v1/people/users/{LEGAL}/deputy", {"deputy": cast.user(EDITOR).pk}, format="json").json()
    assert named["deputy"]["id"] == cast.user(EDITOR).pk
    newest = Leave.objects.latest("pk")
    refused = cast.api(HR).post(f"/api/v1/people/leaves/{newest.pk}/deputy", {"deputy": None}, format="json")
    assert refused.status_code == 403
    assert "Deputy" in cast.client(GM, "en").get("/people/").content.decode()
    assert roster.is_away(cast.user(LEGAL).pk, now() + HOUR, now() + 2 * HOUR)


DEPUTY_FORMS = {"one's own": "/people/duty/mine/deputy", "an account's": "/people/accounts/{user}/deputy"}


@pytest.mark.parametrize("address", DEPUTY_FORMS.values(), ids=DEPUTY_FORMS)
def test_only_nobody_chosen_is_nobody_and_a_refused_form_comes_back(cast: Cast, address: str) -> None:
    gm, legal = cast.user(GM), cast.user(LEGAL)
    first = leaves.deputy_name(user_id=gm.pk, deputy_id=legal.pk, by=cast.actor(GM))
    assert first is not None
    client = cast.client(GM if "mine" in address else GUARD, "en")
    at = address.format(user=gm.pk)
    for said in ({}, {"deputy": "abc"}, {"deputy": "-1"}, {"deputy": "9" * 30}, {"deputy": str(gm.pk)}):
        answer = client.post(at, said)
        assert answer.status_code == 400, said
        assert 'name="deputy" aria-invalid="true"' in answer.content.decode(), said
    late = client.post(at, {"deputy": str(cast.user(HR).pk), "based_on": str(first.pk + 1)})
    assert late.status_code == 400
    assert "Somebody named another deputy" in late.content.decode()
    assert f'value="{cast.user(HR).pk}" selected' in late.content.decode()
    assert leaves.standing_deputy(gm.pk) == first
    assert client.post(at, {"deputy": "", "based_on": str(first.pk)}).status_code == 302
    assert leaves.standing_deputy(gm.pk) is None


def test_the_deputy_of_a_leave_stays_when_the_choice_is_unreadable(cast: Cast) -> None:
    row = away(cast, GM, LEGAL)
    for said in ({}, {"deputy": "abc"}):
        answer = cast.client(GM, "en").post(f"/people/duty/mine/leave/{row.pk}/deputy", said)
        assert answer.status_code == 400
        assert "Choose who stands in" in answer.content.decode()
    assert Leave.objects.get(cancelled_at=None) == row
