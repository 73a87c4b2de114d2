"""Which plan is in force, and the plan behind a version."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from common.actor import Actor
from common.errors import Missing
from engine.log import with_texts
from engine.models import Event
from people import selectors as people
from people.rights import LEADING, acting, allowed
from people.rostered import on_now
from people.selectors import User
from people.standins import answering_each, deputies_in
from plans.domain import Finding, Plan, Report, RoleSpec, admit, lint, load, owner_chain, unheld
from plans.domain.compare import Comparison, compare
from plans.domain.versions import FIXED, RIGHT, Act, barred, judge
from plans.models import PlanText, PlanVersion
from plans.patience import reading

NO_PLAN = Missing("plan.missing", _("No plan is loaded; ask the system administrator to load one."))

IN_FORCE = f"SELECT id FROM plans_planversion WHERE status = '{PlanVersion.Status.IN_FORCE}' ORDER BY id LIMIT 1"  # noqa: S608 - constants


def in_force() -> PlanVersion:
    """The version new incidents begin with; raises Missing before the first load."""
    version = PlanVersion.objects.filter(status=PlanVersion.Status.IN_FORCE).first()
    if version is None:
        raise NO_PLAN
    return version


def plan_of(version_id: int) -> Plan:
    """The plan of a version that is or was in force, parsed once a process; raises Missing."""
    return _parsed(str(connection.settings_dict["NAME"]), version_id)


def changing_text(version_id: int) -> str:
    """The text of a version that may still change, as it is now; empty for one that is or was in force, or for none."""
    rows = PlanVersion.objects.filter(pk=version_id).exclude(status__in=sorted(FIXED))
    return rows.values_list("text", flat=True).first() or ""


def current() -> Plan:
    """The plan in force."""
    # Many times in a request: to compile it anew would cost more than to run it.
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE)
        row = cursor.fetchone()
    if row is None:
        raise NO_PLAN
    return plan_of(row[0])


def cites(act: str) -> str:
    """The clause of the plan in force that an act outside incidents is done under; empty where it says nothing of it."""
    return current().cites(act)


def holders_of(role: RoleSpec) -> list[User]:
    """Who holds a role of the plan now: holders of its role of rights; where it names a work group or a department, those
    who sit in it or work there."""
    return holders_each([role])[role.id]


def holders_each(roles: Iterable[RoleSpec]) -> dict[str, list[User]]:
    """As `holders_of`, of many roles of the plan at once; two queries."""
    roles = list(roles)
    acting_as = {role.acts_as for role in roles if role.acts_as}
    known = people.holders_each(acting_as) if acting_as else {}
    grouped = {user.pk for role in roles if role.group for user in known.get(role.acts_as or "", ())}
    sits = people.groups_each(grouped) if grouped else {}
    return {
        role.id: [
            user
            for user in known.get(role.acts_as or "", ())
            if (not role.department or people.department_of(user) == role.department)
            and (not role.group or role.group in sits.get(user.pk, ()))
        ]
        for role in roles
    }


def told_of(role: RoleSpec) -> list[User]:
    """Who is told of what concerns a role of the plan: whoever is on its duty now (3.1); where it names none, or while nobody
    is on it, everybody who holds it, the deputies of those on leave in their place; and where nobody is here at all, those away."""
    return answering_for(role) or holders_of(role)


def answering_for(role: RoleSpec) -> list[User]:
    """Who answers for a role of the plan now: whoever is on its duty, else its holders, and in the place of those on leave their
    deputies; nobody where all are away and none stands in."""
    return answering_of([role])[role.id]


def answering_of(roles: Iterable[RoleSpec]) -> dict[str, list[User]]:
    """As `answering_for`, of many roles of the plan at once: three queries, and three more while a holder is away."""
    roles = list(roles)
    duties = {role.duty for role in roles if role.duty}
    on = on_now(duties) if duties else {}
    manned = {role.id: [on[role.duty]] for role in roles if role.duty and role.duty in on}
    rest = [role for role in roles if role.id not in manned]
    holding = holders_each(rest) if rest else {}
    found = answering_each([(holding[role.id], role.group) for role in rest])
    return manned | {role.id: users for role, users in zip(rest, found, strict=True)}


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A role of the plan that owes something, or is told of it when it is late, and that nobody answers for now. `away`: somebody
    holds it, but all are on leave and nobody stands in."""

    role: RoleSpec
    away: tuple[User, ...]

    @property
    def names(self) -> str:
        return pgettext("between the items of a list", ", ").join(user.display_name for user in self.away)


def unanswered_now(plan: Plan) -> list[Unanswered]:
    """The roles of a plan that nobody answers for at this instant, in the plan's order."""
    owing = {key for rule in plan.obligations.values() for key in rule.owners}
    asked = owing | {above.id for key in owing for above in owner_chain(plan, key)}
    # What the product itself owes is nobody's role.
    roles = [role for role in plan.roles.values() if role.id in asked and (role.acts_as or role.duty)]
    here = answering_of(roles)
    nobody = [role for role in roles if not here[role.id]]
    holding = holders_each(nobody) if nobody else {}
    return [Unanswered(role, tuple(holding[role.id])) for role in nobody]


def deputies_of(role: RoleSpec) -> list[User]:
    """Who is next when the lead of the role's work group does not answer: the group's deputies."""
    return deputies_in(role.group) if role.group and role.acts_as in LEADING else []


def report_of(version_id: int) -> Report:
    """What the linter finds in a version, looked for once a process."""
    return _linted(str(connection.settings_dict["NAME"]), version_id)


def unheld_now(plan: Plan) -> tuple[Finding, ...]:
    """The plan's roles that owe something and that nobody of this company holds today, and its groups in which nobody sits."""
    owing = {key for rule in plan.obligations.values() for key in rule.owners}
    held = {key: len(users) for key, users in holders_each(map(plan.role, sorted(owing))).items()}
    seated = people.seated()
    return unheld(plan, held, seated)


# --- versions -----------------------------------------------------------------------------------------------------------
def versions() -> QuerySet[PlanVersion]:
    """Every version without its text, the newest first."""
    people_named = ("edited_by", "submitted_by", "approved_by", "returned_by", "withdrawn_by")
    return PlanVersion.objects.defer("text", "base__text").select_related("base", *people_named).order_by("-number")


def versions_awaiting(by: Actor) -> list[PlanVersion]:
    """Versions that wait for this person's approval, the oldest first."""
    if not allowed(by, RIGHT[Act.APPROVE]):
        return []
    rows = versions().filter(status=PlanVersion.Status.SUBMITTED).order_by("number")
    return [row for row in rows if Act.APPROVE.value in acts_open(row, by)[0]]


def version_by_number(number: int) -> PlanVersion:
    """Raises Missing."""
    found = PlanVersion.objects.select_related("base", "edited_by", "submitted_by", "approved_by").filter(number=number)
    version = found.first() if 0 < number < 2**31 else None
    if version is None:
        raise Missing("plan.no_version", _("There is no version of this number; see the list of versions."))
    return version


def version_of(version_id: int) -> PlanVersion:
    """The version an incident is pinned to, without its text; raises Missing."""
    found = PlanVersion.objects.defer("text").filter(pk=version_id).first()
    if found is None:
        raise NO_PLAN
    return found


def versions_once_in_force() -> list[PlanVersion]:
    """What an incident may be carried on by, the newest first."""
    return list(PlanVersion.objects.defer("text").filter(status__in=sorted(FIXED)).order_by("-number"))


def compared_with(version: PlanVersion) -> PlanVersion | None:
    """What a version is naturally set beside: what is in force, else what it began from, else the one before it."""
    standing = PlanVersion.objects.filter(status=PlanVersion.Status.IN_FORCE).exclude(pk=version.pk).first()
    if standing is not None and not version.is_fixed:
        return standing
    before = PlanVersion.objects.filter(number__lt=version.number, status__in=sorted(FIXED)).order_by("-number").first()
    return version.base or before


def plan_in(version: PlanVersion) -> Plan:
    """The plan that a version's text holds now; raises PlanErrors, for one that has yet to come into force also with what
    keeps it from that."""
    return load(version.text, version.file_name) if version.is_fixed else admit(version.text, version.file_name)


@lru_cache(maxsize=12)
def read_once(text: str, file: str) -> Plan:
    """The plan of a text; raises PlanErrors. A text that is being typed is asked for again and again."""
    return load(text, file)


@lru_cache(maxsize=12)
def found_once(text: str, file: str) -> Report:
    """What the linter finds in a text; raises PlanErrors."""
    return lint(read_once(text, file))


@lru_cache(maxsize=12)
def compared_once(before: str, after: str) -> Comparison:
    """What differs between two texts; raises PlanErrors."""
    return compare(read_once(before, "before"), read_once(after, "after"))


def acts_open(version: PlanVersion, by: Actor) -> tuple[set[str], bool]:
    """What this person can do with a version now, and whether he is kept from approving because he had a part in it."""
    legal = {act: acting(by, right) for act, right in RIGHT.items() if judge(act, version.state) is None}
    bars = {
        act: barred(act, actor.persons, writers=version.writers, submitted_by=version.submitted_by_id)
        for act, actor in legal.items()
        if actor
    }
    return {act.value for act, bar in bars.items() if not bar}, any(bars.values())


def history(version: PlanVersion) -> list[Event]:
    """What the log says of a version, oldest first, with the texts that people wrote."""
    events = Event.objects.filter(stream__kind="plan", stream__key=version.plan_key, data__version=version.pk)
    return with_texts(list(events.order_by("stream_id", "seq")))


def text_at(version: PlanVersion, revision: int) -> PlanText:
    """What a draft said at a revision; raises Missing."""
    found = PlanText.objects.filter(version=version, revision=revision).first()
    if found is None:
        raise Missing("plan.no_revision", _("There is no revision of this number."))
    return found


@lru_cache(maxsize=16)
def _linted(database: str, version_id: int) -> Report:
    return lint(_parsed(database, version_id))


@lru_cache(maxsize=16)
def _parsed(database: str, version_id: int) -> Plan:
    """The text of a version that was in force never changes and its id is never used again, so nothing here grows old."""
    try:
        version = PlanVersion.objects.get(pk=version_id, status__in=sorted(FIXED))
    except PlanVersion.DoesNotExist:
        raise NO_PLAN from None
    with reading():
        return load(version.text, version.file_name)


def pinned(version_id: str | None) -> PlanVersion | None:
    """The version that was asked for by its id, which is or was in force; None when none was. Raises Missing."""
    if not version_id:
        return None
    found = (
        PlanVersion.objects.filter(pk=version_id, status__in=sorted(FIXED)).first() if version_id.isdecimal() else None
    )
    if found is None:
        raise Missing("plan.no_version", _("There is no version of this number."))
    return found


def handling(plan: Plan, category: str) -> dict[str, Any]:
    """How the plan says that an incident of this category is handled (6.2): its steps in their order, each with whose it is.

    No steps where it says nothing of the category.
    """
    found = plan.checklists.get(category)
    steps = found.steps if found else ()
    return {
        "category": category,
        "title": found.title.as_dict() if found else None,
        "clauses": list(found.clauses) if found else [],
        "steps": [
            {
                "key": step.key,
                "text": step.text.as_dict(),
                "role": step.role,
                "role_title": plan.role(step.role).title.as_dict(),
                "people": [user.display_name for user in told_of(plan.role(step.role))],
            }
            for step in steps
        ],
    }
