"""The linter on the default plan, and on the small plan broken in one way for each kind of finding."""

import re
import time

import pytest

from plans.domain import Plan, Report, Standing, lint, load, unheld
from plans.domain.knobs import knobs, turned
from plans.domain.lint.sentences import SENTENCES
from tests.domain.plans.broken_plans import BROKEN, changed, rule, small
from tests.domain.plans.given import FILE, plan, text

# PLAN.md's list: found by reasoning, and noted by hand.
BY_REASONING = [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 25, 26, 27, 28, 29, 31, 32]
BY_HAND = [6, 7, 16, 23, 24, 30]


def found(source: str) -> Report:
    return lint(load(source, "small.yaml"))


def without_rulings(of: Plan) -> Plan:
    return of.model_copy(update={"rulings": {}})


# --- the default plan -------------------------------------------------------------------------------------------------
def test_with_its_rulings_nothing_is_open() -> None:
    report = lint(plan())
    assert [finding.answer for finding in report.open] == []
    assert report.idle == ()
    assert [int(number) for number in report.matters] == BY_REASONING
    assert [int(ruling.id) for ruling in report.noted] == BY_HAND


def test_without_its_rulings_the_same_findings_are_all_open() -> None:
    ruled, bare = lint(plan()), lint(without_rulings(plan()))
    assert {f.subjects for f in bare.open} == {f.subjects for f in ruled.findings}
    assert all(f.standing is Standing.OPEN and f.ruling is None for f in bare.findings)


def test_each_finding_of_the_default_plan_belongs_to_one_number_of_the_list() -> None:
    report = lint(plan())
    assert {int(f.ruling.id) for f in report.findings if f.ruling} == set(BY_REASONING)
    assert len(report.findings) == 39


@pytest.mark.parametrize(
    ("number", "kind", "clauses", "says"),
    [
        ("1", "limits_differ", {"1.2", "4.2"}, "50 %"),
        ("2", "overlapping", {"4.1", "1.2", "4.2"}, "30 %"),
        ("3", "shadowed", {"1.2", "4.2"}, "Single region"),
        ("4", "gap", {"1.2", "4.2"}, "Several regions"),
        ("9", "does_not_fit", {"4.1", "4.2", "6.1"}, "10 min"),
        ("13", "outlives", {"6.4", "3.2", "4.4"}, "540 turns"),
        ("22", "turning", {"3.3"}, "1 h"),
        ("28", "undoes", {"6.4", "7.2"}, "Recovery log"),
    ],
)
def test_a_finding_stands_beside_its_clauses_with_what_shows_it(
    number: str, kind: str, clauses: set[str], says: str
) -> None:
    rows = [f for f in lint(plan()).findings if f.ruling and f.ruling.id == number and f.kind == kind]
    finding = next(f for f in rows if says in f.said.en)
    assert clauses <= set(finding.clauses)
    assert finding.example.en != "—"
    assert finding.suggestion.zh


def test_the_example_of_differing_limits_lies_between_them() -> None:
    finding = next(f for f in lint(plan()).findings if f.kind == "limits_differ")
    assert 0.5 <= finding.facts["complaints_excess"] <= 0.6


def test_a_finding_comes_back_when_the_clause_under_it_changes() -> None:
    source = text().replace("投诉超日均值50%及以上，立即启动指挥部", "投诉超日均值55%及以上，立即启动指挥部").replace(
        "or complaints 50 % or more over the daily mean; the command centre", "or complaints 55 % or more; the command centre"
    )  # fmt: skip
    open_now = lint(load(source)).open
    assert ("limits_differ", Standing.CHANGED, "1") in [
        (f.kind, f.standing, f.ruling and f.ruling.id) for f in open_now
    ]
    assert all("1.2" in f.clauses for f in open_now)


def test_a_finding_comes_back_when_the_row_under_it_changes() -> None:
    source = changed(
        "owners: [hq], anchors: [level_condition], due: PT10M",
        "owners: [hq], anchors: [level_condition], due: PT20M",
        text(),
    )
    assert [(f.kind, f.standing) for f in lint(load(source)).open] == [("does_not_fit", Standing.CHANGED)]


def test_another_wording_of_a_title_reopens_nothing() -> None:
    assert (
        lint(load(changed("{zh: 确定响应级别, en: Decide the level}", "{zh: 定级, en: Settle the level}", text()))).open
        == ()
    )


def test_a_ruling_whose_finding_is_gone_is_named() -> None:
    source = changed("written: {owners: []}, ", "", text()) if "written: {owners: []}, " in text() else text()
    for row in re.findall(r", written: \{owners: \[\]\}", source):
        source = source.replace(row, "")
    source = source.replace('cited: "2013"', 'cited: "2020"')
    assert [ruling.id for ruling in lint(load(source)).idle] == ["31"]


def test_findings_depend_on_nothing_but_the_plan() -> None:
    assert lint(plan()).as_dict() == lint(load(text(), FILE.name)).as_dict()


def test_linting_the_default_plan_takes_less_than_two_seconds() -> None:
    began = time.perf_counter()
    lint(plan())
    assert time.perf_counter() - began < 2


# --- a plan that nobody has anything against --------------------------------------------------------------------------
def test_the_small_plan_has_no_findings() -> None:
    assert [finding.answer for finding in found(small()).findings] == []


@pytest.mark.parametrize("kind", BROKEN)
def test_a_plan_broken_in_one_way_has_that_finding(kind: str) -> None:
    source, subjects = BROKEN[kind]
    report = found(source)
    assert (kind, subjects) in [(f.kind, list(f.subjects)) for f in report.open], [f.answer for f in report.findings]
    finding = next(f for f in report.open if (f.kind, list(f.subjects)) == (kind, subjects))
    for said in (finding.said, finding.example, finding.suggestion, finding.title):
        assert said.zh
        assert said.en
        assert "{" not in said.zh + said.en
    assert finding.clauses


@pytest.mark.parametrize(
    ("case", "source", "kind", "subjects"),
    [
        (
            "a rule beyond its fact's range never hits",
            rule("red", '{fact: room_temperature, op: ">", value: 90}'),
            "unreachable",
            ["level_rules.another"],
        ),
        (
            "a rule that hits all that its fact can be leaves nothing to the narrower one",
            rule("red", '{fact: reserve_minutes, op: ">=", value: 0}'),
            "shadowed",
            ["level_rules.another", "level_rules.little_reserve"],
        ),
        (
            "a word of a scale that no rule decides, while rules decide by the scale alone",
            re.sub(r"  one_feed:.*\n", "", small()),
            "gap",
            ["facts.feeds_lost"],
        ),
        (
            "numbers between two that are decided",
            changed('op: ">=", value: 35}, reason', 'op: is, value: 35}, reason'),
            "gap",
            ["facts.room_temperature"],
        ),
        (
            "a line that its metric cannot cross",
            changed("inclusive: true, value: 40, clear_at: 35", "inclusive: true, value: 95, clear_at: 35"),
            "unreachable",
            ["thresholds.very_hot"],
        ),
        (
            "a blue warning that begins where it is yellow already",
            changed("near: {blue: 0.8, yellow: 0.9}", "near: {blue: 0.9, yellow: 0.8}"),
            "unreachable",
            ["thresholds.hot"],
        ),
        (
            "a condition of lifting that cannot hold before the warning must be lifted",
            changed('value: 30, lasts: PT30M, clauses: ["6"]', 'value: 300, lasts: PT5H, clauses: ["6"]'),
            "does_not_fit",
            ["lifting.on_target", "obligations.warning.limit"],
        ),
    ],
)  # fmt: skip
def test_reasoning_is_exact_over_ranges_words_and_numbers(
    case: str, source: str, kind: str, subjects: list[str]
) -> None:
    findings = {(f.kind, f.subjects): f for f in found(source).findings}
    assert (kind, tuple(subjects)) in findings, (case, [f.answer for f in findings.values()])
    finding = findings[kind, tuple(subjects)]
    for fact, value in finding.facts.items():
        assert load(source).facts[fact].within(value), "the example is one that can be"


@pytest.mark.parametrize(
    ("case", "old", "new", "named"),
    [
        ("a value in percent", "above, value: 0.30, clear_at: 0.20", "above, value: 0.10, clear_at: 0.05", ("30%", "30 %")),
        ("the calm limit is not the value", "above, value: 0.30, clear_at: 0.20", "above, value: 0.40, clear_at: 0.30", ("30%", "30 %")),
        ("a time in another unit than the value", "value: 480, clear_at: 360", "value: 600, clear_at: 360", ("8分钟", "8 min")),
        ("how long it lasts", "clear_at: 360, sustained_for: PT30M", "clear_at: 360, sustained_for: PT20M", ("30分钟", "30 min")),
        ("one language alone", "Core CPU staying above 90 %", "Core CPU staying above 95 %", ("95 %", "95 %")),
        ("a rule's reason", 'op: "<", value: 1000', 'op: "<", value: 2000', ("1000", "1000")),
        ("an ending", 'op: ">=", value: 72, clauses', 'op: ">=", value: 48, clauses', ("72小时", "72 h")),
        ("a clock", "{zh: 续报初步原因, en: Preliminary cause to the authority}",
         "{zh: 24小时续报原因, en: Cause after 36 h}", ("36 h", "36 h")),
    ],
)  # fmt: skip
def test_a_title_that_names_another_number_than_its_row(case: str, old: str, new: str, named: tuple[str, str]) -> None:
    rows = [f for f in lint(load(changed(old, new, text()))).open if f.kind == "title_differs"]
    assert len(rows) == 1, (case, [f.answer for f in rows])
    assert f"写的是{named[0]}，" in rows[0].said.zh
    assert f" names {named[1]};" in rows[0].said.en


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("{zh: 投诉过多, en: Too many complaints}", "0.10"),
        ("{zh: 投诉达日均值130%, en: Complaints at 130 % of the mean}", "0.30"),
        ("{zh: 超30%、低于20%解除（II级、C4）, en: 'Over 30 %, calm at 20 %, warned at 80 % of it, 10 or more (C4)'}", "0.30"),
        ("{zh: 15分钟内超30%, en: 30 % over within 15 minutes}", "0.30"),
    ],
)  # fmt: skip
def test_a_title_may_leave_the_number_out_or_say_it_otherwise(title: str, value: str) -> None:
    source = changed(
        "{zh: 投诉超日均值30%, en: Complaints more than 30 % over the daily mean}, metric: complaints, measure: excess, "
        "direction: above, value: 0.30, clear_at: 0.20",
        f"{title}, metric: complaints, measure: excess, direction: above, value: {value}, clear_at: {0.2 if value != '0.10' else 0.05}",
        text(),
    )  # fmt: skip
    assert [f.said.en for f in lint(load(source)).open if f.kind == "title_differs"] == []


def test_a_form_offers_the_titles_that_name_a_number() -> None:
    offered = {knob.name for knob in knobs(plan()) if knob.kind == "text"}
    assert {"thresholds.complaints_pre_response.title.en", "level_rules.complaints_30.reason.zh"} <= offered
    assert "obligations.intake.judge.title.en" not in offered  # no figure in it
    line = "thresholds.very_hot"
    said = {f"{line}.value": "45", f"{line}.title.en": 'Room: 45 degrees, "hot"', f"{line}.title.zh": "机房达45度"}
    changed_text, wrong = turned(small(), load(small()), said)
    assert wrong == {}
    assert [f.kind for f in found(changed_text).open if line in f.subjects] == ["limits_differ"]
    assert turned(small(), load(small()), {f"{line}.title.en": " "})[1].keys() == {f"{line}.title.en"}


def test_a_line_at_the_very_end_of_the_range_can_be_crossed_when_it_counts_itself() -> None:
    at_the_end = changed("inclusive: true, value: 40, clear_at: 35", "inclusive: true, value: 90, clear_at: 35")
    assert ("unreachable", ("thresholds.very_hot",)) not in [(f.kind, f.subjects) for f in found(at_the_end).findings]


def test_every_kind_is_shown_by_a_broken_plan() -> None:
    assert set(BROKEN) | {"unheld", "empty_group"} == set(SENTENCES)


def test_a_role_that_owes_and_that_nobody_holds() -> None:
    source = load(small())
    held = dict.fromkeys(source.roles, 1) | {"watch": 0}
    seated = dict.fromkeys(source.groups, 1)
    (finding,) = unheld(source, held, seated)
    assert (finding.kind, finding.subjects) == ("unheld", ("roles.watch",))
    assert "Verify the report" in finding.said.en
    (empty,) = unheld(source, dict.fromkeys(source.roles, 1), seated | {"migration": 0})
    assert (empty.kind, empty.subjects, empty.clauses) == ("empty_group", ("groups.migration",), ("3",))
    assert unheld(source, dict.fromkeys(source.roles, 1), seated) == ()


def test_a_ruling_closes_what_it_answers() -> None:
    source, _ = BROKEN["many_hands"]
    (finding,) = found(source).open
    ruled = source.replace("rulings: {}", 'rulings:\n  "1": {kind: N, clauses: ["3"], finding: {zh: 一, en: A}, ruling: {zh: 二, en: B}, '
                           f"answers: [{finding.answer}]}}\n")  # fmt: skip
    (closed,) = found(ruled).findings
    assert (closed.standing, closed.ruling and closed.ruling.id) == (Standing.RULED, "1")


def test_obligations_in_a_circle_are_timed_all_the_same() -> None:
    rows = "".join(
        f"  ring.{n}: {{title: {{zh: 环, en: Ring}}, owners: [watch], anchors: [{begins}], due: PT1H, "
        f'evidence: [{makes}], ladder: quick, clauses: ["4"]}}\n'
        for n, begins, makes in ((0, "hq_active", "cannot_hold"), (1, "cannot_hold", "hq_active"))
    )
    needing = changed(
        "needs: [power.assess]", "needs: [ring.0, ring.1]", changed("  warning.issue:", rows + "  warning.issue:")
    )
    assert "does_not_fit" in {finding.kind for finding in found(needing).findings}


def test_a_rule_shadowed_only_by_several_together_names_them_all() -> None:
    high = '{all: [{fact: reserve_minutes, op: ">=", value: 20}, {fact: generator_down, op: is, value: true}]}'
    low = '{all: [{fact: reserve_minutes, op: "<", value: 30}, {fact: generator_down, op: is, value: true}]}'
    source = rule("yellow", low).replace('op: "<", value: 10}, reason', 'op: "<", value: 20}, reason')
    source = source.replace("  no_reserve: {level: yellow", "  no_reserve: {level: blue")
    row = f'  high: {{level: orange, when: {high}, reason: {{zh: 规, en: Rule}}, clauses: ["2"]}}\n'
    shadowed = [
        set(f.subjects)
        for f in found(source.replace("  both_feeds:", row + "  both_feeds:", 1)).findings
        if f.kind == "shadowed"
    ]
    assert any(
        {"level_rules.another", "level_rules.high", "level_rules.little_reserve"} <= subjects for subjects in shadowed
    )
