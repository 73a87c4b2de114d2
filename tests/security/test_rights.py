"""The table of rights, cell by cell, against what is written here by hand."""

import pytest

from common.actor import SYSTEM, Actor
from common.errors import NotAllowed
from people.rights import GRANTS, OF_A_REGION, ROLES, TABLE, Scope, allowed, allowed_somewhere, narrowed, require

COLUMNS = {
    "dm": "duty_manager",
    "cs": "cs_supervisor",
    "hc": "hq_commander",
    "hm": "hq_member",
    "it": "head_of_it",
    "tl": "tech_lead",
    "tm": "tech_member",
    "gl": "group_lead",
    "gm": "group_member",
    "pe": "pr_editor",
    "pm": "pr_manager",
    "lr": "legal_reviewer",
    "ex": "executive",
    "ke": "keeper",
    "hr": "hr",
    "fi": "finance",
    "ad": "administration",
    "au": "auditor",
    "sa": "sysadmin",
    "se": "security_admin",
    "so": "source",
}
EXPECTED = """
                            dm cs hc hm it tl tm gl gm pe pm lr ex ke hr fi ad au sa se so
    signals.post            .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x
    signals.view            x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    source.view             x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .
    backtest.ask            x  x  x  x  x  x  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .
    signals.mute            x  x  x  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    source.manage           .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x  x  .
    incident.view           x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    incident.report         x  x  x  x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.record_facts   x  x  x  x  x  x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .
    incident.name_regulator x  x  x  x  .  .  .  .  .  .  x  x  .  .  .  .  .  .  .  .  .
    incident.declare_cannot_hold . . x x . . . . . . . . . . . . . . . . .
    incident.record_arrival x  x  x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.verify         x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.dismiss        x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.assess         .  .  .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.report_handling .  .  .  .  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.set_group_status .  .  x  x  .  x  .  x  .  .  .  .  .  .  .  .  .  .  .  .  .
    task.give               x  x  x  x  .  x  .  x  .  .  .  .  .  .  .  .  .  .  .  .  .
    task.do                 x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .  .
    step.tick               x  x  x  x  x  x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .
    incident.decide_level   .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.start          .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.start_regional .  .  .  .  .  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.evaluate       .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.restore        .  .  x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.end            .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.close          .  .  .  .  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .
    warning.issue_blue      x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    warning.issue_yellow    .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    warning.report_data     x  x  .  .  x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .
    warning.prepare         x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .  .
    warning.apply_lift      .  .  .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    warning.approve_lift    .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    warning.extend          .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    summary.edit            .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    summary.publish         .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    notice.view             x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    notice.draft            .  .  .  .  .  .  .  .  .  x  x  .  .  .  .  .  .  .  .  .  .
    notice.submit           .  .  .  .  .  .  .  .  .  x  x  .  .  .  .  .  .  .  .  .  .
    notice.approve          .  .  .  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .  .
    notice.publish          .  .  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .  .  .
    notice.withdraw         .  .  x  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .  .  .
    obligation.view         x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    obligation.fulfil       x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .  .
    obligation.waive        .  .  x  x  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .
    readiness.view          x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    readiness.fulfil        x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .  .
    readiness.waive         .  .  x  .  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .
    board.view              x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    plan.view               x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    plan.edit               .  .  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    plan.approve            .  .  x  .  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .
    incident.ask_plan       .  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    incident.approve_plan   .  .  x  .  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .
    incident.refuse_plan    .  .  x  x  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .  .
    message.view            x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    message.acknowledge     x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .  .
    message.read_all        x  .  x  x  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .  .
    dossier.view            .  .  x  x  .  .  .  .  .  .  .  .  x  .  .  .  .  x  .  .  .
    message.call            x  x  x  x  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .  .  .
    equipment.view          x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    equipment.manage        .  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .  x  .  .  .  .
    equipment.withdraw      .  .  x  x  .  x  .  x  .  .  .  .  .  x  .  .  x  .  .  .  .
    equipment.inspect       .  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .  .  .  .  .  .
    people.view             x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  x  .
    contact.reveal          x  x  x  x  x  x  .  x  .  .  .  .  .  .  .  .  x  .  .  .  .
    verification.view       x  x  x  x  x  x  .  .  .  .  .  .  x  .  x  .  x  x  .  x  .
    verification.run        .  .  x  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .  .  .
    user.manage             .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
    role.assign             .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .
    duty.view               x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  x  .
    duty.take               x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .  .
    duty.manage             .  x  x  .  x  .  .  .  .  .  .  .  .  .  x  .  x  .  .  x  .
    operations.view         .  .  .  .  x  .  .  .  .  .  .  .  .  .  .  .  .  x  x  .  .
    operations.act          .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .
    letters.release         .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .
    blindness.view          x  .  x  x  x  .  .  .  .  .  .  .  x  .  .  .  .  x  x  .  .
    log.verify              .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x  x  x  .
    world.manage            .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  x  .  .
    drill.view              x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .
    drill.take              x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  x  .  .  .  .
"""
HEAD, *ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
CELLS = [(row[0], COLUMNS[short], mark == "x") for row in ROWS for short, mark in zip(HEAD, row[1:], strict=True)]
OUTSIDER = Actor(kind="person", id=99, name="Outsider")


def having(*roles: str, regions: set[str] = frozenset(), groups: set[str] = frozenset()) -> Actor:
    return Actor(
        kind="person", id=7, name="Lin", roles=frozenset(roles), regions=frozenset(regions), groups=frozenset(groups)
    )


@pytest.mark.parametrize("right", [row[0] for row in ROWS])
def test_cells_of_a_row(right: str) -> None:
    for role, may in ((role, may) for of, role, may in CELLS if of == right):
        # A region's own act is that of who holds the role there, the others' that of who holds it everywhere.
        by, scope = having(role), None
        if right in OF_A_REGION:
            by, scope = having(role, regions={narrowed(role, "east")}), Scope(region="east")
        assert allowed(by, right, scope) is may, role
        assert TABLE[role, right] is may, role
        assert _authority(by, right, scope) == (role if may else None), role


def _authority(by: Actor, right: str, scope: Scope | None) -> str | None:
    """What an act relies on; None where it is refused."""
    try:
        return require(by, right, scope).authority
    except NotAllowed:
        return None


def test_the_hand_written_table_has_every_row_and_column() -> None:
    assert {row[0] for row in ROWS} == set(GRANTS)
    assert {COLUMNS[short] for short in HEAD} == set(ROLES)


@pytest.mark.parametrize("right", sorted(GRANTS))
def test_an_outsider_may_do_nothing_and_the_product_everything(right: str) -> None:
    with pytest.raises(NotAllowed):
        require(OUTSIDER, right)
    assert not allowed_somewhere(OUTSIDER, right)
    assert require(SYSTEM, right).authority == "system"


def test_the_auditor_changes_nothing() -> None:
    looks = {right for right in GRANTS if allowed(having("auditor"), right)}
    assert {right.partition(".")[2] for right in looks} == {"view", "read_all", "verify"}


def test_a_right_without_a_row_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        allowed(having("hq_commander"), "incident.forget")


def test_the_refusal_names_who_could() -> None:
    with pytest.raises(NotAllowed) as refused:
        require(OUTSIDER, "incident.close")
    assert refused.value.params["roles"] == ROLES["executive"]


def test_of_several_roles_the_first_in_the_row_lends_its_authority() -> None:
    assert require(having("hq_member", "hq_commander"), "incident.start").authority == "hq_commander"


CENTRE = having("tech_lead", regions={narrowed("tech_lead", "east")})
EAST = having("hq_member", regions={narrowed("hq_member", "east")})
TECH = having("group_lead", groups={narrowed("group_lead", "technical")})


@pytest.mark.parametrize(
    ("case", "by", "right", "scope", "may"),
    [
        ("a regional holding counts in its region", EAST, "incident.start", Scope(region="east"), True),
        ("not in another", EAST, "incident.start", Scope(region="west"), False),
        ("nor for the whole country", EAST, "incident.start", None, False),
        ("a regional centre starts in its region", CENTRE, "incident.start_regional", Scope(region="east"), True),
        ("not in another's", CENTRE, "incident.start_regional", Scope(region="west"), False),
        ("nor what no one region holds", CENTRE, "incident.start_regional", None, False),
        (
            "who leads everywhere is no region",
            having("tech_lead"),
            "incident.start_regional",
            Scope(region="east"),
            False,
        ),
        ("looking is not narrowed", EAST, "incident.view", None, True),
        ("a group's holding counts for its group", TECH, "incident.set_group_status", Scope(group="technical"), True),
        ("not for another group", TECH, "incident.set_group_status", Scope(group="logistics"), False),
        ("an act of no group is open to all groups", TECH, "incident.record_facts", Scope(region="east"), True),
        (
            "a narrowing of one role leaves the other alone",
            having("hq_member", "duty_manager", regions={narrowed("hq_member", "east")}),
            "incident.verify",
            Scope(region="west"),
            True,
        ),
        (
            "an entry without a role narrows every role",
            having("hq_member", "duty_manager", regions={"east"}),
            "incident.verify",
            Scope(region="west"),
            False,
        ),
    ],
)
def test_scope(case: str, by: Actor, right: str, scope: Scope | None, may: bool) -> None:
    assert allowed(by, right, scope) is may
    assert allowed_somewhere(by, right)
