"""Notices (clause 3.4): PR writes, legal approves this very text, the PR manager publishes; three different people."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import translation

from common.actor import SYSTEM
from common.errors import Conflict, HotlineError, Invalid, NotAllowed
from engine.log import log_verify
from engine.models import Stream, World
from engine.selectors import events_after
from incidents.models import Incident
from incidents.services import ReportIn, incident_report
from notifications import services
from notifications.domain.notices import GAP, Act, State, Why, barred, content_hash, judge, wrong
from notifications.models import Message, Notice
from notifications.notice_selectors import holding_offered, holding_ready, notice_history, notice_prefilled, waits_for
from people.models import User
from people.selectors import actor_of
from people.services import role_assign
from tests.apps.notifications.conftest import at_once
from tests.apps.people.conftest import made

ZH, EN = "华东地区热线目前不易接通。", "Our hotline in the east is hard to reach."


@pytest.fixture
def jiang(world: World) -> User:
    """The PR editor."""
    return made("jiang", "pr_editor")


@pytest.fixture
def han(world: World) -> User:
    """The PR manager, the single voice."""
    return made("han", "pr_manager")


@pytest.fixture
def wen(world: World) -> User:
    """Legal."""
    return made("wen", "legal_reviewer", language="zh-hans")


@pytest.fixture
def incident(world: World, lin: User) -> Incident:
    return incident_report(report=ReportIn(noticed="a digger cut the fibre"), by=actor_of(lin), world=world)


@pytest.fixture
def notice(incident: Incident, jiang: User) -> Notice:
    return drafted(incident, jiang)


def drafted(incident: Incident | None, by: User, *, kind: str = "impact", world: World | None = None) -> Notice:
    where = incident.world if incident else world
    assert where is not None
    return services.notice_draft(world=where, incident=incident, kind=kind, zh=ZH, en=EN, by=actor_of(by))


def submitted(notice: Notice, by: User) -> Notice:
    return services.notice_submit(notice_id=notice.pk, by=actor_of(by))


def approved(notice: Notice, by: User, **more: Any) -> Notice:
    return services.notice_approve(
        notice_id=notice.pk, revision=notice.revision, content_hash=notice.content_hash, by=actor_of(by), **more
    )


def published(notice: Notice, by: User) -> Notice:
    return services.notice_publish(notice_id=notice.pk, by=actor_of(by))


@pytest.fixture
def ready(notice: Notice, jiang: User, wen: User) -> Notice:
    """Approved, and waiting for the PR manager."""
    submitted(notice, jiang)
    return approved(notice, wen)


def kinds(incident: Incident) -> list[str]:
    return [event.kind for event in events_after(incident.stream_id, 0) if event.kind.startswith("notice.")]


def told(kind: str) -> set[str]:
    message = Message.objects.filter(kind=kind).last()
    return {row.user.username for row in message.deliveries.all()} if message else set()


def now(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


# --- the way of a notice -------------------------------------------------------------------------------------------------
def test_draft_review_approval_publication_each_by_its_own_person(
    notice: Notice, incident: Incident, jiang: User, wen: User, han: User
):
    submitted(notice, jiang)
    assert told("notice.submitted") == {"wen"}
    approved(notice, wen)
    assert told("notice.approved") == {"han"}
    out = published(notice, han)
    assert (out.state, out.published_by_id, out.approved_hash) == ("published", han.pk, content_hash(ZH, EN))
    assert kinds(incident) == ["notice.drafted", "notice.submitted", "notice.approved", "notice.published"]
    event = next(e for e in events_after(incident.stream_id, 0) if e.kind == "notice.published")
    assert (event.data["sha256"], event.clause, event.authority) == (out.content_hash, "3.4", "pr_manager")
    assert [row["user"].username for row in notice_history(out)] == ["jiang", "jiang", "wen", "han"]
    assert log_verify(Stream.objects.get(pk=incident.stream_id)) is None


def test_legal_returns_it_with_a_reason_and_who_wrote_it_is_told(notice: Notice, jiang: User, han: User, wen: User):
    edited = services.notice_edit(notice_id=notice.pk, zh=ZH + "。", en=EN, based_on=1, by=actor_of(han))
    submitted(edited, jiang)
    with pytest.raises(Invalid):
        services.notice_return(notice_id=notice.pk, reason="  ", by=actor_of(wen))
    back = services.notice_return(notice_id=notice.pk, reason="No promise of a time", by=actor_of(wen))
    assert (back.state, back.returned_why) == ("draft", "No promise of a time")
    assert told("notice.returned") == {"jiang", "han"}
    assert submitted(back, jiang).state == "in_review", "the same text may be submitted again"


def test_any_edit_voids_the_approval_and_says_so(ready: Notice, incident: Incident, jiang: User, han: User, wen: User):
    edited = services.notice_edit(notice_id=ready.pk, zh=ZH, en=EN + " Sorry.", based_on=1, by=actor_of(jiang))
    assert (edited.state, edited.revision, edited.approved_by_id) == ("draft", 2, None)
    event = [e for e in events_after(incident.stream_id, 0) if e.kind == "notice.edited"][-1]
    assert event.data["voided"] is True
    with pytest.raises(Conflict) as refused:
        published(ready, han)
    assert refused.value.code == "notice.not_approved"


def test_saving_the_same_words_changes_nothing(ready: Notice, jiang: User):
    same = services.notice_edit(notice_id=ready.pk, zh=ZH + "\r\n", en=EN, based_on=1, by=actor_of(jiang))
    assert (same.state, same.revision) == ("approved", 1)


def test_a_published_notice_is_withdrawn_with_a_reason_and_stays_on_record(
    ready: Notice, incident: Incident, han: User
):
    published(ready, han)
    with pytest.raises(Invalid):
        services.notice_withdraw(notice_id=ready.pk, reason="", by=actor_of(han))
    gone = services.notice_withdraw(notice_id=ready.pk, reason="Wrong region", by=actor_of(han))
    assert (gone.state, gone.published_by_id, gone.withdrawn_why) == ("withdrawn", han.pk, "Wrong region")
    assert kinds(incident)[-1] == "notice.withdrawn"
    with pytest.raises(Conflict) as refused:
        services.notice_withdraw(notice_id=ready.pk, reason="again", by=actor_of(han))
    assert refused.value.code == "notice.withdrawn"


def test_a_regulators_notice_needs_legals_opinion(incident: Incident, jiang: User, wen: User):
    notice = drafted(incident, jiang, kind="regulator")
    submitted(notice, jiang)
    with pytest.raises(Invalid) as refused:
        approved(notice, wen)
    assert refused.value.errors[0]["field"] == "opinion"
    assert approved(notice, wen, opinion="Due under the telecoms rules").opinion


# --- three people ---------------------------------------------------------------------------------------------------------
def test_one_person_in_two_roles_is_refused_with_a_sentence(notice: Notice, jiang: User, han: User, wen: User):
    for role in ("legal_reviewer", "pr_manager"):
        role_assign(user=jiang, role=role, by=SYSTEM)
    role_assign(user=wen, role="pr_manager", by=SYSTEM)
    submitted(notice, jiang)
    with pytest.raises(NotAllowed) as refused:
        approved(notice, jiang)
    with translation.override("en"):
        assert (refused.value.code, "another person" in refused.value.sentence()) == ("notice.wrote_it", True)
    approved(notice, wen)
    with pytest.raises(NotAllowed) as refused:
        published(notice, wen)
    assert refused.value.code == "notice.approved_it"
    with pytest.raises(NotAllowed):
        published(notice, jiang)
    assert now(notice).state == "approved"


def test_who_edited_counts_as_writer_even_when_another_edited_after(notice: Notice, jiang: User, han: User, wen: User):
    services.notice_edit(notice_id=notice.pk, zh=ZH, en="By the manager herself.", based_on=1, by=actor_of(han))
    services.notice_edit(notice_id=notice.pk, zh=ZH, en=EN, based_on=2, by=actor_of(jiang))
    submitted(now(notice), jiang)
    approved(now(notice), wen)
    with pytest.raises(NotAllowed) as refused:
        published(notice, han)
    assert refused.value.code == "notice.wrote_it"


@pytest.mark.parametrize(
    ("case", "change", "match"),
    [
        ("the writer approves", {"approved_by": "jiang"}, "notice_three_people"),
        ("the writer publishes", {"state": "published", "published_by": "jiang"}, "notice_three_people"),
        ("the approver publishes", {"state": "published", "published_by": "wen"}, "notice_three_people"),
        ("nobody publishes", {"state": "published", "published_by": None}, "notice_published_whole"),
        ("nobody approved", {"approved_by": None}, "notice_approved_is_this_text"),
        ("another text was approved", {"approved_hash": "0" * 64}, "notice_approved_is_this_text"),
        ("a text changes under the approval", {"text_en": "Something else"}, "a draft of a new revision"),
        ("a writer is forgotten", {"writers": []}, "never forgotten"),
        ("it goes back to legal without an edit", {"state": "in_review"}, "Invalid transition"),
        ("a withdrawal without a reason", {"state": "withdrawn"}, "notice_published_whole"),
    ],
)
def test_the_database_refuses_it_too(
    case: str, change: dict[str, Any], match: str, ready: Notice, jiang: User, wen: User, han: User
):
    by_name = {"jiang": jiang, "wen": wen, None: None}
    fields = {name: by_name[value] if name.endswith("_by") else value for name, value in change.items()}
    if fields.get("state") == "published":
        fields["published_at"] = ready.approved_at
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        Notice.objects.filter(pk=ready.pk).update(**fields)
    assert now(ready).state == "approved"


def test_the_database_keeps_what_was_published(ready: Notice, han: User, wen: User, incident: Incident):
    published(ready, han)
    for change in ({"text_en": "Never said"}, {"state": "draft"}, {"approved_hash": ""}, {"approved_by": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Notice.objects.filter(pk=ready.pk).update(**change)
    with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
        Notice.objects.filter(pk=ready.pk).delete()
    with pytest.raises(DatabaseError, match="cannot begin"), transaction.atomic():
        ready.pk, ready.state = None, "approved"
        ready.save(force_insert=True)


def test_an_unknown_kind_or_a_writer_nobody_knows_is_no_row(notice: Notice, han: User):
    for change in ({"kind": "rumour"}, {"edited_by": han}, {"state": "secret"}):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            Notice.objects.filter(pk=notice.pk).update(**change)


# --- races ----------------------------------------------------------------------------------------------------------------
def test_a_text_edited_while_legal_reads_is_not_approved(notice: Notice, jiang: User, wen: User):
    read = submitted(notice, jiang)
    services.notice_edit(notice_id=notice.pk, zh=ZH, en=EN + "!", based_on=1, by=actor_of(jiang))
    with pytest.raises(Conflict) as refused:
        approved(read, wen)
    assert refused.value.code == "notice.not_submitted", "it is a draft again"
    submitted(now(notice), jiang)
    with pytest.raises(Conflict) as refused:
        approved(read, wen)
    with translation.override("en"):
        assert (refused.value.code, "read it again" in refused.value.sentence()) == ("notice.stale", True)
    with pytest.raises(Conflict):
        services.notice_approve(notice_id=notice.pk, revision=2, content_hash=read.content_hash, by=actor_of(wen))
    assert approved(now(notice), wen).state == "approved"


def test_the_second_to_save_is_told_and_nothing_is_lost(notice: Notice, jiang: User, han: User):
    services.notice_edit(notice_id=notice.pk, zh=ZH, en="First one here.", based_on=1, by=actor_of(han))
    with pytest.raises(Conflict) as refused:
        services.notice_edit(notice_id=notice.pk, zh=ZH, en="Second one here.", based_on=1, by=actor_of(jiang))
    assert refused.value.code == "notice.stale"
    assert now(notice).text_en == "First one here."


def test_of_those_who_publish_at_once_one_does(ready: Notice, incident: Incident, han: User):
    by = actor_of(han)
    got = at_once(lambda: services.notice_publish(notice_id=ready.pk, by=by), people=3)
    codes = sorted(got.code if isinstance(got, HotlineError) else "done" for got in got)
    assert codes == ["done", "notice.published", "notice.published"]
    assert kinds(incident).count("notice.published") == 1


def test_an_edit_and_an_approval_at_once_never_end_in_an_approved_text_nobody_read(
    notice: Notice, jiang: User, wen: User
):
    read = submitted(notice, jiang)
    writer, legal = actor_of(jiang), actor_of(wen)
    acts = iter([
        lambda: services.notice_edit(notice_id=read.pk, zh=ZH, en="Changed meanwhile.", based_on=1, by=writer),
        lambda: services.notice_approve(notice_id=read.pk, revision=1, content_hash=read.content_hash, by=legal),
    ])  # fmt: skip
    at_once(lambda: next(acts)(), people=2)
    assert (now(notice).state, now(notice).text_en) == ("draft", "Changed meanwhile.")


# --- texts ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("case", "text", "verdict"),
    [
        ("empty", "", "length"),
        ("too short", "热线", "length"),
        ("too long", "x" * 2001, "length"),
        ("just right", "热线已恢复。", None),
        ("a bell", "ring \x07 ring", "control_characters"),
        ("a null", "null \x00 byte", "control_characters"),
        ("the reading direction turned", "pay \u202e here", "control_characters"),
        ("markup is not wrong", "<script>alert(1)</script>", None),
        ("several lines", "one\ntwo\nthree", None),
    ],
)
def test_what_a_text_may_hold(case: str, text: str, verdict: str | None):
    assert wrong(text) == verdict


def test_wrong_texts_are_named_field_by_field(world: World, jiang: User):
    with pytest.raises(Invalid) as refused:
        services.notice_draft(
            world=world, incident=None, kind="impact", zh="\x00" * 9, en="x" * 3000, by=actor_of(jiang)
        )
    assert {row["field"]: row["code"] for row in refused.value.errors} == {"zh": "control_characters", "en": "length"}
    assert not Notice.objects.exists()


def test_a_gap_of_the_template_does_not_go_to_legal(incident: Incident, jiang: User):
    text = notice_prefilled(incident, "regulator")
    assert GAP["zh"] in text["zh"]
    notice = services.notice_draft(
        world=incident.world, incident=incident, kind="regulator", zh=text["zh"], en=text["en"], by=actor_of(jiang)
    )
    with pytest.raises(Invalid) as refused:
        submitted(notice, jiang)
    assert [row["code"] for row in refused.value.errors] == ["gap", "gap"]


def test_a_draft_is_filled_in_with_facts_and_no_cause(world: World, lin: User):
    from people import directory

    directory.region_set(key="east", name_zh="华东", name_en="East", by=SYSTEM)
    report = ReportIn(noticed="a digger cut the fibre", regions=["east"])
    text = notice_prefilled(incident_report(report=report, by=actor_of(lin), world=world), "impact")
    assert "华东" in text["zh"]
    assert "East" in text["en"]
    assert "digger" not in text["en"] + text["zh"]
    assert "{" not in text["en"] + text["zh"]


# --- the holding statement (ruling on contradiction 10) ----------------------------------------------------------------------
def test_a_holding_statement_approved_ahead_goes_out_for_an_incident(
    world: World, incident: Incident, jiang: User, wen: User, han: User
):
    holding = drafted(None, jiang, kind="holding", world=world)
    submitted(holding, jiang)
    approved(holding, wen)
    assert not waits_for(now(holding), actor_of(han)), "in store it waits for nobody"
    assert [row.pk for row in holding_offered(incident)] == [holding.pk]
    with pytest.raises(Invalid) as refused:
        published(holding, han)
    assert refused.value.errors[0]["field"] == "incident"
    out = services.notice_publish(notice_id=holding.pk, incident_id=incident.pk, by=actor_of(han))
    assert (out.state, out.incident_id) == ("published", incident.pk)
    assert kinds(incident) == ["notice.published"]
    assert next(row["event"].kind for row in notice_history(out)) == "notice.drafted", "its history is whole"
    assert holding_offered(incident) == []


def test_a_holding_statement_that_went_out_stands_ready_for_the_next_incident(
    world: World, incident: Incident, jiang: User, wen: User, han: User, lin: User
):
    holding = drafted(None, jiang, kind="holding", world=world)
    submitted(holding, jiang)
    approved(holding, wen)
    services.notice_publish(notice_id=holding.pk, incident_id=incident.pk, by=actor_of(han))
    following = incident_report(report=ReportIn(noticed="another"), by=actor_of(lin), world=world)
    (ready,) = holding_offered(following)
    assert ready.pk != holding.pk
    assert (ready.text_zh, ready.content_hash, ready.approved_by_id) == (ZH, holding.content_hash, wen.pk)
    assert [row["event"].kind for row in notice_history(ready)] == ["holding.kept"]
    for user in (jiang, wen):
        with pytest.raises(NotAllowed):
            services.notice_publish(notice_id=ready.pk, incident_id=following.pk, by=actor_of(user))
    out = services.notice_publish(notice_id=ready.pk, incident_id=following.pk, by=actor_of(han))
    assert (out.state, out.incident_id) == ("published", following.pk)
    assert [row.published_at for row in holding_ready(world.pk)] == [None], "and for the one after"


def test_a_holding_statement_withdrawn_for_its_text_is_no_longer_offered(
    world: World, incident: Incident, jiang: User, wen: User, han: User, lin: User
):
    holding, other = (drafted(None, jiang, kind="holding", world=world) for _ in range(2))
    other = services.notice_edit(notice_id=other.pk, zh=ZH + "请稍候。", en=EN, based_on=1, by=actor_of(jiang))
    for row in (holding, other):
        submitted(row, jiang)
        approved(now(row), wen)
    services.notice_publish(notice_id=holding.pk, incident_id=incident.pk, by=actor_of(han))
    (twin,) = (row for row in holding_ready(world.pk) if row.pk != other.pk)
    services.notice_withdraw(notice_id=holding.pk, reason="the number is wrong", by=actor_of(han))
    following = incident_report(report=ReportIn(noticed="another"), by=actor_of(lin), world=world)
    assert [row.pk for row in holding_offered(following)] == [other.pk], "another text stays ready"
    back = now(twin)
    assert (back.state, back.approved_by_id, back.approved_hash) == ("draft", None, "")
    assert (back.returned_by_id, back.returned_why) == (han.pk, "the number is wrong")
    event = notice_history(back)[-1]["event"]
    assert (event.kind, event.actor_id, event.data["reason"]) == ("notice.returned", han.pk, "the number is wrong")
    told = Message.objects.get(kind="notice.returned")
    assert "Holding statement no longer ready" in told.subject["en"]
    assert "the number is wrong" in told.body["zh"]
    assert {row.user_id for row in told.deliveries.all()} == {jiang.pk}


def test_a_holding_statement_given_up_before_it_was_out_takes_no_other_along(
    world: World, jiang: User, wen: User, han: User
):
    pair = [drafted(None, jiang, kind="holding", world=world) for _ in range(2)]
    for row in pair:
        submitted(row, jiang)
        approved(row, wen)
    services.notice_withdraw(notice_id=pair[0].pk, reason="one is enough", by=actor_of(han))
    assert [row.pk for row in holding_ready(world.pk)] == [pair[1].pk]


def test_only_a_holding_statement_changes_its_incident(ready: Notice, world: World, lin: User, han: User):
    other = incident_report(report=ReportIn(noticed="another"), by=actor_of(lin), world=world)
    with pytest.raises(Invalid):
        services.notice_publish(notice_id=ready.pk, incident_id=other.pk, by=actor_of(han))
    assert now(ready).state == "approved"


# --- who may not ----------------------------------------------------------------------------------------------------------
def test_an_outsider_changes_nothing(ready: Notice, outsider: User, lin: User, incident: Incident):
    before = kinds(incident)
    for user in (outsider, lin):
        by = actor_of(user)
        for act in (
            lambda by=by: services.notice_draft(
                world=incident.world, incident=incident, kind="impact", zh=ZH, en=EN, by=by
            ),
            lambda by=by: services.notice_edit(notice_id=ready.pk, zh=ZH, en="Mine now, all of it.", based_on=1, by=by),
            lambda by=by: services.notice_submit(notice_id=ready.pk, by=by),
            lambda by=by: services.notice_approve(
                notice_id=ready.pk, revision=1, content_hash=ready.content_hash, by=by
            ),
            lambda by=by: services.notice_return(notice_id=ready.pk, reason="no", by=by),
            lambda by=by: services.notice_publish(notice_id=ready.pk, by=by),
            lambda by=by: services.notice_withdraw(notice_id=ready.pk, reason="no", by=by),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert kinds(incident) == before
    assert (Notice.objects.count(), now(ready).state) == (1, "approved")


def test_every_move_that_is_not_in_the_table_has_a_reason():
    refused = {(act, state): judge(act, state) for act in Act for state in State}
    assert refused[Act.PUBLISH, State.APPROVED] is None
    assert refused[Act.PUBLISH, State.PUBLISHED] is Why.PUBLISHED
    assert refused[Act.PUBLISH, State.DRAFT] is Why.NOT_APPROVED
    assert refused[Act.APPROVE, State.APPROVED] is Why.DONE_ALREADY
    assert all(refused[act, State.WITHDRAWN] is Why.WITHDRAWN for act in Act)
    assert barred(Act.APPROVE, {3}, writers=[1, 2], approved_by=[]) is None


# --- the API --------------------------------------------------------------------------------------------------------------
API = "/api/v1/notices"


def test_the_api_goes_the_whole_way(incident: Incident, jiang: User, wen: User, han: User, outsider: User, api):
    pr, legal, manager = api(jiang), api(wen), api(han)
    body = {"kind": "impact", "incident": incident.number, "zh": ZH, "en": EN}
    first = pr.post(API, body, format="json", headers={"Idempotency-Key": "k"})
    again = pr.post(API, body, format="json", headers={"Idempotency-Key": "k"})
    assert (first.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    made = first.json()
    assert again.json() == made
    assert (made["state"], made["incident"], made["text"]) == ("draft", incident.number, {"zh": ZH, "en": EN})
    url = f"{API}/{made['id']}"
    edited = pr.patch(url, {"zh": ZH, "en": EN + " Sorry.", "based_on": 1}, format="json")
    assert (edited.status_code, edited.json()["revision"]) == (200, 2)
    assert pr.patch(url, {"zh": ZH, "en": EN, "based_on": 1}, format="json").status_code == 409
    assert pr.post(f"{url}/submit", {}, format="json").json()["state"] == "in_review"
    stale = legal.post(f"{url}/approve", {"revision": 1, "content_hash": made["content_hash"]}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "notice.stale")
    assert stale.headers["Content-Type"] == "application/problem+json"
    assert legal.post(f"{url}/approve", {}, format="json").status_code == 400
    this = {"revision": 2, "content_hash": edited.json()["content_hash"]}
    assert api(outsider).post(f"{url}/approve", this, format="json").status_code == 403
    assert legal.post(f"{url}/approve", this, format="json").json()["state"] == "approved"
    assert manager.post(f"{url}/publish", {}, format="json").json()["state"] == "published"
    twice = manager.post(f"{url}/publish", {}, format="json")
    assert (twice.status_code, twice.json()["code"]) == (409, "notice.published")
    assert manager.post(f"{url}/withdraw", {"reason": "Over"}, format="json").json()["state"] == "withdrawn"
    listed = api(outsider).get(f"{API}?incident={incident.number}").json()
    assert [row["id"] for row in listed["notices"]] == [made["id"]]
    assert api(outsider).get(f"{API}?state=draft").json()["notices"] == []


def test_the_api_names_what_is_wrong(incident: Incident, jiang: User, wen: User, api):
    pr = api(jiang)
    answer = pr.post(API, {"kind": "impact", "zh": "短", "en": EN}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "zh")
    answer = pr.post(API, {"kind": "impact", "incident": "2020-9999", "zh": ZH, "en": EN}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "incident")
    assert pr.post(API, {"kind": "rumour", "zh": ZH, "en": EN}, format="json").status_code == 400
    assert pr.get(f"{API}?state=secret").status_code == 400
    assert pr.get(f"{API}/999").status_code == 404
    notice = drafted(incident, jiang)
    submitted(notice, jiang)
    returned = api(wen).post(f"{API}/{notice.pk}/return", {"reason": "Say where"}, format="json").json()
    assert (returned["state"], returned["returned_why"]) == ("draft", "Say where")
    assert Client().get(f"{API}").status_code == 401


def test_it_is_in_the_schema(client: Client, db: None):
    schema = client.get("/api/schema/?format=json").json()
    acts = {path.rpartition("/")[2] for path in schema["paths"] if path.startswith("/api/v1/notices/{id}/")}
    assert acts == {"submit", "approve", "return", "publish", "withdraw"}
    assert set(schema["paths"]["/api/v1/notices"]) == {"get", "post"}
    assert set(schema["paths"]["/api/v1/notices/{id}"]) == {"get", "patch"}


# --- the pages --------------------------------------------------------------------------------------------------------------
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_by_hand_from_the_filled_in_draft_to_the_public_page(incident: Incident, jiang: User, wen: User, han: User):
    pr, legal, manager = browser(jiang), browser(wen), browser(han)
    new = f"/notices/new/?incident={incident.number}"
    assert "Our hotline is affected" in pr.get(new).content.decode()
    body = {"kind": "impact", "zh": ZH, "en": EN, "based_on": "0", "submit": "1", "idempotency_key": "k"}
    made = pr.post(new, body)
    assert made.status_code == 302
    assert pr.post(new, body).headers["Location"] == made.headers["Location"], "sent twice is drafted once"
    notice = Notice.objects.get()
    assert notice.state == "in_review"
    desk = legal.get("/notices/").content.decode()
    assert "等您处理" in desk
    url = f"/notices/{notice.pk}/"
    page = legal.get(url).content.decode()
    assert notice.content_hash in page
    assert f'name="revision" value="{notice.revision}"' in page
    this = {"revision": "1", "content_hash": notice.content_hash}
    assert legal.post(f"{url}approve/", {**this, "revision": "7"}).status_code == 409
    assert legal.post(f"{url}approve/", this).status_code == 302
    assert "Waits for you" in manager.get("/notices/").content.decode()
    assert manager.post(f"{url}publish/", {"revision": "1"}).status_code == 302
    assert manager.post(f"{url}publish/", {"revision": "1"}).status_code == 409
    assert EN in Client().get("/status/?lang=en").content.decode()
    assert manager.post(f"{url}withdraw/", {"reason": "Over"}).status_code == 302
    assert EN not in Client().get("/status/?lang=en").content.decode()


def test_a_stale_page_keeps_the_persons_words_beside_what_was_saved(notice: Notice, jiang: User, han: User):
    services.notice_edit(notice_id=notice.pk, zh=ZH, en="Somebody else's words.", based_on=1, by=actor_of(han))
    answer = browser(jiang).post(f"/notices/{notice.pk}/edit/", {"zh": ZH, "en": "My own words here.", "based_on": "1"})
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "My own words here." in shown
    assert "Somebody else&#x27;s words." in shown
    assert 'name="based_on" value="2"' in shown


def test_a_wrong_text_is_said_beside_its_field(incident: Incident, jiang: User):
    answer = browser(jiang).post(
        f"/notices/new/?incident={incident.number}", {"kind": "impact", "zh": ZH, "en": "a \x07 bell", "based_on": "0"}
    )
    assert answer.status_code == 400
    assert "control characters" in answer.content.decode()


def test_an_outsider_reads_but_finds_no_act_and_no_way(ready: Notice, outsider: User):
    client = browser(outsider)
    page = client.get(f"/notices/{ready.pk}/").content.decode()
    assert EN in page
    assert "act-publish" not in page
    assert client.get("/notices/new/").status_code == 403
    for act in ("submit", "approve", "return", "publish", "withdraw", "edit"):
        assert client.post(f"/notices/{ready.pk}/{act}/", {"reason": "x"}).status_code == 403
    assert now(ready).state == "approved"
    assert Client().get("/notices/").status_code == 302


def test_the_room_shows_them_with_a_way_to_the_desk(notice: Notice, incident: Incident, jiang: User):
    page = browser(jiang).get(f"/incidents/{incident.number}/").content.decode()
    assert f"/notices/{notice.pk}/" in page
    assert f"/notices/?incident={incident.number}" in page


def test_markup_is_shown_as_written_everywhere(incident: Incident, jiang: User, wen: User, han: User):
    bad = "<script>alert('x')</script><b>all is well</b>"
    notice = services.notice_draft(
        world=incident.world, incident=incident, kind="impact", zh=bad, en=bad, by=actor_of(jiang)
    )
    submitted(notice, jiang)
    approved(notice, wen)
    published(notice, han)
    for client, url in (
        (browser(han), "/notices/"),
        (browser(han), f"/notices/{notice.pk}/"),
        (browser(han), f"/incidents/{incident.number}/"),
        (browser(wen), "/messages/"),
        (Client(), "/status/"),
    ):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page, url
        assert "<b>all" not in page, url
        assert "all is well" in page, url
