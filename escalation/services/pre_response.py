"""The automatic pre-response (4.1): a crossed threshold opens a warning by itself, or joins the one that stands."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM
from common.bilingual import Both, both
from engine.log import stream_locked
from engine.models import Event, World
from escalation.models import EarlyWarning
from escalation.selectors import recipients
from escalation.services.levels import propose
from escalation.services.telling import tell_tier
from escalation.services.warnings import Contents, announce, begin
from incidents import services as incidents
from incidents.domain.triggers import Trigger, concerns
from incidents.selectors import Incident, Standing, joinable, joined_by, open_incidents
from people.selectors import daily_calls_of, names
from plans.domain import Place, Plan, Threshold
from plans.selectors import in_force, plan_of

Facts = dict[str, str | bool | float | None]
TIER = "pre_response"
# Thresholds that open a pre-response; the others only add facts to what stands (rulings 2, 15, 27).
OPENS = frozenset({"pre_response", "outage", "major"})


def follow(events: Sequence[Event]) -> None:
    """React to watches that opened, those of one append together: they share one incident as often as not."""
    stream = events[0].stream
    if not stream.held:  # a reaction tried again alone
        stream = stream_locked(stream.pk)
    standing = joinable(stream.world_id)
    joining: dict[Standing, list[Trigger]] = {}
    triggers = [_trigger(event) for event in events]
    for trigger in triggers:
        known = joined_by(standing, [trigger.region] if trigger.region else [])
        if known is not None:
            joining.setdefault(known, []).append(trigger)
            continue
        version = in_force().pk
        plan = plan_of(version)
        # A process may judge by the former version for some seconds more: a line that is no longer in the plan opens nothing.
        threshold = plan.thresholds.get(trigger.threshold)
        if threshold is not None and threshold.purpose in OPENS:
            incident = _open(stream.world, plan, version, trigger, threshold, others=_others(trigger, triggers))
            facts = _facts(incident, [trigger], plan)
            incidents.facts_record(
                number=incident.number, facts=facts, by=SYSTEM, source="signals", places=_measured_at([trigger], plan)
            )
            standing.append(Standing(incident.pk, version, tuple(incident.regions)))
    for known in sorted(joining):
        plan, own = plan_of(known.plan_version), joining[known]
        incidents.incident_join(
            incident_id=known.pk,
            triggers=own,
            facts=partial(_facts, triggers=own, plan=plan),
            by=SYSTEM,
            source="signals",
            places=_measured_at(own, plan),
        )


def cleared(events: Sequence[Event]) -> None:
    """React to watches that cleared: whether the level still follows is judged again."""
    for incident in open_incidents(events[0].stream.world_id):
        if incident.phase in ("warning", "verified", "reported", "response"):
            propose(incident)


def _others(trigger: Trigger, triggers: Iterable[Trigger]) -> int:
    """How many further places of its region crossed a line at the same time: one warning names them all."""
    own = (trigger.region, trigger.hotline, trigger.node)
    region = [trigger.region] if trigger.region else []
    here = (t for t in triggers if concerns(region, [t.region] if t.region else []))
    return len({(t.region, t.hotline, t.node) for t in here} - {own})


def _open(
    world: World, plan: Plan, version: int, trigger: Trigger, threshold: Threshold, *, others: int = 0
) -> Incident:
    place = _place(trigger)
    if others:
        place = both(_("%(place)s and %(n)s more"), place=place, n=others)
    title = both(_("%(what)s (%(place)s)"), what=threshold.title.as_dict(), place=place)
    incident = incidents.incident_open_from_signal(
        trigger=trigger, title=title, world=world, plan_version=version, by=SYSTEM, clause=threshold.clause
    )
    warning = begin(
        incident,
        plan,
        colour=EarlyWarning.Colour.YELLOW,
        contents=_contents(plan, threshold, trigger, place),
        by=SYSTEM,
        clauses=list(threshold.clauses),
    )
    subject = both(_("Pre-response: %(title)s"), title=title)
    body = both(
        _("%(number)s: %(what)s. Place: %(place)s. Measured: %(value)s at %(at)s (clause %(clause)s)."),
        number=incident.number,
        what=threshold.title.as_dict(),
        place=place,
        value=_measured(trigger),
        at=trigger.at.astimezone(plan.zone).strftime("%m-%d %H:%M"),
        clause=threshold.clause,
    )
    tell_tier(incident, plan, TIER, subject=subject, body=body, key=f"pre_response:{incident.number}")
    # It is a yellow warning (ruling on contradiction 20): who would be told of one and did not hear above hears now.
    announce(warning, incident, plan, heard=recipients(plan, plan.tiers[TIER].roles))
    return incident


def _contents(plan: Plan, threshold: Threshold, trigger: Trigger, place: Both) -> Contents:
    """The four contents of 5.1 as far as the product knows them."""
    clause = plan.cites("prepare")
    asks = _("%(what)s: %(value)s. Verify, then begin the preparation list (clause %(clause)s).")
    crossed = both(
        asks if clause else _("%(what)s: %(value)s. Verify it."),
        what=threshold.title.as_dict(),
        value=_measured(trigger),
        clause=clause,
    )
    return Contents(reach=place, duration=both(_("Not known yet")), measures=crossed)


def _facts(incident: Incident, triggers: Sequence[Trigger], plan: Plan) -> Facts:
    """What crossed thresholds say about the level: the facts that the plan lets them speak of, and how far it reaches. The
    last one's word stands.

    Reach and the size of the node are recorded where the plan has facts of these names.
    """
    facts: Facts = {"reach": _reach(incident, triggers[-1])}
    for trigger in triggers:
        fact = plan.fed_by(trigger.threshold)
        if fact is not None and plan.facts[fact].kind == "switch":
            facts[fact] = True
        elif fact is not None:
            figure = trigger.value if plan.threshold(trigger.threshold).measure == "value" else trigger.ratio
            if figure is not None:
                facts[fact] = figure
    nodes = [trigger.node for trigger in triggers if trigger.node]
    if nodes and (calls := daily_calls_of(nodes[-1])) is not None:
        facts["node_daily_calls"] = float(calls)
    return {name: value for name, value in facts.items() if name in plan.facts}


def _measured_at(triggers: Sequence[Trigger], plan: Plan) -> dict[str, Place]:
    """Where the figures of `_facts` were measured."""
    places: dict[str, Place] = {}
    for trigger in triggers:
        place = Place(trigger.region or "", trigger.hotline or "", trigger.node or "")
        if fact := plan.fed_by(trigger.threshold):
            places[fact] = place
        if trigger.node:
            places["node_daily_calls"] = place
    return places


def _reach(incident: Incident, trigger: Trigger) -> str:
    if incident.reach == "nationwide" or not (incident.regions or trigger.node):
        return "nationwide"
    if len(incident.regions) > 1:
        return "regions"
    if not trigger.node or incident.reach in ("region", "regions"):
        return "regions" if incident.reach == "regions" else "region"
    return "nodes" if len(incident.nodes) > 1 else "node"


def _place(trigger: Trigger) -> Both:
    known = names()
    for kind, key in (("nodes", trigger.node), ("regions", trigger.region), ("hotlines", trigger.hotline)):
        if key:
            return known[kind][key]
    return both(_("nationwide"))


def _measured(trigger: Trigger) -> str:
    return f"{trigger.ratio:+.0%}" if trigger.ratio is not None else f"{trigger.value:g}"


def _trigger(event: Event) -> Trigger:
    data = event.data
    return Trigger(
        watch=data["watch"],
        threshold=data["threshold"],
        metric=data["metric"],
        region=data["region"] or None,
        hotline=data["hotline"] or None,
        node=data["node"] or None,
        value=data["value"],
        ratio=data["ratio"],
        baseline=data["baseline"],
        at=datetime.fromisoformat(data["at"]),
    )
