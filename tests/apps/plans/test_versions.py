"""A version's life on its pages: written by one, approved by another, in force at its time; and what each is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from common.errors import Conflict, Invalid, NotAllowed
from engine import sweep, worlds
from engine.log import stream_open
from engine.models import Alarm, Event
from engine.timers import timer_stands
from people.models import WorkGroupMember
from plans import selectors, services
from plans.domain.source import LARGEST
from plans.models import PlanText, PlanVersion
from plans.services import ENTER
from tests.cast import AUDITOR, DUTY, EXECUTIVE, GM, IT, OUTSIDER, Cast
from tests.domain.plans.given import broken

LINE = "thresholds.complaints_pre_response.value"
# The threshold of the plan's own text, written otherwise.
HIGHER = ("direction: above, value: 0.30, clear_at: 0.20", "direction: above, value: 0.40, clear_at: 0.20")


@pytest.fixture(autouse=True)
def movable(settings: Any) -> None:
    settings.REAL_WORLD_MOVABLE = True


@pytest.fixture
def draft(cast: Cast) -> PlanVersion:
    """By the head of IT, from the version in force, with one threshold changed."""
    version = services.version_draft(base=cast.plan.number, by=cast.actor(IT))
    return services.version_edit(number=version.number, text=broken(*HIGHER), based_on=1, by=cast.actor(IT))


@pytest.fixture
def submitted(cast: Cast, draft: PlanVersion) -> PlanVersion:
    return services.version_submit(number=draft.number, by=cast.actor(IT))


def approve(version: PlanVersion, cast: Cast, who: str = GM, **more: object) -> PlanVersion:
    said = {"revision": version.revision, "sha256": version.sha256} | more
    return services.version_approve(number=version.number, by=cast.actor(who), **said)  # type: ignore[arg-type]


def kinds(version: PlanVersion) -> list[str]:
    return [event.kind for event in selectors.history(version)]


# --- the way it goes ------------------------------------------------------------------------------------------------------
def test_from_draft_to_force_and_what_was_in_force_is_retired(cast: Cast, submitted: PlanVersion) -> None:
    WorkGroupMember.objects.filter(group__key="logistics_support").delete()
    page = cast.client(GM, "en").get(f"/plan/versions/{submitted.number}/").content.decode()
    assert 'data-finding="empty_group"' in page, "who approves sees what the company has nobody for"
    approve(submitted, cast)
    submitted.refresh_from_db()
    cast.plan.refresh_from_db()
    assert (submitted.status, cast.plan.status) == ("in_force", "retired")
    assert cast.plan.retired_at is not None
    assert selectors.current().thresholds["complaints_pre_response"].value == 0.40
    assert kinds(submitted) == ["plan.drafted", "plan.edited", "plan.submitted", "plan.approved", "plan.put_in_force"]
    assert {event.plan_version for event in selectors.history(submitted)} == {submitted.pk}


def test_it_comes_into_force_at_its_time_and_not_before(cast: Cast, submitted: PlanVersion) -> None:
    at = worlds.now(worlds.real()) + timedelta(hours=8)
    approve(submitted, cast, in_force_from=at)
    assert timer_stands(ENTER, [submitted.pk])
    worlds.world_forward(world=worlds.real(), by=timedelta(hours=7, minutes=59))
    sweep.sweep()
    assert selectors.in_force() == cast.plan
    worlds.world_forward(world=worlds.real(), by=timedelta(minutes=2))
    sweep.sweep()
    assert selectors.in_force() == submitted
    assert selectors.in_force().in_force_from == at
    entered = selectors.history(submitted)[-1]
    assert (entered.kind, entered.actor_kind, entered.data["before"]) == (
        "plan.put_in_force",
        "system",
        cast.plan.number,
    )


@pytest.mark.parametrize("act", ["return", "withdraw", "edit"])
def test_what_is_given_back_before_its_time_never_comes_into_force(
    cast: Cast, submitted: PlanVersion, act: str
) -> None:
    approve(submitted, cast, in_force_from=worlds.now(worlds.real()) + timedelta(hours=8))
    if act == "return":
        services.version_return(number=submitted.number, reason="Think again", by=cast.actor(EXECUTIVE))
    elif act == "withdraw":
        services.version_withdraw(number=submitted.number, reason="Not needed", by=cast.actor(IT))
    else:
        text = submitted.text + "# a word\n"
        services.version_edit(number=submitted.number, text=text, based_on=submitted.revision, by=cast.actor(IT))
    assert not timer_stands(ENTER, [submitted.pk])
    worlds.world_forward(world=worlds.real(), by=timedelta(hours=9))
    sweep.sweep()
    assert selectors.in_force() == cast.plan
    # Even a timer that fires all the same changes nothing.
    services.version_enter(submitted.pk, worlds.now(worlds.real()), worlds.now(worlds.real()))
    assert selectors.in_force() == cast.plan


def test_a_text_that_a_newer_release_cannot_read_leaves_the_plan_in_force_and_alarms(
    cast: Cast, submitted: PlanVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plans.domain import PlanError, PlanErrors

    at = worlds.now(worlds.real()) + timedelta(hours=1)
    approve(submitted, cast, in_force_from=at)

    def unread(text: str, file: str) -> None:
        raise PlanErrors([PlanError(file, 1, "", "", "another schema")])

    monkeypatch.setattr("plans.services.entering.admit", unread)
    worlds.world_forward(world=worlds.real(), by=timedelta(hours=2))
    sweep.sweep()
    assert selectors.in_force() == cast.plan
    assert Alarm.objects.filter(kind="plan.unfit", cleared_at=None).exists()


# --- two people -----------------------------------------------------------------------------------------------------------
def test_who_wrote_or_submitted_it_cannot_approve_it(cast: Cast, draft: PlanVersion) -> None:
    """The commander may do both, but never both of one version: having written a letter of it is enough."""
    services.version_edit(number=draft.number, text=draft.text + "# mine\n", based_on=2, by=cast.actor(GM))
    text = draft.text + "# his\n"
    services.version_edit(number=draft.number, text=text, based_on=3, by=cast.actor(IT))
    version = services.version_submit(number=draft.number, by=cast.actor(IT))
    with pytest.raises(NotAllowed) as refused:
        approve(version, cast, GM)
    assert refused.value.code == "plan.second_person"
    approve(version, cast, EXECUTIVE)


def test_the_database_refuses_one_person_for_both(cast: Cast, submitted: PlanVersion) -> None:
    me = cast.user(IT)
    rows = PlanVersion.objects.filter(pk=submitted.pk)
    said = {"status": "approved", "approved_at": submitted.edited_at, "in_force_from": submitted.edited_at}
    said |= {"approved_revision": submitted.revision, "approved_sha256": submitted.sha256}
    with pytest.raises(IntegrityError, match="plan_version_two_people"), transaction.atomic():
        rows.update(**said, approved_by=me)
    with pytest.raises(IntegrityError, match="plan_version_approved_is_this_text"), transaction.atomic():
        rows.update(**said)
    with pytest.raises(IntegrityError, match="plan_version_approved_is_this_text"), transaction.atomic():
        rows.update(**said | {"approved_sha256": "another"}, approved_by=cast.user(GM))


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("a text changed under its approval", {"text": "another"}),
        ("a writer forgotten", {"writers": []}),
        ("a leap into force", {"status": "in_force"}),
        ("another number", {"number": 99}),
    ],
)
def test_the_database_refuses(cast: Cast, submitted: PlanVersion, case: str, change: dict[str, object]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanVersion.objects.filter(pk=submitted.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanVersion.objects.filter(pk=submitted.pk).delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        PlanText.objects.filter(version=submitted).delete()


@pytest.mark.parametrize("who", [OUTSIDER, AUDITOR, DUTY])
def test_others_change_nothing(cast: Cast, submitted: PlanVersion, who: str) -> None:
    by, number = cast.actor(who), submitted.number
    for act in (
        lambda: services.version_draft(base=1, by=by),
        lambda: services.version_edit(number=number, text="x", based_on=2, by=by),
        lambda: services.version_submit(number=number, by=by),
        lambda: services.version_approve(number=number, revision=2, sha256=submitted.sha256, by=by),
        lambda: services.version_return(number=number, reason="x", by=by),
        lambda: services.version_withdraw(number=number, reason="x", by=by),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert PlanVersion.objects.count() == 2
    submitted.refresh_from_db()
    assert submitted.status == "submitted"


# --- nothing is lost, nothing slips through ---------------------------------------------------------------------------------
def test_an_edit_on_an_old_revision_is_refused_and_every_revision_is_kept(cast: Cast, draft: PlanVersion) -> None:
    with pytest.raises(Conflict) as stale:
        services.version_edit(number=draft.number, text=draft.text + "# late\n", based_on=1, by=cast.actor(IT))
    assert stale.value.code == "plan.stale"
    with pytest.raises(Conflict):
        wrong = {"based_on": draft.revision, "based_on_sha256": "0" * 64}
        services.version_edit(number=draft.number, text=draft.text + "# late\n", by=cast.actor(IT), **wrong)
    assert selectors.text_at(draft, 1).text == cast.plan.text
    assert selectors.text_at(draft, 2).text == draft.text


def test_an_edit_voids_the_submission(cast: Cast, submitted: PlanVersion) -> None:
    services.version_edit(number=submitted.number, text=submitted.text + "# x\n", based_on=2, by=cast.actor(IT))
    with pytest.raises(Conflict) as early:
        approve(submitted, cast)
    assert early.value.code == "plan.not_submitted"
    assert selectors.history(submitted)[-1].data["voided"] is True


def test_an_approval_names_the_very_text_and_what_was_in_force(cast: Cast, submitted: PlanVersion) -> None:
    with pytest.raises(Conflict):
        approve(submitted, cast, revision=1)
    with pytest.raises(Conflict):
        approve(submitted, cast, sha256="0" * 64)
    services.plan_load(text=broken("due: PT15M", "due: PT20M"), file="x.yaml", by=services_system())
    with pytest.raises(Conflict) as moved:
        approve(submitted, cast, against=cast.plan.number)
    assert moved.value.code == "plan.against"
    with pytest.raises(Invalid):
        approve(submitted, cast, in_force_from=worlds.now(worlds.real()) - timedelta(minutes=1))


def services_system():
    from common.actor import SYSTEM

    return SYSTEM


def test_a_draft_with_faults_is_kept_and_not_submitted(cast: Cast, draft: PlanVersion) -> None:
    faulty = broken("owners: [coo]", "owners: [chief]").replace("due: PT15M", "due: soon", 1)
    services.version_edit(number=draft.number, text=faulty, based_on=2, by=cast.actor(IT))
    with pytest.raises(Invalid) as refused:
        services.version_submit(number=draft.number, by=cast.actor(IT))
    assert [row["line"] > 0 for row in refused.value.errors] == [True, True]
    assert any("clause" in row and row["clause"] for row in refused.value.errors)


def test_another_plans_key_does_not_slip_into_a_draft(cast: Cast, draft: PlanVersion) -> None:
    text = draft.text.replace("key: hotline", "key: other", 1)
    services.version_edit(number=draft.number, text=text, based_on=2, by=cast.actor(IT))
    with pytest.raises(Invalid, match="hotline"):
        services.version_submit(number=draft.number, by=cast.actor(IT))


@pytest.mark.parametrize("text", ["", "  \n", "a\x00b", "x" * (LARGEST + 1), "a\ud800b", "a\x1bb"])
def test_a_text_that_cannot_be_kept_changes_nothing(cast: Cast, draft: PlanVersion, text: str) -> None:
    with pytest.raises(Invalid):
        services.version_edit(number=draft.number, text=text, based_on=2, by=cast.actor(IT))
    draft.refresh_from_db()
    assert draft.revision == 2


def test_an_incident_cannot_be_pinned_to_a_draft(cast: Cast, draft: PlanVersion) -> None:
    from common.errors import Missing

    with pytest.raises(Missing):
        selectors.plan_of(draft.pk)


def test_two_schedules_follow_each_other(cast: Cast, submitted: PlanVersion) -> None:
    now = worlds.now(worlds.real())
    approve(submitted, cast, in_force_from=now + timedelta(hours=2))
    other = services.version_draft(base=submitted.number, by=cast.actor(IT))
    other = services.version_edit(number=other.number, text=other.text + "# more\n", based_on=1, by=cast.actor(IT))
    services.version_submit(number=other.number, by=cast.actor(IT))
    approve(other, cast, in_force_from=now + timedelta(hours=4))
    worlds.world_forward(world=worlds.real(), by=timedelta(hours=5))
    while sweep.sweep():
        pass
    submitted.refresh_from_db()
    assert selectors.in_force() == other
    assert submitted.status == "retired"
    stream = stream_open(worlds.real(), "plan", "hotline")
    assert Event.objects.filter(stream=stream, kind="plan.put_in_force").count() == 2


# --- rulings ----------------------------------------------------------------------------------------------------------------
def test_a_ruling_in_a_draft_says_who_and_why_and_closes_the_finding(cast: Cast, draft: PlanVersion) -> None:
    text = draft.text.replace("anchors: [level_condition], due: PT10M", "anchors: [level_condition], due: PT20M", 1)
    version = services.version_edit(number=draft.number, text=text, based_on=2, by=cast.actor(IT))
    report = selectors.found_once(version.text, version.file_name)
    for finding in report.open:
        version = services.ruling_record(
            number=version.number,
            kind=finding.kind,
            subjects=finding.subjects,
            ruling={"zh": "照此执行", "en": "As written: now"},
            why={"zh": "演练证明可行", "en": "The drill showed it works"},
            based_on=version.revision,
            by=cast.actor(IT),
        )
    plan = selectors.plan_in(version)
    assert selectors.found_once(version.text, version.file_name).open == ()
    ruled = [ruling for ruling in plan.rulings.values() if ruling.by and ruling.by.en == cast.user(IT).display_name]
    assert len(ruled) == len(report.open)
    assert ruled[0].why is not None
    assert ruled[0].why.en == "The drill showed it works"


# --- pages ------------------------------------------------------------------------------------------------------------------
def page(cast: Cast, who: str, path: str, status: int = 200, language: str = "en") -> str:
    answer = cast.client(who, language).get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_list_says_what_waits_for_me(cast: Cast, submitted: PlanVersion) -> None:
    assert "Waits for your approval" in page(cast, GM, "/plan/versions/")
    assert "Waits for your approval" not in page(cast, IT, "/plan/versions/")
    assert "待我批准" in page(cast, GM, "/plan/versions/", language="zh-hans")
    assert page(cast, OUTSIDER, "/plan/versions/", 403)


def test_who_wrote_it_is_told_that_another_must_approve(cast: Cast, draft: PlanVersion) -> None:
    version = services.version_edit(number=draft.number, text=draft.text + "#\n", based_on=2, by=cast.actor(GM))
    services.version_submit(number=version.number, by=cast.actor(IT))
    read = page(cast, GM, f"/plan/versions/{version.number}/")
    assert "another person must approve it" in read
    assert "Approve this version" not in read


def test_the_first_page_leads_whoever_may_approve_to_what_waits(cast: Cast, submitted: PlanVersion) -> None:
    address = f'href="/plan/versions/{submitted.number}/"'
    assert address in page(cast, GM, "/")
    assert address not in page(cast, IT, "/"), "who wrote it cannot approve it"
    assert address not in page(cast, AUDITOR, "/")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_a_version_opens(cast: Cast, submitted: PlanVersion, language: str) -> None:
    for end in ("", "compare/", "rulings/", "text/", "values/"):
        read = page(cast, GM, f"/plan/versions/{submitted.number}/{end}", language=language)
        assert "plan.version" not in read
    compared = page(
        cast, AUDITOR, f"/plan/versions/{submitted.number}/compare/?with={cast.plan.number}", language=language
    )
    assert 'id="consequences"' in compared
    assert ("40%" if language == "zh-hans" else "40 %") in compared
    assert page(cast, AUDITOR, f"/plan/versions/{submitted.number}/text/", 403)


def test_the_comparison_names_thresholds_obligations_and_decisions(cast: Cast, draft: PlanVersion) -> None:
    text = draft.text.replace("anchors: [level_condition], due: PT10M", "anchors: [level_condition], due: PT12M", 1)
    text = text.replace(
        'when: {fact: complaints_excess, op: ">", value: 0.30}',
        'when: {fact: complaints_excess, op: ">", value: 0.40}',
        1,
    )
    version = services.version_edit(number=draft.number, text=text, based_on=2, by=cast.actor(IT))
    read = page(cast, AUDITOR, f"/plan/versions/{version.number}/compare/")
    for words in (
        "Thresholds that differ",
        "Obligations that differ",
        "10 minutes",
        "12 minutes",
        "Which decisions would differ",
    ):
        assert words in read
    assert "Complaints over the daily mean &gt; 30 % and ≤ 40 %" in read


def test_the_comparison_speaks_in_words(cast: Cast, draft: PlanVersion) -> None:
    """What a ruling answers, whose it is, when it begins: called as the plan calls it, not as the file does."""
    text = draft.text.replace(
        "anchors: [impact_assessed], due: PT1H, levels: [I, II]", "anchors: [verified], due: PT1H, levels: [I]", 1
    )
    first = text.index("answers: [{kind: limits_differ")
    text = (
        text[: text.index('seen: "', first) + 7] + "0" * 10 + text[text.index('"', text.index('seen: "', first) + 7) :]
    )
    version = services.version_edit(number=draft.number, text=text, based_on=2, by=cast.actor(IT))
    read = page(cast, AUDITOR, f"/plan/versions/{version.number}/compare/")
    for words in (
        "Limits differ: ",
        "<del>impact assessed</del>",
        "<ins>verified</ins>",
        "But the lines that machines watch differ",
    ):
        assert words in read
    for machine in ("limits_differ", "impact_assessed", "seen:", "thresholds."):
        assert machine not in read


def test_export_and_import_are_each_others_mirror(cast: Cast, draft: PlanVersion, client: Client) -> None:
    answer = cast.client(IT).get(f"/plan/versions/{draft.number}/plan.yaml")
    assert answer["Content-Type"].startswith("application/yaml")
    assert answer.content.decode() == draft.text
    old = cast.client(IT).get(f"/plan/versions/{draft.number}/plan.yaml?revision=1")
    assert old.content.decode() == cast.plan.text
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = SimpleUploadedFile("mine.yaml", answer.content)
    made = cast.client(IT).post("/plan/versions/import/", {"file": sent}, follow=True)
    newest = selectors.versions().first()
    assert newest is not None
    assert made.redirect_chain[-1][0] == f"/plan/versions/{newest.number}/"
    assert (newest.text, newest.status) == (draft.text, "draft")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"key: a\x00b", "control characters"),
        (b"a: &a [x]\nb: *a\n", "anchors and aliases"),
        (b"key: hotline\nkey: hotline\n", "is here twice"),
        (b"clauses: {}\n", "expected the key"),
        (b"[" * 5000, "nested at most"),
        (b"x" * (LARGEST + 5), "at most"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_its_faults(cast: Cast, content: bytes, says: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = cast.client(IT).post("/plan/versions/import/", {"file": SimpleUploadedFile("mine.yaml", content)})
    assert answer.status_code == 400
    assert says in answer.content.decode()
    assert PlanVersion.objects.count() == 1


# --- as one types -------------------------------------------------------------------------------------------------------------
def typed(cast: Cast, version: PlanVersion, said: dict[str, str], who: str = IT) -> str:
    answer = cast.client(who).post(f"/plan/versions/{version.number}/check/", said)
    assert answer.status_code == 200
    return answer.content.decode()


def test_findings_and_consequences_show_while_a_value_is_typed(cast: Cast, draft: PlanVersion) -> None:
    read = typed(cast, draft, {"thresholds.complaints_level_ii.value": "35"})
    assert "Limits differ" in read
    assert "What changes" in read
    both = {"thresholds.complaints_level_ii.value": "35", "level_rules.complaints_30.when.value": "35"}
    read = typed(cast, draft, both)
    assert "Limits differ" not in read
    assert "Complaints over the daily mean &gt; 30 % and ≤ 35 %" in read
    draft.refresh_from_db()
    assert draft.revision == 2


def test_a_value_that_cannot_be_read_says_what_was_expected(cast: Cast, draft: PlanVersion) -> None:
    assert "a percentage, such as 30" in typed(cast, draft, {LINE: "many"})
    assert "on the calm side" in typed(cast, draft, {LINE: "10"})
    assert "a time, such as 30 min" in typed(cast, draft, {"metrics.complaints.window": "soon"})


def test_faults_of_a_text_show_with_line_and_clause_while_it_is_typed(cast: Cast, draft: PlanVersion) -> None:
    read = typed(cast, draft, {"text": broken("owners: [coo]", "owners: [chief]")})
    assert "expected a role of this plan" in read
    assert 'data-controller="goline"' in read
    assert '<span class="clause">8.2' in read
    assert cast.client(OUTSIDER).post(f"/plan/versions/{draft.number}/check/", {"text": "x"}).status_code == 403


def test_saving_keeps_the_form_as_typed_when_somebody_was_faster(cast: Cast, draft: PlanVersion) -> None:
    said = {"text": draft.text + "# mine\n", "based_on": 1, "based_on_sha256": cast.plan.sha256, "note": ""}
    answer = cast.client(IT).post(f"/plan/versions/{draft.number}/text/", said)
    assert answer.status_code == 409
    assert "# mine" in answer.content.decode()
    values = {LINE: "37", "based_on": 1, "based_on_sha256": cast.plan.sha256}
    answer = cast.client(IT).post(f"/plan/versions/{draft.number}/values/", values)
    assert answer.status_code == 409
    assert 'value="37"' in answer.content.decode()


def test_a_value_of_the_form_is_saved_into_the_text_and_nothing_else_moves(cast: Cast, draft: PlanVersion) -> None:
    said = {
        LINE: "45",
        "based_on": 2,
        "based_on_sha256": draft.sha256,
        "thresholds.complaints_pre_response.near.blue": "",
    }
    said |= {"thresholds.complaints_pre_response.near.yellow": "", "metrics.complaints.window": "20 分钟"}
    answer = cast.client(IT).post(f"/plan/versions/{draft.number}/values/", said)
    assert answer.status_code == 302
    before, after = draft.text.splitlines(), selectors.version_by_number(draft.number).text.splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 2
    plan = selectors.plan_in(selectors.version_by_number(draft.number))
    assert plan.thresholds["complaints_pre_response"].value == 0.45
    assert plan.thresholds["complaints_pre_response"].near is None
    assert plan.metrics["complaints"].window.iso == "PT20M"


# --- the API ------------------------------------------------------------------------------------------------------------------
VERSIONS = "/api/v1/plan/versions"


def test_a_program_takes_a_version_from_draft_to_force(cast: Cast) -> None:
    writer, approver = cast.api(IT), cast.api(GM)
    made = writer.post(VERSIONS, {"base": 1}, format="json")
    assert made.status_code == 201
    number = made.json()["number"]
    edit = {"text": broken(*HIGHER), "based_on": 1, "based_on_sha256": made.json()["sha256"], "note": "drill of May"}
    edited = writer.patch(f"{VERSIONS}/{number}", edit, format="json")
    assert (edited.status_code, edited.json()["revision"], edited.json()["faults"]) == (200, 2, [])
    assert writer.patch(f"{VERSIONS}/{number}", edit, format="json").status_code == 409
    compared = writer.get(f"{VERSIONS}/{number}/compare").json()
    assert compared["thresholds"] == ["thresholds.complaints_pre_response"]
    assert compared["rows"][0]["fields"] == [{"field": "value", "before": 0.3, "after": 0.4}]
    assert writer.post(f"{VERSIONS}/{number}/submit", {"revision": 2}, format="json").json()["status"] == "submitted"
    said = {"revision": 2, "sha256": edited.json()["sha256"], "against": 1}
    assert writer.post(f"{VERSIONS}/{number}/approve", said, format="json").status_code == 403
    assert approver.post(f"{VERSIONS}/{number}/approve", said | {"sha256": "0"}, format="json").status_code == 409
    done = approver.post(f"{VERSIONS}/{number}/approve", said, format="json")
    assert (done.status_code, done.json()["status"]) == (200, "in_force")
    assert [row["number"] for row in writer.get(f"{VERSIONS}?status=in_force").json()["versions"]] == [number]
    assert writer.get(f"{VERSIONS}/{number}").json()["text"] == edit["text"]


def test_a_program_hears_every_fault_of_a_text_with_line_and_clause(cast: Cast) -> None:
    text = broken("owners: [coo]", "owners: [chief]").replace("due: PT15M", "due: soon", 1)
    answer = cast.api(IT).post(VERSIONS, {"text": text}, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert len(answer.json()["errors"]) == 2
    assert all(row["line"] and row["clause"] and "expected" in row["message"] for row in answer.json()["errors"])
    assert PlanVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("case", "method", "path", "body", "status"),
    [
        ("nothing to begin from", "post", "", {}, 400),
        ("a base that is not there", "post", "", {"base": 99}, 404),
        ("a version that is not there", "get", "/99", {}, 404),
        ("a version beyond numbers", "get", "/99999999999999", {}, 404),
        ("compared with a word", "get", "/1/compare?with=x", {}, 400),
        ("compared with none", "get", "/1/compare", {}, 400),
        ("an edit of what is in force", "patch", "/1", {"text": "x", "based_on": 1}, 409),
        ("a return without a reason", "post", "/1/return", {}, 400),
    ],
)
def test_a_program_is_told_what_is_wrong(
    cast: Cast, case: str, method: str, path: str, body: dict[str, object], status: int
) -> None:
    answer = getattr(cast.api(GM), method)(VERSIONS + path, body, format="json")
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("who", [OUTSIDER, AUDITOR])
def test_programs_of_others_change_nothing(cast: Cast, submitted: PlanVersion, who: str) -> None:
    client = cast.api(who)
    number = submitted.number
    assert client.post(VERSIONS, {"base": 1}, format="json").status_code == 403
    assert client.patch(f"{VERSIONS}/{number}", {"text": "x", "based_on": 2}, format="json").status_code == 403
    for act in ("submit", "approve", "return", "withdraw", "rulings"):
        assert client.post(f"{VERSIONS}/{number}/{act}", {}, format="json").status_code == 403
    assert client.get(VERSIONS).status_code == (200 if who == AUDITOR else 403)


def test_a_ruling_through_the_api(cast: Cast, draft: PlanVersion) -> None:
    text = draft.text.replace("anchors: [level_condition], due: PT10M", "anchors: [level_condition], due: PT20M", 1)
    version = services.version_edit(number=draft.number, text=text, based_on=2, by=cast.actor(IT))
    (finding, *_more) = cast.api(IT).get(f"{VERSIONS}/{version.number}").json()["open_findings"]
    said = {"kind": finding["kind"], "subjects": finding["subjects"], "based_on": version.revision}
    said |= {"ruling_zh": "准", "ruling_en": "So be it", "why_zh": "因", "why_en": "Because"}
    answer = cast.api(IT).post(f"{VERSIONS}/{version.number}/rulings", said, format="json")
    assert (answer.status_code, answer.json()["revision"]) == (200, version.revision + 1)
    again = cast.api(IT).post(f"{VERSIONS}/{version.number}/rulings", said, format="json")
    assert again.status_code == 409
