"""A region starts a response by itself, at the level its plan names; headquarters hears at once and confirms (1.2, ruling 14)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import both, in_language
from common.errors import Conflict, HotlineError, NotAllowed, Text
from engine import worlds
from escalation import selectors
from escalation.services.levels import card_of
from escalation.services.telling import tell_roles
from incidents import services as incidents
from incidents.selectors import Incident, by_number
from incidents.services.acting import region_alone
from people import selectors as people
from people.rights import GRANTS, regions_held
from plans.domain import Grant, Plan

NO_GRANT: Text = _("The plan of this incident lets no region start a response; headquarters does.")
NOT_THE_REGION: Text = _("This takes: %(roles)s. Their holders act for one region; you hold no such role for any.")
ELSEWHERE: Text = _(
    "Incident %(number)s lies in %(region)s, which is not your region; its own centre or headquarters starts it."
)


@transaction.atomic
def start_regional(*, number: str, reason: str, by: Actor, based_on: int | None = None) -> Incident:
    """Start the response of an incident in one's own region, with a reason; headquarters is told in the same act.

    Raises Missing, NotAllowed (no role of a region, or of another), Invalid (no reason), Conflict (the plan has no such act,
    the incident reaches further, headquarters decided a level before, it runs already, is over, or moved on).
    """
    incident = by_number(number)
    plan = selectors.plan_for(incident)
    grant = _granted(incident, plan, by)
    started = incidents.response_start_regional(
        number=number,
        level=grant.level or "",
        provisional=grant.provisional,
        proposed=card_of(incident, plan, worlds.now(incident.world_id)).proposed,
        reason=reason,
        clause=grant.clauses[0],
        by=by,
        based_on=based_on,
    )
    _tell(started, plan, grant, reason.strip())
    return started


def may_start(incident: Incident, by: Actor) -> bool:
    """Whether the plan gives this person the start of just this incident; that it is legal now is `act_open`'s to say."""
    try:
        _granted(incident, selectors.plan_for(incident), by)
    except HotlineError:
        return False
    return True


def _granted(incident: Incident, plan: Plan, by: Actor) -> Grant:
    """The plan's grant under which this person may start it; raises NotAllowed or Conflict with the reason."""
    grant = plan.regional_start
    if grant is None:
        raise Conflict("regional.no_grant", NO_GRANT)
    roles = [plan.role(key) for key in grant.roles]
    mine = {region for role in roles if role.acts_as for region in regions_held(by, role.acts_as)}
    if not mine:
        titles = ", ".join(in_language(role.title.as_dict()) for role in roles)
        raise NotAllowed("regional.not_the_region", NOT_THE_REGION, roles=titles)
    region = region_alone(incident)
    if region not in mine:
        place = in_language(people.names("regions")["regions"].get(region, {"zh": region, "en": region}))
        raise NotAllowed("regional.elsewhere", ELSEWHERE, number=incident.number, region=place)
    return grant


def _tell(incident: Incident, plan: Plan, grant: Grant, reason: str) -> None:
    """Whoever can confirm the level hears of it."""
    deciders = [role.id for role in plan.roles.values() if role.acts_as in GRANTS["incident.decide_level"]]
    region = incident.started_by_region or ""
    names = people.names("regions")["regions"].get(region, {"zh": region, "en": region})
    level = plan.levels[incident.level or ""].title.as_dict()
    tell_roles(
        incident,
        plan,
        deciders,
        kind="response.regional",
        subject=both(_("%(region)s started the response: %(title)s"), region=names, title=incident.titles),
        body=both(
            _(
                "%(number)s: %(region)s started the response at %(level)s. Reason: %(reason)s. Confirm the level, or set another."
            ),
            number=incident.number,
            region=names,
            level=level,
            reason=reason,
        ),
        clause=grant.clauses[0],
        key=f"regional:{incident.number}",
    )
