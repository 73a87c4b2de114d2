"""Decisions and obligations for programs."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.shapes import BilingualOut
from escalation import selectors, slots
from escalation.models import Obligation
from escalation.services import endings, levels, proving, regional, taking
from incidents.selectors import by_number, incident_dict
from people.endpoints import ActionEndpoint, Endpoint, Nothing
from plans.domain import WhyNot
from plans.domain.vocabulary import SAID_FACTS

LEVEL_HELP = "a level of the plan this incident is pinned to, such as I, II or III"


class TakenOut(serializers.Serializer):
    by = serializers.CharField(help_text="a user name")
    name = serializers.CharField()
    at = serializers.DateTimeField()


class ObligationOut(serializers.Serializer):
    """One turn of something owed."""

    id = serializers.IntegerField()
    incident = serializers.CharField()
    rule = serializers.CharField()
    title = BilingualOut()
    owner = serializers.CharField()
    owner_title = BilingualOut()
    owners = serializers.ListField(child=serializers.CharField())
    turn = serializers.IntegerField()
    anchored_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=Obligation.State.choices)
    ended_at = serializers.DateTimeField(allow_null=True)
    clause = serializers.CharField()
    taken = TakenOut(allow_null=True, help_text="who said last that he is at it; it stops no clock")
    evidence = serializers.ListField(child=serializers.CharField())


class DecideIn(serializers.Serializer):
    level = serializers.CharField(max_length=16, help_text=LEVEL_HELP)
    reason = serializers.CharField(
        max_length=2000,
        required=False,
        allow_blank=True,
        default="",
        help_text="wanted when the level differs from the proposal",
    )
    provisional = serializers.BooleanField(default=False)
    based_on = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, help_text="the newest event number you had read"
    )


class StartRegionalIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)
    based_on = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class EvaluateIn(serializers.Serializer):
    verdict = serializers.ChoiceField(choices=["keep", "raise", "lower"])
    reason = serializers.CharField(max_length=2000)
    level = serializers.CharField(max_length=16, required=False, allow_null=True, default=None, help_text=LEVEL_HELP)
    based_on = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class EndIn(serializers.Serializer):
    """What headquarters declares about the conditions that no machine can see, and which it waives."""

    no_secondary_risk = serializers.BooleanField(required=False)
    resources_withdrawn = serializers.BooleanField(required=False)
    assessed_safe = serializers.BooleanField(required=False)
    declared = serializers.DictField(
        child=serializers.BooleanField(),
        required=False,
        default=dict,
        help_text="further facts that the incident's plan asks for",
    )
    waived = serializers.ListField(child=serializers.CharField(max_length=64), required=False, default=list)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    based_on = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0)


class ProofIn(serializers.Serializer):
    evidence = serializers.CharField(max_length=64, help_text="a declared kind of proof this obligation accepts")
    note = serializers.CharField(max_length=2000)


class WaiveIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class OnIncident(ActionEndpoint):
    """An act on an incident; the answer is the incident as it then stands."""

    def answer(self, reference: str) -> dict[str, Any]:
        return incident_dict(by_number(reference.removeprefix("incident:")))


class DecideLevel(OnIncident):
    """Headquarters decides the level; a level other than the proposed one wants a reason."""

    right = "incident.decide_level"
    serializer_class = DecideIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"incident:{levels.level_decide(number=kwargs['number'], by=self.by, **data).number}"


class StartRegional(OnIncident):
    """A regional centre starts the response in its own region at the level the plan names, until headquarters confirms (1.2)."""

    right = "incident.start_regional"
    serializer_class = StartRegionalIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"incident:{regional.start_regional(number=kwargs['number'], by=self.by, **data).number}"


class Evaluate(OnIncident):
    """The hourly judgement of the effect: keep, raise or lower."""

    right = "incident.evaluate"
    serializer_class = EvaluateIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"incident:{levels.effect_evaluate(number=kwargs['number'], by=self.by, **data).number}"


class End(OnIncident):
    """End the response; refused with the open conditions while one is neither met nor waived."""

    right = "incident.end"
    serializer_class = EndIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        declared = {name: data[name] for name in SAID_FACTS if name in data} | data["declared"]
        incident = endings.response_end(
            number=kwargs["number"],
            declared=declared,
            waived=frozenset(data["waived"]),
            reason=data["reason"],
            by=self.by,
            based_on=data["based_on"],
        )
        return f"incident:{incident.number}"


class DecisionCard(Endpoint):
    """What the plan proposes on the facts known now, with reasons, clauses and what would change it."""

    right = "incident.view"

    @extend_schema(responses={200: dict[str, Any]})
    def get(self, request: Request, number: str) -> Response:
        return Response(levels.card_dict(by_number(number)))


class ObligationsOf(Endpoint):
    """Everything an incident owes or owed, what stands first."""

    right = "obligation.view"

    @extend_schema(responses={200: ObligationOut(many=True)})
    def get(self, request: Request, number: str) -> Response:
        incident = by_number(number)
        plan = selectors.plan_for(incident)
        return Response(selectors.obligation_rows((row, plan) for row in selectors.obligations_of(incident)))


class CameOut(serializers.Serializer):
    moment = serializers.CharField()
    at = serializers.DateTimeField()
    seq = serializers.IntegerField(help_text="of the event in the incident's log that it was")


class NeverOwedOut(serializers.Serializer):
    """A row of the plan that an incident never owed."""

    rule = serializers.CharField()
    title = BilingualOut()
    owner_title = BilingualOut()
    clause = serializers.CharField()
    why = serializers.ChoiceField(
        [why.value for why in WhyNot],
        help_text="no_moment: nothing that starts it happened; dismissed, level, not_major, major: it does not apply; then: it did "
        "not apply when what starts it came",
    )
    anchors = serializers.ListField(child=serializers.CharField(), help_text="what would have started it")
    levels = serializers.ListField(child=serializers.CharField(), help_text="for which it is owed; empty: for all")
    came = CameOut(many=True, help_text="of the anchors, those that did happen")


class NeverOwed(Endpoint):
    """What the plan asks for and this incident never owed, and why: the other half of its obligations."""

    right = "obligation.view"

    @extend_schema(responses={200: NeverOwedOut(many=True)})
    def get(self, request: Request, number: str) -> Response:
        return Response(selectors.never_owed(by_number(number)))


class Obligations(Endpoint):
    """What is owed now in a world; with `mine`, by you."""

    right = "obligation.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("mine", bool, description="only what a role of yours owes; the value does not matter"),
            OpenApiParameter("world", str, description="key of a practice world; the real one without"),
        ],
        responses={200: ObligationOut(many=True)},
    )
    def get(self, request: Request) -> Response:
        if "mine" in request.query_params and request.query_params["mine"] not in ("0", "false"):
            rows = selectors.mine(self.by, user_id=self.by.id or 0, world_id=self.world.pk)
            return Response(selectors.obligation_rows(rows))
        owed = selectors.standing().filter(incident__world=self.world)
        return Response(selectors.obligation_rows((row, selectors.plan_for(row.incident)) for row in owed))


class SlotStepOut(serializers.Serializer):
    """One step of a slot, its share of the time, and whose it is."""

    rule = serializers.CharField()
    title = BilingualOut()
    owner = serializers.CharField()
    owner_title = BilingualOut()
    people = serializers.IntegerField(
        help_text="how many it waits for: who is on the role's duty, else all who hold it"
    )
    on_duty = serializers.BooleanField(help_text="by the roster")
    share_seconds = serializers.IntegerField()
    begins_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    stand = serializers.ChoiceField(choices=slots.STANDS)
    done_at = serializers.DateTimeField(allow_null=True)


class SlotOfferOut(serializers.Serializer):
    notice = serializers.IntegerField(help_text="id of a holding statement approved ahead")
    revision = serializers.IntegerField()
    may = serializers.BooleanField(help_text="whether you can publish it for this incident")


class SlotOut(serializers.Serializer):
    """Steps that must fit before one due time, counted back from it; `holder` is the rule of the step that waits now."""

    incident = serializers.CharField()
    title = BilingualOut()
    clause = serializers.CharField()
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    course = serializers.ChoiceField(choices=slots.COURSES)
    holder = serializers.CharField(allow_null=True)
    writer = serializers.IntegerField(allow_null=True, help_text="who wrote last at the text not handed over yet")
    steps = SlotStepOut(many=True)
    offers = SlotOfferOut(many=True)


class Slots(Endpoint):
    """The slots of an incident, such as the 15 minutes of its first public notice: each step's share, who holds it now, and the
    holding statements offered once the time for draft and review has run out (3.4)."""

    right = "obligation.view"

    @extend_schema(responses={200: SlotOut(many=True)})
    def get(self, request: Request, number: str) -> Response:
        return Response([slots.slot_dict(slot) for slot in slots.slots_for(by_number(number), self.by)])


@extend_schema(responses={200: ObligationOut})
class OnObligation(ActionEndpoint):
    def answer(self, reference: str) -> dict[str, Any]:
        row = Obligation.objects.select_related("incident").get(pk=int(reference.removeprefix("obligation:")))
        return selectors.obligation_rows([(row, selectors.plan_for(row.incident))])[0]


@extend_schema(request=Nothing)
class Take(OnObligation):
    """Say that you are at it. It stops no clock; when it is late, the next one up hears a step later, once a person."""

    right = "obligation.fulfil"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = Nothing

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"obligation:{taking.obligation_take(obligation_id=kwargs['pk'], by=self.by).pk}"


class Waive(OnObligation):
    """Whoever stands above all who owe it waives an obligation with a reason."""

    right = "obligation.waive"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = WaiveIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"obligation:{proving.obligation_waive(obligation_id=kwargs['pk'], by=self.by, **data).pk}"
