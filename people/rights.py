"""Who may do what: one table, role × right. A right is `resource.verb`; what no row grants is refused."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from common.actor import Actor
from common.errors import NotAllowed, Text

ROLES: dict[str, Text] = {
    "duty_manager": _("Duty manager"),
    "cs_supervisor": _("Customer-service supervisor"),
    "hq_commander": _("Headquarters commander"),
    "hq_member": _("Headquarters member"),
    "head_of_it": _("Head of IT"),
    "tech_lead": _("Technical response lead"),
    "tech_member": _("Technical response member"),
    "group_lead": _("Work group lead"),
    "group_member": _("Work group member"),
    "pr_editor": _("PR editor"),
    "pr_manager": _("PR manager"),
    "legal_reviewer": _("Legal reviewer"),
    "executive": _("Executive"),
    "keeper": _("Keeper"),
    "hr": _("Human resources"),
    "finance": _("Finance"),
    "administration": _("Administration"),
    "auditor": _("Auditor"),
    "sysadmin": _("System administrator"),
    "security_admin": _("Security administrator"),
    "source": _("Signal source"),
}

# In each row the roles stand in the order in which they lend their authority to who holds several.
HQ = ("hq_commander", "hq_member")
TECHNICAL = ("tech_lead", "head_of_it")
GROUPS = ("tech_member", "group_lead", "group_member")
DUTY = ("duty_manager", "cs_supervisor")
OFFICES = ("pr_manager", "pr_editor", "legal_reviewer", "executive", "keeper", "hr", "finance", "administration")
# Everyone with a part in the plan. The system administrator sees no content, the security administrator only people.
PARTAKERS = (*DUTY, *HQ, *TECHNICAL, *GROUPS, *OFFICES)
READERS = (*PARTAKERS, "auditor")
# What a deputy has for as long as the holder is on leave: parts in the plan. Who looks after accounts, the machine or the books
# lends nobody anything.
LENT = frozenset(PARTAKERS)
# What the deputy of a work group has while its lead is away and named nobody.
LEADING = frozenset({"tech_lead", "group_lead"})

GRANTS: dict[str, tuple[str, ...]] = {
    # What machines say
    "signals.post": ("source",),
    "signals.view": READERS,
    "source.view": (*READERS, "security_admin", "sysadmin"),
    # Trying a plan on history changes nothing, but costs the machine some seconds.
    "backtest.ask": (*DUTY, *HQ, *TECHNICAL, "executive"),
    "source.manage": ("security_admin", "sysadmin"),
    # Maintenance windows and silences: whoever answers for the night or for the machines.
    "signals.mute": (*DUTY, *TECHNICAL, "hq_commander"),
    # What happened. Recording is open to all who hear of a fault first (3.1); judging it is not.
    "incident.view": READERS,
    "incident.report": (*DUTY, *TECHNICAL, "tech_member", *HQ),
    "incident.record_facts": (*DUTY, *TECHNICAL, *GROUPS, *HQ),
    # Whoever hears of it first: a regulator calls the hotline, legal or PR (3.4).
    "incident.name_regulator": (*DUTY, *HQ, "pr_manager", "legal_reviewer"),
    # Outside support (6.3): headquarters declares that it is needed; whoever is there sees it arrive.
    "incident.declare_cannot_hold": HQ,
    "incident.record_arrival": (*DUTY, *TECHNICAL, *HQ),
    "incident.verify": DUTY,
    "incident.dismiss": (*DUTY, *HQ),
    "incident.assess": TECHNICAL,
    "incident.report_handling": (*TECHNICAL, "tech_member"),
    "incident.set_group_status": ("tech_lead", "group_lead", *HQ),
    # Tasks of a work group (2.2). Doing one is its assignee's or the group's lead's; the service looks which.
    "task.give": (*HQ, "tech_lead", "group_lead", *DUTY),
    "task.do": PARTAKERS,
    # The steps of handling (6.2): whoever works on it, in whichever group.
    "step.tick": (*TECHNICAL, *GROUPS, *DUTY, *HQ),
    "incident.decide_level": HQ,
    "incident.start": HQ,
    # A regional centre's own start (1.2).
    "incident.start_regional": ("tech_lead",),
    "incident.evaluate": HQ,
    "incident.restore": (*TECHNICAL, *HQ),
    "incident.end": HQ,
    # The approver of an ending stands outside headquarters (ruling on contradiction 25).
    "incident.close": ("executive",),
    # Warnings (5.1): blue by the duty manager, yellow by headquarters (ruling on contradiction 18).
    "warning.issue_blue": (*DUTY, *HQ),
    "warning.issue_yellow": HQ,
    "warning.report_data": (*TECHNICAL, "tech_member", "group_lead", *DUTY),
    "warning.prepare": PARTAKERS,
    "warning.apply_lift": TECHNICAL,
    "warning.approve_lift": HQ,
    "warning.extend": HQ,
    # What is due and what is told
    "summary.edit": HQ,
    "summary.publish": HQ,
    # Never one person for draft, legal approval and publication (3.4); the notice itself holds that.
    "notice.view": READERS,
    "notice.draft": ("pr_editor", "pr_manager"),
    "notice.submit": ("pr_editor", "pr_manager"),
    "notice.approve": ("legal_reviewer",),
    "notice.publish": ("pr_manager",),
    "notice.withdraw": ("pr_manager", "hq_commander"),
    "obligation.view": READERS,
    "obligation.fulfil": PARTAKERS,
    # Never by who owes it, and from above him (`escalation.domain.waiving`).
    "obligation.waive": (*HQ, "executive"),
    # What is owed while nothing happens (8). A waiver comes from above every owner, and never from who owes it.
    "readiness.view": READERS,
    "readiness.fulfil": PARTAKERS,
    "readiness.waive": ("hq_commander", "executive"),
    "board.view": READERS,
    "plan.view": READERS,
    # The plan itself: headquarters and the head of IT write it, its leader or top management approves, never one who wrote it.
    "plan.edit": (*HQ, "head_of_it"),
    "plan.approve": ("hq_commander", "executive"),
    # Moving an incident under way to another version: asked by one, approved by another.
    "incident.ask_plan": HQ,
    "incident.approve_plan": ("hq_commander", "executive"),
    "incident.refuse_plan": (*HQ, "executive"),
    "message.view": READERS,
    "message.acknowledge": PARTAKERS,
    "message.read_all": (*HQ, "duty_manager", "auditor"),
    # Who knew, decided and was told what: for whoever answers for it afterwards.
    "dossier.view": (*HQ, "executive", "auditor"),
    # Down the telephone list (8.1): headquarters' line is staffed by the administration.
    "message.call": (*DUTY, *HQ, "administration"),
    # What we have. Whoever works on an incident may take; who answers for an item says whether it is fit (8.3).
    "equipment.view": READERS,
    "equipment.manage": ("keeper", "administration"),
    "equipment.withdraw": ("keeper", "group_lead", "tech_lead", "administration", *HQ),
    "equipment.inspect": ("keeper",),
    # People. Verifying contacts is the administration's (8.1).
    "people.view": (*READERS, "security_admin"),
    "contact.reveal": (*DUTY, *HQ, *TECHNICAL, "group_lead", "administration"),
    # Rounds in which everybody confirms how he is reached. The security administrator mends the addresses they find wrong.
    "verification.view": (*DUTY, *HQ, *TECHNICAL, "executive", "hr", "administration", "auditor", "security_admin"),
    "verification.run": ("administration", "hq_commander"),
    "user.manage": ("security_admin",),
    "role.assign": ("security_admin",),
    # The duty roster. Whoever owns a duty changes its rotation, the security administrator any; personnel knows who is away.
    "duty.view": (*READERS, "security_admin"),
    "duty.take": PARTAKERS,
    "duty.manage": ("cs_supervisor", "head_of_it", "administration", "hq_commander", "hr", "security_admin"),
    # The machine room of the product itself
    "operations.view": ("sysadmin", "head_of_it", "auditor"),
    "operations.act": ("sysadmin",),
    # After an older backup was put back: whether letters leave again.
    "letters.release": ("sysadmin",),
    # What the product missed while it was blind: whoever decided in that time must know.
    "blindness.view": (*HQ, "duty_manager", "executive", "head_of_it", "auditor", "sysadmin"),
    "log.verify": ("auditor", "security_admin", "sysadmin"),
    "world.manage": ("sysadmin",),
    # Practice: who plays whom
    "drill.view": READERS,
    "drill.take": PARTAKERS,
}
# A region's own acts: whoever holds the role for the whole country is not the region.
OF_A_REGION = frozenset({"incident.start_regional"})
TABLE: dict[tuple[str, str], bool] = {(role, right): role in roles for right, roles in GRANTS.items() for role in ROLES}


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an act takes effect: keys of a region and a work group; None means the whole country, no group's matter."""

    region: str | None = None
    group: str | None = None


NOWHERE_IN_PARTICULAR = Scope()


def narrowed(role: str, key: str) -> str:
    """How an entry of `Actor.regions` or `Actor.groups` ties a narrowing to the role it narrows."""
    return f"{role}@{key}"


def require(by: Actor, right: str, scope: Scope | None = None) -> Actor:
    """The actor, acting as the role that allows this; raises NotAllowed with a sentence that names who could."""
    found = acting(by, right, scope)
    if found is None:
        raise refusal(right)
    return found


def acting(by: Actor, right: str, scope: Scope | None = None) -> Actor | None:
    """As `require`; None where it would be refused."""
    found = _granted(by, right, scope)
    return by.acting_as(*found) if found else None


def acting_each(
    by: Actor, right: str, scope: Scope | None = None, *, first: Container[str] = ()
) -> list[tuple[int | None, Actor]]:
    """Every way in which this actor may do it: as himself, and in the place of each whose deputy he is; with whose place it is. Of
    several roles that grant it one of `first` comes first."""
    found: list[tuple[int | None, Actor]] = []
    for hat in _hats(by):
        roles = sorted(_grants(hat, right, scope or NOWHERE_IN_PARTICULAR), key=lambda role: role not in first)
        if roles:
            found.append((hat.id, by.acting_as(roles[0], None if hat is by else hat)))
    return found


def require_somewhere(by: Actor, right: str) -> Actor:
    """As `require`, for what is one's own wherever it lies: a narrowing of the role does not count."""
    if by.kind == "system":
        return by.acting_as("system")
    found = relying_on(by, GRANTS[right])
    if found is None:
        raise refusal(right)
    return found


def relying_on(by: Actor, roles: Sequence[str]) -> Actor | None:
    """The actor, acting as the first of these roles that is held anywhere, one's own before one that is lent."""
    for hat in _hats(by):
        for role in roles:
            if role in hat.roles:
                return by.acting_as(role, None if hat is by else hat)
    return None


def allowed(by: Actor, right: str, scope: Scope | None = None) -> bool:
    return _granted(by, right, scope) is not None


def _granted(by: Actor, right: str, scope: Scope | None) -> tuple[str, Actor | None] | None:
    """The role that grants it, one's own before one that is lent, and who lends it."""
    if right not in GRANTS:
        raise KeyError(f"{right} has no row in the table of rights")
    if by.kind == "system":
        return "system", None
    where = scope or NOWHERE_IN_PARTICULAR
    found = ((role, None if hat is by else hat) for hat in _hats(by) for role in _grants(hat, right, where))
    return next(found, None)


def _grants(hat: Actor, right: str, where: Scope) -> Iterator[str]:
    """The roles of one hat that grant it, in the order of the table."""
    return (role for role in GRANTS[right] if role in hat.roles and _counts(hat, role, right, where))


def _hats(by: Actor) -> tuple[Actor, ...]:
    return (by, *by.lent)


def allowed_somewhere(by: Actor, right: str) -> bool:
    """Whether any scope would do: what a door asks before the service asks with the scope."""
    return by.kind == "system" or not by.every_role.isdisjoint(GRANTS[right])


def regions_held(by: Actor, role: str) -> frozenset[str]:
    """The regions that a holding of a role, one's own or lent, is narrowed to; none for who holds it everywhere, or not at all."""
    return frozenset(key for hat in _hats(by) if role in hat.roles for key in _keys(hat.regions, role))


def refusal(right: str) -> NotAllowed:
    sentence = _("Your role does not allow this; it takes: %(roles)s.")
    return NotAllowed("not_allowed", sentence, roles=role_names(GRANTS[right]))


def _counts(by: Actor, role: str, right: str, scope: Scope) -> bool:
    """Whether the actor's holdings of this role reach the scope.

    A region narrows acts to that region; looking is not narrowed. A group narrows what names a group; an act that
    concerns no group (recording a fact) is open to the members of any.
    """
    regions, groups = _keys(by.regions, role), _keys(by.groups, role)
    if right in OF_A_REGION:
        return scope.region in regions
    if not regions and not groups:
        return True
    by_region = bool(regions) and (right.endswith(".view") or scope.region in regions)
    by_group = bool(groups) and (scope.group is None or scope.group in groups)
    return by_region or by_group


def _keys(entries: Iterable[str], role: str) -> set[str]:
    """The keys that narrow this role; an entry without a role narrows them all."""
    split = (entry.rpartition("@") for entry in entries)
    return {key for narrowed_role, _at, key in split if narrowed_role in ("", role)}


def _joined(roles: Iterable[str]) -> str:
    return pgettext("between the items of a list", ", ").join(str(ROLES[role]) for role in roles)


role_names = lazy(_joined, str)
