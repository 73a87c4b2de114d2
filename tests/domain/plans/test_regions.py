"""The algebra of boxes says what counting every single point says."""

from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plans.domain import LevelFacts, Plan, level_card, load
from plans.domain.lint.regions import Box, Space, first_uncovered, meet, minus, uncovered
from plans.domain.lint.spoken import value_in
from tests.domain.plans.broken_plans import small
from tests.domain.plans.given import NOW, known, plan

SIZES = {"a": 3, "b": 2, "c": 4}
FULL = {fact: (1 << size) - 1 for fact, size in SIZES.items()}
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
BOXES = st.fixed_dictionaries({}, optional={fact: st.integers(1, FULL[fact]) for fact in SIZES})


def points(box: Box) -> set[tuple[int, ...]]:
    allowed = [[i for i in range(SIZES[fact]) if box.get(fact, FULL[fact]) >> i & 1] for fact in SIZES]
    return set(product(*allowed))


@PATIENT
@given(BOXES, BOXES)
def test_what_is_left_is_exactly_what_the_other_has_not(box: Box, other: Box) -> None:
    pieces = minus(box, other, FULL)
    assert set().union(*map(points, pieces)) == points(box) - points(other)
    assert sum(len(points(piece)) for piece in pieces) == len(points(box) - points(other))


@PATIENT
@given(BOXES, st.lists(BOXES, max_size=5))
def test_a_box_is_covered_only_when_every_point_is(box: Box, others: list[Box]) -> None:
    left = points(box).difference(*map(points, others))
    piece = uncovered(box, others, FULL)
    assert (piece is None) == (not left)
    assert piece is None or points(piece) <= left


@PATIENT
@given(BOXES, BOXES)
def test_the_meeting_of_two_boxes_holds_their_common_points(one: Box, two: Box) -> None:
    both = meet(one, two)
    assert (points(both) if both is not None else set()) == points(one) & points(two)


NUMBER = st.sampled_from([">=", ">", "<=", "<"])
TEST = st.tuples(NUMBER, st.integers(0, 6)).map(lambda t: f'{{fact: reserve_minutes, op: "{t[0]}", value: {t[1]}}}')


@settings(deadline=None, max_examples=40)  # each example reads a whole plan file
@given(st.lists(st.tuples(TEST, st.sampled_from(["red", "orange", "yellow", "blue"])), min_size=1, max_size=4))
def test_classes_of_a_number_are_exact_for_any_value(rows: list[tuple[str, str]]) -> None:
    """Whatever half-lines the rules draw, a value and the sample of its class pass the same tests."""
    rules = "".join(
        f'  r{n}: {{level: {level}, when: {when}, reason: {{zh: 规, en: Rule}}, clauses: ["2"]}}\n'
        for n, (when, level) in enumerate(rows)
    )
    source = small_with(rules)
    for value in (x / 4 for x in range(30)):  # what the fact can be
        bits = source.table.bits("reserve_minutes", value)
        row = next(row for row in source.table.classes["reserve_minutes"] if row.bits == bits)
        assert source.table.bits("reserve_minutes", value_in(row, source.facts["reserve_minutes"])) == bits


def small_with(rules: str) -> Plan:
    head, rest = small().split("level_rules:\n")
    return load(head + "level_rules:\n" + rules + rest[rest.index("\nmajor_rules:") :])


def test_a_box_of_the_default_plan_says_what_the_card_says() -> None:
    """Every cell of three facts: the rule's box holds it exactly when the card names the rule."""
    space = Space(plan().table)
    for reach, outage, risk in product(["node", "region", None], [True, False, None], ["low", "high", None]):
        facts: LevelFacts = known(
            **{k: v for k, v in (("reach", reach), ("outage", outage), ("secondary_risk", risk)) if v is not None}
        )
        hits = {hit.rule for hit in level_card(plan(), facts, now=NOW).hits}
        point = {
            name: 1 << (plan().table.class_of(name, facts.known[name].value) if name in facts.known else len(rows))
            for name, rows in plan().table.classes.items()
        }
        for row in plan().level_rules.values():
            inside = first_uncovered([point], space.boxes(plan().table.rules[row.id]), space.full) is None
            assert inside == (row.id in hits), row.id
