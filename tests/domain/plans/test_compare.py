"""What differs between two plans, proved against trying every combination; and single values changed in a file's own text."""

import random
from itertools import product

import pytest

from plans.domain import LevelFacts, Plan, level_card, load, major_verdict
from plans.domain.base import Span
from plans.domain.compare import compare
from plans.domain.decisions import decisions
from plans.domain.editing import NotThere, value_set, written
from plans.domain.knobs import Unreadable, knobs, span_read, span_written, turned
from tests.domain.plans.broken_plans import entangled, small
from tests.domain.plans.given import NOW, fact, known, plan, text

COMPLAINTS_30 = 'when: {fact: complaints_excess, op: ">", value: 0.30}'
# Another plan each, and what it changes.
OTHERS = {
    "level II from 35 %": text().replace(COMPLAINTS_30, COMPLAINTS_30.replace("0.30", "0.35"), 1),
    "level I from 55 %": text().replace('op: ">=", value: 0.50}, reason', 'op: ">=", value: 0.55}, reason', 1),
    "a regional outage is III": text().replace("regional_outage: {level: II", "regional_outage: {level: III", 1),
    "secondary risk raises by two": text().replace("raises: 1", "raises: 2", 1),
    "no major fault by hotlines": text().replace(
        'op: ">=", value: 0.30}, reason: {zh: 30%', 'op: ">=", value: 0.90}, reason: {zh: 30%', 1
    ),
}


def everything(one: Plan, two: Plan) -> list[dict[str, object]]:
    """Facts of both, one value for each class and between all limits, some unknown: thousands at random."""
    values: dict[str, list[object]] = {}
    for name, spec in one.facts.items():
        if spec.kind == "scale":
            values[name] = [None, *spec.values]
        elif spec.kind == "switch":
            values[name] = [None, True, False]
        else:
            limits = sorted({0.3, 0.35, 0.5, 0.55, 0.6, 0.9, 2, 6, 24, 1000})
            values[name] = [None, *(limit + step for limit in limits for step in (-0.01, 0, 0.01))]
    chance = random.Random(3)
    return [{name: chance.choice(own) for name, own in values.items()} for _ in range(1500)]


def proposed(read: Plan, facts: dict[str, object]) -> tuple[str | None, bool]:
    said = LevelFacts(**{name: fact(value) for name, value in facts.items() if value is not None})  # type: ignore[arg-type]
    return level_card(read, said, now=NOW).proposed, major_verdict(read, said).major is True


@pytest.mark.parametrize("case", OTHERS)
def test_decisions_differ_exactly_where_trying_says_so(case: str) -> None:
    other = load(OTHERS[case])
    found = decisions(plan(), other)
    assert found.whole
    # Every example really is decided as is said …
    for row in found.levels:
        assert level_card(plan(), known(**row.example), now=NOW).proposed == row.before
        assert level_card(other, known(**row.example), now=NOW).proposed == row.after
    for row in found.majors:
        assert (major_verdict(plan(), known(**row.example)).major is True) == (row.before == "major")
    # … and nothing differs of a kind that is not said.
    said = {(row.before, row.after) for row in found.levels}
    majors = {(row.before == "major", row.after == "major") for row in found.majors}
    for facts in everything(plan(), other):
        (one, one_major), (two, two_major) = proposed(plan(), facts), proposed(other, facts)
        assert one == two or (one, two) in said, facts
        assert one_major == two_major or (one_major, two_major) in majors, facts


def test_where_level_ii_moves_to_35_percent_the_region_is_told_exactly() -> None:
    first = decisions(plan(), load(OTHERS["level II from 35 %"])).levels[0]
    assert (first.before, first.after) == ("II", None)
    assert first.region.en == "Complaints over the daily mean > 30 % and ≤ 35 %"
    assert first.region.zh == "投诉超日均值比例 > 30%，≤ 35%"
    assert dict(first.example) == {"complaints_excess": 0.35}
    assert [hit.rule for hit in first.hits_before] == ["complaints_30"]
    assert first.hits_after == ()


def test_a_plan_is_the_same_as_itself_whatever_its_comments() -> None:
    same = compare(plan(), load(text() + "\n# a word\n"))
    assert same.same
    assert (same.decisions.levels, same.decisions.majors, same.decisions.whole) == ((), (), True)


def test_a_wholly_other_plan_is_compared_too_as_far_as_anybody_reads() -> None:
    found = decisions(plan(), load(small()))
    assert found.levels
    assert not found.whole


def test_rules_too_entangled_to_be_compared_say_so_in_time() -> None:
    assert not decisions(load(small()), load(entangled())).whole


def test_a_fact_measured_otherwise_is_compared_apart() -> None:
    other = load(
        small().replace(
            "room_temperature: {title: {zh: 机房温度, en: Room temperature}, dimension: true, unit: degrees",
            "room_temperature: {title: {zh: 机房温度, en: Room temperature}, dimension: true, unit: percent",
            1,
        )
    )
    assert decisions(load(small()), other).apart == ("room_temperature",)


def test_rows_come_under_the_clauses_they_cite() -> None:
    changed = text().replace("anchors: [level_condition], due: PT10M", "anchors: [level_condition], due: PT12M", 1)
    changed = changed.replace("owners: [coo]", "owners: [hq]", 1).replace(
        "条件满足后10分钟内定级", "条件满足后12分钟内定级", 1
    )
    found = compare(plan(), load(changed))
    assert {row.path for row in found.obligations} >= {"obligations.level.decide"}
    due = next(row for row in found.rows if row.path == "obligations.level.decide")
    assert [(moved.name, moved.before, moved.after) for moved in due.fields] == [("due", "PT10M", "PT12M")]
    six = next(change for change in found.clauses if change.clause == "6.1")
    assert six.words_differ
    assert due in six.rows
    owner = next(row for row in found.obligations if row.path != due.path)
    assert owner.fields[0].name == "owners"


def test_rows_that_came_and_went() -> None:
    row = next(line for line in text().splitlines() if line.startswith("  hotlines_major:"))
    without = text().replace(row + "\n", "", 1).replace("thresholds: [hotlines_major], ", "", 1)
    gone = compare(plan(), load(without))
    assert [(found.path, found.how) for found in gone.thresholds] == [("thresholds.hotlines_major", "removed")]
    back = compare(load(without), plan())
    assert [(found.path, found.how) for found in back.thresholds] == [("thresholds.hotlines_major", "added")]


# --- single values ------------------------------------------------------------------------------------------------------------
BLOCK = "a:\n  b: 1  # one\n  c:\n    - x\n    - {d: 2}\n# end\ne: {f: g}\n"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (["a", "b"], 3, BLOCK.replace("b: 1", "b: 3")),
        (["e", "f"], "h i", BLOCK.replace("f: g", "f: h i")),
        (["a", "c", 1, "d"], 0.5, BLOCK.replace("d: 2", "d: 0.5")),
        (["e", "new"], [1, "x"], BLOCK.replace("{f: g}", "{f: g, new: [1, x]}")),
        (["a", "last"], None, BLOCK.replace("- {d: 2}\n", "- {d: 2}\n  last: null\n")),
        (["e"], {"k": "v"}, BLOCK.replace("{f: g}", "{k: v}")),
    ],
)
def test_one_value_changes_and_everything_else_stays(path: list[str | int], value: object, expected: str) -> None:
    assert value_set(BLOCK, path, value) == expected


@pytest.mark.parametrize("path", [["z", "b"], ["a", "b", "c"], ["a", "c", 7, "d"]])
def test_a_place_that_is_not_there(path: list[str | int]) -> None:
    with pytest.raises(NotThere):
        value_set(BLOCK, path, 1)


@pytest.mark.parametrize(
    "word", ["yes", "null", "1.2", "a: b", "#x", "", " x", "{", "中文", "a\nb", "P3D", "obligations.x"]
)
def test_a_word_is_written_so_that_it_is_read_again(word: str) -> None:
    from plans.domain.source import read

    assert read(f"k: {written(word)}\n", "x").data == {"k": word}


def test_every_knob_of_the_shipped_plans_turns_and_is_read_back() -> None:
    for source in (text(), small()):
        read = load(source)
        same, wrong = turned(source, read, {knob.name: knob.shown("zh-hans") for knob in knobs(read)})
        assert (same, wrong) == (source, {})
        spans = [knob for knob in knobs(read) if knob.path[-1] == "window"]
        moved, _ = turned(source, read, {knob.name: "17 min" for knob in spans})
        assert {metric.window.iso for metric in load(moved).metrics.values()} >= {"PT17M"}


@pytest.mark.parametrize(
    ("said", "iso"),
    [("30 min", "PT30M"), ("90", "PT90M"), ("6 h", "PT6H"), ("6小时", "PT6H"), ("3 天", "P3D"), ("1 month", "P1M"), ("1.5 h", "PT90M"),
     ("PT45S", "PT45S"), ("45 s", "PT45S"), ("0 min", "PT0S")],
)  # fmt: skip
def test_a_time_as_people_write_it(said: str, iso: str) -> None:
    assert span_read(said) == iso
    assert span_read(span_written(Span.parse(iso), "zh-hans")) == Span.parse(iso).iso or Span.parse(iso).is_zero


@pytest.mark.parametrize("said", ["soon", "", "-5 min", "5 fortnights", "1.5 months", "P", "1e3 min", "9" * 40])
def test_a_time_nobody_can_read(said: str) -> None:
    with pytest.raises(Unreadable):
        span_read(said)


def test_two_limits_differ_as_soon_as_they_are_two() -> None:
    read = {
        limit: load(text().replace(COMPLAINTS_30, COMPLAINTS_30.replace("0.30", str(limit)), 1))
        for limit in (0.2, 0.3, 0.45)
    }
    for one, two in product(read, repeat=2):
        assert bool(decisions(read[one], read[two]).levels) == (one != two)
