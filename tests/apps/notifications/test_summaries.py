"""Progress summaries: read from the log, edited and published by headquarters, in both languages."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from common.actor import SYSTEM
from common.errors import Conflict, Invalid, NotAllowed
from engine import worlds
from engine.log import log_append
from engine.models import World
from engine.queues import QUEUES, drain
from engine.selectors import events_after
from incidents.events import GroupStatusSet, HandlingReported, LevelDecided
from incidents.models import Incident
from incidents.services import ReportIn, incident_report
from notifications.domain import summary as rules
from notifications.models import Delivery, Message, Summary, SunkMail
from notifications.selectors import summary_audience
from notifications.services import summary_draft, summary_edit, summary_publish
from notifications.services.summaries import content_hash
from people.models import User
from people.selectors import actor_of
from plans.services import SHIPPED, plan_load
from tests.apps.notifications.conftest import at_once


@pytest.fixture
def incident(world: World, lin: User) -> Incident:
    return incident_report(report=ReportIn(noticed="calls break off in the east"), by=actor_of(lin), world=world)


@pytest.fixture
def draft(incident: Incident) -> Summary:
    return drafted(incident)


def drafted(incident: Incident, turn: int = 1) -> Summary:
    now = worlds.now(incident.world_id)
    return summary_draft(incident_id=incident.pk, turn=turn, due_at=now + timedelta(minutes=5), now=now)


@transaction.atomic
def report(incident: Incident, measures: str) -> None:
    payload = HandlingReported(measures=measures, situation="queue shrinks", next_steps="watch", recovery_hours=1.5)
    log_append(incident.stream, payload, by=SYSTEM)


def kinds(incident: Incident) -> list[str]:
    return [event.kind for event in events_after(incident.stream_id, 0)]


def test_it_is_drafted_from_the_log_in_both_languages(incident: Incident):
    with transaction.atomic():
        decided = LevelDecided(
            before=None, after="II", provisional=True, proposed="II", differs=False, reason="region down"
        )
        log_append(incident.stream, decided, by=SYSTEM)
        started = GroupStatusSet(group="technical", before=None, after="working", note="")
        log_append(incident.stream, started, by=SYSTEM)
    report(incident, "switched to the backup line")
    summary = drafted(incident)
    assert "Response: Level II (provisional" in summary.text_en
    assert "响应级别：二级响应（临时" in summary.text_zh
    for text in (summary.text_zh, summary.text_en):
        assert "calls break off in the east" in text
        assert "switched to the backup line" in text
        assert incident.number in text
    assert [section["key"] for section in summary.draft] == ["situation", "course", "handling", "groups"]
    assert kinds(incident)[-1] == "summary.drafted"


def test_an_untouched_draft_is_drawn_up_to_now_and_an_edited_one_is_not(incident: Incident, draft: Summary, gao: User):
    assert drafted(incident).revision == 1, "no news, no new revision"
    report(incident, "isolated the switch")
    fresh = drafted(incident)
    assert (fresh.pk, fresh.revision) == (draft.pk, 2)
    assert "isolated the switch" in fresh.text_en
    summary_edit(summary_id=fresh.pk, zh="我们的话", en="our words", based_on=2, by=actor_of(gao))
    report(incident, "found the cause")
    assert drafted(incident).text_en == "our words"
    assert kinds(incident).count("summary.drafted") == 1


def test_the_next_turn_tells_only_what_is_new(incident: Incident, draft: Summary, gao: User):
    summary_publish(summary_id=draft.pk, revision=1, by=actor_of(gao), to=[])
    assert "Nothing new was recorded since the last summary." in drafted(incident, turn=2).text_en


def test_the_second_to_save_is_told_and_nothing_is_lost(draft: Summary, gao: User):
    by = actor_of(gao)
    summary_edit(summary_id=draft.pk, zh="一", en="one", based_on=1, by=by)
    with pytest.raises(Conflict) as refused:
        summary_edit(summary_id=draft.pk, zh="二", en="two", based_on=1, by=by)
    assert refused.value.code == "summary.stale"
    with pytest.raises(Conflict):
        summary_publish(summary_id=draft.pk, revision=1, by=by, to=[])
    assert Summary.objects.get().text_en == "one"


def test_both_languages_must_be_there(draft: Summary, gao: User):
    with pytest.raises(Invalid) as refused:
        summary_edit(summary_id=draft.pk, zh="一", en="  ", based_on=1, by=actor_of(gao))
    assert [row["field"] for row in refused.value.errors] == ["en"]


def test_published_once_to_everyone_in_their_language(incident: Incident, draft: Summary, gao: User, lin: User):
    to = [(gao.pk, "hq"), (lin.pk, "duty_manager")]
    published = summary_publish(summary_id=draft.pk, revision=1, by=actor_of(gao), to=to)
    assert (published.late, published.content_hash) == (False, content_hash(draft))
    assert kinds(incident)[-2:] == ["summary.published", "message.queued"]
    with pytest.raises(Conflict) as refused:
        summary_publish(summary_id=draft.pk, revision=1, by=actor_of(gao), to=to)
    assert refused.value.code == "summary.published"
    drain(QUEUES["sends"])
    subjects = {mail.user_id: mail.subject for mail in SunkMail.objects.all()}
    assert subjects[lin.pk] == f"Progress summary: {incident.number} (no. 1)"
    assert subjects[gao.pk] == f"进展通报：{incident.number}（第 1 期）"
    assert Message.objects.count() == 1
    assert Delivery.objects.filter(channel="inapp").count() == 2


def test_of_four_who_publish_at_once_one_does(draft: Summary, gao: User):
    by = actor_of(gao)
    got = at_once(lambda: summary_publish(summary_id=draft.pk, revision=1, by=by, to=[(gao.pk, "hq")]))
    assert sorted(getattr(result, "code", "done") for result in got) == ["done", *["summary.published"] * 3]
    assert Message.objects.count() == 1


def test_late_is_recorded_as_late(incident: Incident, gao: User):
    now = worlds.now(incident.world_id)
    summary = summary_draft(incident_id=incident.pk, turn=1, due_at=now - timedelta(minutes=1), now=now)
    assert summary_publish(summary_id=summary.pk, revision=1, by=actor_of(gao), to=[]).late


def test_only_headquarters_writes_and_publishes(draft: Summary, lin: User, outsider: User):
    for user in (lin, outsider):
        with pytest.raises(NotAllowed):
            summary_edit(summary_id=draft.pk, zh="一", en="one", based_on=1, by=actor_of(user))
        with pytest.raises(NotAllowed):
            summary_publish(summary_id=draft.pk, revision=1, by=actor_of(user), to=[])
    assert Summary.objects.get().revision == 1


def test_the_database_keeps_a_published_text_as_it_is(draft: Summary, gao: User):
    summary_publish(summary_id=draft.pk, revision=1, by=actor_of(gao), to=[])
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Summary.objects.filter(pk=draft.pk).update(text_en="we never said that")


# --- its doors ---------------------------------------------------------------------------------------------------------
def form(user: User, url: str, **words: str):
    client = Client()
    client.force_login(user)
    return client.post(url, words)


def test_the_page_saves_and_publishes_what_stands_in_the_form(incident: Incident, draft: Summary, gao: User, lin: User):
    url = f"/incidents/{incident.number}/summaries/{draft.pk}/"
    client = Client()
    client.force_login(gao)
    assert "calls break off in the east" in client.get(url).content.decode()
    words = {"zh": "一\r\n二", "en": "one\r\ntwo", "based_on": "1"}
    assert form(gao, f"{url}publish", **words, idempotency_key="k").status_code == 302
    assert form(gao, f"{url}publish", **words, idempotency_key="k").status_code == 302, "sent twice is published once"
    saved = Summary.objects.get()
    assert (saved.status, saved.text_zh, saved.revision) == ("published", "一\n二", 2)
    assert kinds(incident).count("summary.published") == 1
    assert form(gao, f"{url}edit", **words).status_code == 409
    assert form(lin, f"{url}publish", **words).status_code == 403


def test_a_stale_page_keeps_the_persons_words_beside_what_was_saved(incident: Incident, draft: Summary, gao: User):
    url = f"/incidents/{incident.number}/summaries/{draft.pk}/"
    summary_edit(summary_id=draft.pk, zh="别人的话", en="somebody else's words", based_on=1, by=actor_of(gao))
    answer = form(gao, f"{url}edit", zh="我的话", en="my own words", based_on="1")
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "我的话" in shown
    assert "别人的话" in shown
    assert 'name="based_on" value="2"' in shown
    assert form(gao, f"{url}edit", zh="我的话", en="my own words", based_on="2").status_code == 302


def test_the_api_lists_edits_and_publishes(incident: Incident, draft: Summary, gao: User, lin: User, api):
    url = f"/api/v1/incidents/{incident.number}/summaries"
    headquarters = api(gao)
    assert [row["status"] for row in api(lin).get(url).json()] == ["draft"]
    edited = headquarters.post(f"{url}/{draft.pk}/edit", {"zh": "一", "en": "one", "based_on": 1}, format="json")
    assert edited.json()["text"] == {"zh": "一", "en": "one"}
    stale = headquarters.post(f"{url}/{draft.pk}/publish", {"revision": 1}, format="json")
    assert (stale.status_code, stale.json()["code"]) == (409, "summary.stale")
    assert api(lin).post(f"{url}/{draft.pk}/publish", {"revision": 2}, format="json").status_code == 403
    published = headquarters.post(f"{url}/{draft.pk}/publish", {"revision": 2}, format="json").json()
    assert (published["status"], published["published_by"]) == ("published", gao.pk)
    assert headquarters.get("/api/v1/incidents/none/summaries").status_code == 404


def test_it_goes_to_the_tier_the_plan_names_for_it(incident: Incident, gao: User, lin: User, outsider: User):
    plan_load(text=SHIPPED.read_text(encoding="utf-8"), file=SHIPPED.name, by=SYSTEM)
    told = dict(summary_audience(incident))
    assert gao.pk in told
    assert lin.pk in told
    assert outsider.pk not in told


# --- the reading itself, without a database ----------------------------------------------------------------------------
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def fact(seq: int, kind: str, /, **data: object) -> dict[str, object]:
    return {"seq": seq, "kind": kind, "occurred": f"2026-11-24T03:{seq:02}:00.000000Z", "data": data}


def told(*events: dict[str, object], since: int = 0) -> dict[str, list[str]]:
    names = {"roles": {"hq": {"zh": "指挥部", "en": "Headquarters"}}, "regions": {"east": {"zh": "东区", "en": "East"}}}
    sections = rules.sections(events, since=since, now=NOON, names=names, zone=NOON.tzinfo)
    return {section.key: [line.en for line in section.lines] for section in sections}


DUTY = {"id": 7, "rule": "r", "title": {"zh": "影响评估", "en": "Impact assessment"}, "owners": ["hq"], "turn": 1,
        "due_at": "2026-11-24T03:05:00.000000Z"}  # fmt: skip


OVERDUE = "Impact assessment (Headquarters), was due at 11:05"


@pytest.mark.parametrize(
    ("case", "more", "expected"),
    [
        ("stands", [], [OVERDUE]),
        ("done late", [fact(9, "obligation.fulfilled", id=7, rule="r", late=True)], None),
        ("waived", [fact(9, "obligation.waived", id=7, rule="r", turn=1, reason="x")], None),
        (
            "another one done",
            [fact(9, "obligation.fulfilled", id=8, rule="r", late=True)],
            ["Impact assessment (Headquarters), was due at 11:05"],
        ),
    ],
)
def test_overdue_duties_are_those_the_log_leaves_overdue(case: str, more: list, expected: list[str] | None):
    assert told(fact(6, "obligation.overdue", **DUTY), *more).get("overdue") == expected


def test_unknown_is_said_to_be_unknown():
    lines = told(
        fact(1, "incident.facts_recorded", before={}, after={"recovery_hours": 6.0, "complaints_excess": 0.62}),
        fact(2, "incident.facts_recorded", before={}, after={"recovery_hours": None}),
    )["situation"]
    assert lines == [
        "Response: no level decided yet",
        "Hours to recovery, expected: not known yet",
        "Complaints over the daily mean: 62%",
    ]


def test_what_was_told_before_is_not_told_again():
    events = (fact(1, "service.restored", phase="monitoring", note=""), fact(2, "response.ended", phase="ended"))
    assert told(*events, since=1)["course"] == ["11:02 The response was ended"]


def test_notices_tasks_and_equipment_are_told():
    suits = {"names": {"zh": "防静电服", "en": "Anti-static suit"}, "quantity": 3}
    task = {"group": "technical", "title": "Swap the board"}
    lines = told(
        fact(1, "task.given", id=1, assignee=4, due_at=None, **task),
        fact(2, "task.reassigned", id=1, before=4, after=5, reason="", **task),
        fact(3, "task.done", id=1, note="", late=False, **task),
        fact(4, "equipment.withdrawn", equipment=1, number="P-1", left=0, incident="2026-0001", note="", **suits),
        fact(5, "notice.published", notice=1, kind="impact", revision=1, sha256=""),
        fact(6, "notice.withdrawn", notice=1, kind="impact", revision=1, published=True, reason="wrong place"),
        fact(7, "notice.withdrawn", notice=2, kind="update", revision=1, published=False, reason="not needed"),
        fact(8, "warning.task_done", task=1, item="x", title={"zh": "备勤", "en": "Standby"}, word="", all_done=False),
    )["course"]
    assert [line.partition(" ")[2] for line in lines] == [
        "technical was given a task: Swap the board",
        "A task of technical was passed on: Swap the board",
        "technical did a task: Swap the board",
        "Equipment withdrawn: Anti-static suit (3)",
        "Published: the impact statement",
        "Withdrawn: the impact statement: wrong place",
        "Withdrawn: the recovery update, which had not been published: not needed",
        "Prepared for the warning: Standby",
    ]


def test_every_line_of_the_course_can_be_said():
    """A payload with nothing but its required words never breaks the draft."""
    events = [fact(n, kind, title="t", after="I", outcome="confirmed", verdict="keep", colour="blue", level="I")
              for n, kind in enumerate(sorted(rules.words.COURSE), 1)]  # fmt: skip
    for event in events:
        event["data"] |= {"regions": [], "reach": None, "facts": {}, "provisional": False, "trigger": {"metric": "cpu"}}
        if event["kind"] == "group.status_set":
            event["data"] |= {"group": "technical", "after": "working"}
        if event["kind"].startswith("notice."):
            event["data"] |= {"kind": "impact"}
        if event["kind"].startswith("equipment."):
            event["data"] |= {"names": {"zh": "防静电服", "en": "Suit"}, "quantity": 2}
        if event["kind"].startswith("task."):
            event["data"] |= {"group": "technical"}
    assert len(told(*events)["course"]) == len(events)


def test_an_erased_text_is_told_as_a_dash():
    task = {"group": "technical", "title": ""}
    lines = told(
        fact(1, "incident.opened", title="", titles=None, trigger=None, regions=[], reach=None, phase="reported"),
        fact(2, "task.given", **task),
        fact(3, "task.cancelled", reason="", **task),
        fact(4, "incident.assessed", impact="", facts={}),
    )["course"]
    assert [line.partition(" ")[2] for line in lines] == [
        "Reported: —",
        "technical was given a task: —",
        "A task of technical was cancelled: —; —",
        "Impact assessed: —",
    ]
