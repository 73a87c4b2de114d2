import json
import re

import pytest

from plans.domain import PlanErrors, admit, load
from tests.domain.plans.broken_plans import small
from tests.domain.plans.given import broken, plan, text


def faults(source: str) -> list[str]:
    with pytest.raises(PlanErrors) as caught:
        admit(source, "mine.yaml")
    return [str(error) for error in caught.value.errors]


def test_the_default_plan_holds_every_clause_and_ruling() -> None:
    clauses = "1.1 1.2 2.1 2.2 3.1 3.2 3.3 3.4 4.1 4.2 4.3 4.4 5.1 5.2 5.3 6.1 6.2 6.3 6.4 7.1 7.2 7.3 8.1 8.2 8.3"
    assert list(plan().clauses) == [*clauses.split(), "9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "9.7", "10"]
    assert [int(key) for key in plan().rulings] == list(range(1, 33))


def test_what_says_that_service_is_down_is_the_plan_s_to_say() -> None:
    both = {"full_outage", "outage"}
    before = load(text().replace("down: [full_outage, outage]\n", ""), "stored.yaml")
    for one in (plan(), before):
        assert one.said_down(both) is one.facts["full_outage"], "the gravest; a version of before reads so too"
        assert (one.said_down({"outage"}), one.said_down({"reach"})) == (one.facts["outage"], None)
    dark = load(small().replace("down: []", "down: [generator_down]"), "dark.yaml")
    assert dark.said_down(both | {"generator_down"}) is dark.facts["generator_down"]
    assert load(small(), "small.yaml").said_down(both | {"generator_down"}) is None


def test_the_whole_plan_is_json() -> None:
    data = json.loads(json.dumps(plan().as_dict(), allow_nan=False))
    assert data["obligations"]["hq.first_meeting"]["due"] == "PT30M"


@pytest.mark.parametrize(
    ("case", "source", "says"),
    [
        ("a clause that is not there", broken('clauses: ["4.1"], rulings: [19]', 'clauses: ["4.9"], rulings: [19]'),
         "expected a clause of this plan, not '4.9'"),
        ("an unknown owner", broken("owners: [hr, finance]", "owners: [hr, treasurer]"),
         "obligations.after.people.owners.1"),
        ("an unknown moment", broken("anchors: [verified]", "anchors: [confirmed]"), "a known moment"),
        ("an event that no incident has", broken("anchors: [verified]", "anchors: [group.vanished]"),
         "expected a known moment, an event of an incident or 'always', not 'group.vanished'"),
        ("what the clocks themselves write", broken("anchors: [verified]", "anchors: [obligation.overdue]"), "a known moment"),
        ("an index of no metric", broken("metric: queue_time_mean, weight", "metric: mood, weight"),
         "expected a metric of this plan, not 'mood'"),
        ("an index of an excess nothing tells", broken("metric: complaints, measure: excess, w", "metric: cpu, measure: excess, w"),
         "expected a metric with a threshold of the measure excess to be read beside"),
        ("a word for down that is no fact", broken("down: [full_outage, outage]", "down: [blackout]"),
         "expected a fact of this plan, not 'blackout'"),
        ("a fact that is not simply true", broken("down: [full_outage, outage]", "down: [reach]"),
         "expected a fact with a yes or no, not 'reach'"),
        ("an unknown metric", broken("metric: cpu,", "metric: gpu,"), "expected a metric of this plan, not 'gpu'"),
        ("an unknown group", broken("group: technical_assessment", "group: nobody"), "a group of this plan"),
        ("an unknown role of rights", broken("acts_as: finance", "acts_as: banker"), "a role of rights"),
        ("an unknown level", broken("level: III", "level: IV"), "a level of this plan"),
        ("a duration in words", broken("due: PT15M", "due: soon"), "PT30M or P3D"),
        ("a key nobody knows", broken("due: PT15M", "due: PT15M, colour: red"), "expected no key 'colour' here"),
        ("a key that is missing", broken("kind: gauge, ", ""), "expected the key 'kind'"),
        ("a key twice", broken("  finance: {zh", "  finance: {zh: 财, en: Money}\n  finance: {zh"), "is here twice"),
        ("a fact nobody knows", broken("fact: recovery_hours, op", "fact: mood, op"), "expected one of the facts"),
        ("a word that is off the scale", broken("value: nationwide}", "value: global}"), "expected one of node"),
        ("an English text left out", broken("{zh: 咨询, en: Enquiries}", "{zh: 咨询}"), "expected the key 'en'"),
        ("superiors in a circle", broken("acts_as: executive, clauses", "acts_as: executive, superior: hq, clauses"),
         "without a circle"),
        ("a threshold that clears above its line", broken("clear_at: 85", "clear_at: 95"), "on the calm side"),
        (
            "a country whose holidays nobody knows",
            broken("calendar: {country: CN}", "calendar: {country: XX}"),
            "a country whose holidays are known",
        ),
        ("an unknown time zone", broken("time_zone: Asia/Shanghai", "time_zone: Mars/Olympus"), "a time zone such as"),
        ("a template's element unused", broken("{place}发生", "某地发生"), "the element 'place'"),
        ("a leader nobody knows", broken("led_by: [hq]", "led_by: [king]"), "a role of this plan, not 'king'"),
        ("a need nobody knows", broken("needs: [notice.legal]", "needs: [notice.prayer]"), "an obligation of this plan"),
        ("a term measured by nothing there", broken("measured_by: [thresholds.cpu_pre_response]", "measured_by: [metrics.mood]"),
         "expected the path of a row of this plan, not 'metrics.mood'"),
        ("a count of nothing there", broken("of: ending, says", "of: endings, says"), "the path of a list of this plan"),
        ("a written key the row has not", broken("written: {due: null}", "written: {dew: null}"), "a key of this row, not 'dew'"),
        ("an element supplied by nobody", broken("{cause: head_of_it}", "{cause: oracle}"), "a role of this plan"),
        ("a row by no ruling", broken("by_ruling: 27", "by_ruling: 99"), "a ruling of this plan, not 99"),
        ("an alias of YAML", broken("key: hotline", "key: &a hotline"), "anchors and aliases are not allowed"),
        ("a tag of YAML", broken("key: hotline", "key: !!python/name:os.system hotline"), "without the tag"),
        ("YAML that is not", "clauses: [", "readable YAML"),
        ("a list", "- a\n- b\n", "a mapping with the sections"),
        ("nothing", "", "a mapping with the sections"),
        ("a book", "a" * 400_001, "at most 400000 characters"),
        ("a well", "[" * 5000, "nested at most"),
    ],
)  # fmt: skip
def test_a_faulty_plan_says_what_was_expected(case: str, source: str, says: str) -> None:
    assert any(says in fault for fault in faults(source)), case


def no_line(of: str) -> str:
    """The default plan without the thresholds of a purpose or a measure."""
    return re.sub(rf"(?m)^  \w+: {{title.*measure: .*{of}.*\n", "", text())


@pytest.mark.parametrize(
    ("case", "source", "says"),
    [
        ("nothing is ever on target", no_line("purpose: target"),
         "lifting.on_target (clause 5.3): expected a threshold with `purpose: target`"),
        ("no daily mean is learnt of it", broken("fact: complaints_of_mean, op", "fact: calls_offered_of_mean, op"),
         "lifting.complaints (clause 5.3): expected a threshold of the measure excess on calls_offered"),
        ("longer than the signals are read back", broken('op: ">=", value: 30, clauses: ["5.3"]', 'op: ">=", value: 481, clauses: ["5.3"]'),
         "on_target_minutes >= 481.0 is never met"),
        ("below everything", broken('op: "<=", value: 0.85', 'op: "<", value: 0'), "complaints_of_mean < 0.0 is never met"),
        ("beyond what its metric can be", broken('fact: stable_hours, op: ">=", value: 72', 'fact: cpu, op: ">", value: 100'),
         "cpu > 100.0 is never met"),
        ("graver than the gravest word",
         broken("fact: no_secondary_risk, op: is, value: true", 'fact: secondary_risk, op: ">", value: high'),
         "secondary_risk > 'high' is never met"),
    ],
)  # fmt: skip
def test_a_plan_that_can_never_end_does_not_enter_and_a_stored_one_is_read(case: str, source: str, says: str) -> None:
    load(source)
    assert any(says in fault for fault in faults(source)), (case, faults(source))


def test_what_keeps_it_from_entering_is_told_together_with_what_cannot_be_read() -> None:
    source = broken('op: "<=", value: 0.85', 'op: "<", value: 0').replace("owners: [coo]", "owners: [chief]", 1)
    said = " ".join(faults(source))
    assert "is never met" in said
    assert "not 'chief'" in said


def test_a_role_of_rights_is_called_as_the_plan_calls_whoever_alone_has_it() -> None:
    called = load(small()).called_by_right
    assert (called["duty_manager"].en, called["hq_commander"].zh) == ("Engineer on watch", "机房经理")
    assert "group_lead" not in plan().called_by_right, "several roles of the plan have it"


def test_an_error_names_file_line_and_clause() -> None:
    source = broken("owners: [technical_assessment]", "owners: [sherlock]")
    line = next(n for n, row in enumerate(source.splitlines(), 1) if "sherlock" in row)
    assert (
        f"mine.yaml:{line}: obligations.report.root_cause.owners.0 (clause 2.2): expected a role" in faults(source)[0]
    )


def test_all_errors_are_told_at_once() -> None:
    source = broken("due: PT15M", "due: soon").replace("owners: [coo]", "owners: [chief]", 1)
    assert len(faults(source)) == 2


def test_a_row_that_cannot_be_read_hides_no_fault_of_another() -> None:
    source = broken("due: PT15M", "due: soon").replace("{place}发生", "某地发生", 1)
    source = source.replace("fact: recovery_hours, op", "fact: mood, op", 1).replace(
        "owners: [coo]", "owners: [chief]", 1
    )
    said = " ".join(faults(source))
    for expected in (
        "PT30M or P3D",
        "the element 'place'",
        "expected one of the facts",
        "a role of this plan, not 'chief'",
    ):
        assert expected in said


def test_a_bomb_of_aliases_is_refused_before_it_is_built() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "anchors and aliases" in faults("\n".join(rows))[0]


def test_a_rule_that_would_expand_without_bound_is_refused() -> None:
    one = "{any: [{fact: outage, op: is, value: true}, {fact: full_outage, op: is, value: true}]}"
    source = broken("when: {fact: threshold_crossed, op: is, value: true}", f"when: {{all: [{', '.join([one] * 40)}]}}")
    assert any("at most 64 alternatives" in fault for fault in faults(source))


def test_words_of_yaml_stay_what_their_writer_meant() -> None:
    source = text().replace(
"expected_every: PT5M, worse: up, clauses: [\"1.2\", \"4.1\"]",
        "expected_every: PT5M, service_hours: [{from: 07:00, to: 23:30}], worse: up, clauses: [\"1.2\", \"4.1\"]")  # fmt: skip
    assert load(source).metric("complaints").service_hours[0].to == "23:30"
