"""The duty roster for programs: who is, was and will be on duty, gaps, and every change of it."""

from datetime import datetime, timedelta
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.clock import utc_text
from people import duty_shapes as shapes
from people import rostered
from people.endpoints import ActionEndpoint, EditEndpoint, Endpoint, Nothing
from people.models import Rotation, Swap
from people.rights import GRANTS
from people.selectors import users_by_id
from people.services import handovers, roster, swaps

MOST_DAYS = 92
FURTHEST = timedelta(days=366)  # nobody plans further


def id_field(**more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=1, max_value=shapes.BIGGEST, **more)


def _version() -> serializers.IntegerField:
    text = "the version you read"
    return serializers.IntegerField(
        min_value=0, max_value=shapes.BIGGEST, required=False, allow_null=True, help_text=text
    )


class AsOfIn(serializers.Serializer):
    at = serializers.DateTimeField(required=False, help_text="an instant; now, without")
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=14, help_text="how far ahead")


def asked(request: Request) -> dict[str, Any]:
    said = AsOfIn(data={name: request.query_params[name] for name in ("at", "days") if name in request.query_params})
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


class AnswersDuty(ActionEndpoint):
    """Changes of one duty's roster answer with the duty as it stands then."""

    def answer(self, reference: str) -> Any:
        duty, now = rostered.duty_named(reference.removeprefix("duty:")), roster.now_here()
        return shapes.duty_dict(rostered.shown([duty], now, now + rostered.AHEAD, now)[0])


class DutyIn(serializers.Serializer):
    key = serializers.SlugField(max_length=40)
    name_zh = serializers.CharField(max_length=80)
    name_en = serializers.CharField(max_length=80)
    owner_role = serializers.ChoiceField(GRANTS[roster.MANAGE])
    stood_by = serializers.ListField(child=serializers.ChoiceField(GRANTS[roster.TAKE]), min_length=1, max_length=40)
    clause = serializers.CharField(max_length=8, required=False, allow_blank=True, default="")
    position = serializers.IntegerField(min_value=0, max_value=999, required=False, default=0)


class Duties(AnswersDuty):
    """Every duty with who is on it now, its shifts and its gaps; one is made, or renewed, by the security administrator."""

    right = {"GET": "duty.view", "POST": "user.manage"}
    serializer_class = DutyIn

    @extend_schema(
        responses=shapes.DutyOut(many=True),
        parameters=[OpenApiParameter("days", int, description="how far ahead, 1 to 92; 14 without")],
    )
    def get(self, request: Request) -> Response:
        now = roster.now_here()
        until = now + timedelta(days=asked(request)["days"])
        return Response([shapes.duty_dict(one) for one in rostered.shown(rostered.duties(), now, until, now)])

    @extend_schema(request=DutyIn, responses=shapes.DutyOut)
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"duty:{roster.duty_set(by=self.by, **data).key}"


class StandingAt(Endpoint):
    """Who was on a duty at an instant, by the record; from now on: who will be, by the roster."""

    right = "duty.view"

    @extend_schema(
        responses=shapes.StandingOut,
        parameters=[OpenApiParameter("at", datetime, description="an instant, a year ahead at most; now, without")],
    )
    def get(self, request: Request, key: str) -> Response:
        duty, now = rostered.duty_named(key), roster.now_here()
        at = min(asked(request).get("at", now), now + FURTHEST)
        said = rostered.standing_at(duty, at, now)
        known = users_by_id(who for who in (said.person, said.meant) if who is not None)
        user = known.get(said.person or 0)
        meant = known.get(said.meant or 0) if said.meant != said.person else None
        return Response(
            {
                "at": utc_text(at),
                "person": shapes.person_dict(user),
                "why": said.why.value,
                "meant": shapes.person_dict(meant),
            }
        )


class Turns(Endpoint):
    """Who was on a duty in fact, the newest first."""

    right = "duty.view"

    @extend_schema(responses=shapes.TurnOut(many=True))
    def get(self, request: Request, key: str) -> Response:
        return Response([shapes.turn_dict(turn) for turn in rostered.history_of(rostered.duty_named(key), 200)])


@extend_schema(request=Nothing, responses=shapes.DutyOut)
class TakeDuty(AnswersDuty):
    """Take it now: from this instant to the end of the shift that runs, twelve hours at most."""

    right = "duty.take"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        duty = rostered.duty_named(kwargs["key"])
        roster.duty_take(duty_id=duty.pk, by=self.by)
        return f"duty:{duty.key}"


class OverrideIn(serializers.Serializer):
    user = id_field()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


@extend_schema(request=OverrideIn, responses={201: shapes.DutyOut})
class Overrides(AnswersDuty):
    """Put a person on: by the duty's owner; oneself, where nobody is, by whoever may stand it."""

    right = "duty.view"
    serializer_class = OverrideIn
    success = 201

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        duty = rostered.duty_named(kwargs["key"])
        roster.override_set(duty_id=duty.pk, user_id=data.pop("user"), by=self.by, **data)
        return f"duty:{duty.key}"


@extend_schema(request=Nothing, responses=shapes.DutyOut)
class CancelOverride(AnswersDuty):
    right = "duty.view"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"duty:{roster.override_cancel(override_id=kwargs['pk'], by=self.by).duty.key}"


# --- rotations ------------------------------------------------------------------------------------------------------------
class RotationIn(serializers.Serializer):
    anchor = serializers.DateTimeField(help_text="when the first turn begins")
    turn_hours = serializers.IntegerField(min_value=1, max_value=roster.LONGEST_TURN)
    people = serializers.ListField(child=id_field(), min_length=1, max_length=roster.MOST_PEOPLE, help_text="user ids")
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), max_length=7, required=False, default=list
    )
    from_time = serializers.TimeField(required=False, allow_null=True, default=None)
    to_time = serializers.TimeField(required=False, allow_null=True, default=None)
    position = serializers.IntegerField(min_value=0, max_value=99, required=False, default=0)
    begins_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None,
        help_text="entered ahead: from when it counts; of a change, the rotation stands as it is up to then",
    )  # fmt: skip


class RotationEditIn(RotationIn):
    based_on = _version()


class AnswersRotation:
    def answer(self, reference: str) -> Any:
        row = Rotation.objects.select_related("duty").get(pk=int(reference.removeprefix("rotation:")))
        return shapes.rotation_dict(row)


class Rotations(AnswersRotation, ActionEndpoint):
    """The rotations of a duty; a new one by its owner."""

    right = {"GET": "duty.view", "POST": "duty.manage"}
    serializer_class = RotationIn
    success = 201

    @extend_schema(responses=shapes.RotationOut(many=True))
    def get(self, request: Request, key: str) -> Response:
        rows = rostered.rotations_of([rostered.duty_named(key)], roster.now_here()).select_related("duty")
        return Response([shapes.rotation_dict(row) for row in rows])

    @extend_schema(request=RotationIn, responses={201: shapes.RotationOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        duty = rostered.duty_named(kwargs["key"])
        return f"rotation:{roster.rotation_set(duty_id=duty.pk, by=self.by, **data).pk}"


class OneRotation(AnswersRotation, EditEndpoint):
    """Change a rotation, from now on or from an instant ahead; what was stays on record."""

    right = {"PATCH": "duty.manage"}
    serializer_class = RotationEditIn

    @extend_schema(request=RotationEditIn, responses=shapes.RotationOut)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        return super().patch(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        duty = rostered.duty_named(kwargs["key"])
        row = roster.rotation_set(duty_id=duty.pk, rotation_id=kwargs["pk"], by=self.by, **data)
        return f"rotation:{row.pk}"


class RotationEndIn(serializers.Serializer):
    based_on = _version()


@extend_schema(request=RotationEndIn, responses=shapes.RotationOut)
class EndRotation(AnswersRotation, ActionEndpoint):
    right = "duty.manage"
    serializer_class = RotationEndIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        row = roster.rotation_end(rotation_id=kwargs["pk"], by=self.by, based_on=data.get("based_on"))
        return f"rotation:{row.pk}"


# --- swaps ----------------------------------------------------------------------------------------------------------------
class SwapIn(serializers.Serializer):
    """A span of one's own, whom to ask, and perhaps a span of theirs to stand in return."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    asked_of = id_field()
    back_starts_at = serializers.DateTimeField(required=False, allow_null=True)
    back_ends_at = serializers.DateTimeField(required=False, allow_null=True)


class AnswersSwap(ActionEndpoint):
    right = "duty.take"

    def answer(self, reference: str) -> Any:
        row = Swap.objects.select_related("duty", "asked_by", "asked_of").get(pk=int(reference.removeprefix("swap:")))
        return shapes.swap_dict(row)


@extend_schema(request=SwapIn, responses={201: shapes.SwapOut})
class AskSwap(AnswersSwap):
    serializer_class = SwapIn
    success = 201

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        duty = rostered.duty_named(kwargs["key"])
        first, last = data.get("back_starts_at"), data.get("back_ends_at")
        back = (first, last or first) if first else None
        span = (data["starts_at"], data["ends_at"])
        row = swaps.swap_ask(duty_id=duty.pk, span=span, asked_of=data["asked_of"], back=back, by=self.by)
        return f"swap:{row.pk}"


class SwapAnswerIn(serializers.Serializer):
    accept = serializers.BooleanField()


@extend_schema(request=SwapAnswerIn, responses=shapes.SwapOut)
class AnswerSwap(AnswersSwap):
    """Accept, and the roster changes; or decline."""

    serializer_class = SwapAnswerIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"swap:{swaps.swap_answer(swap_id=kwargs['pk'], accept=data['accept'], by=self.by).pk}"


@extend_schema(request=Nothing, responses=shapes.SwapOut)
class WithdrawSwap(AnswersSwap):
    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"swap:{swaps.swap_withdraw(swap_id=kwargs['pk'], by=self.by).pk}"


# --- handovers ------------------------------------------------------------------------------------------------------------
class HandoverEditIn(serializers.Serializer):
    brief = serializers.CharField(max_length=handovers.LONGEST)
    based_on = serializers.IntegerField(min_value=0, max_value=shapes.BIGGEST, help_text="the version you read")


class AnswersHandover:
    def answer(self, reference: str) -> Any:
        return shapes.handover_dict(handovers.handover_of(int(reference.removeprefix("handover:"))))


class EditHandover(AnswersHandover, EditEndpoint):
    """Change the brief before it is handed over."""

    right = {"GET": "duty.view", "PATCH": "duty.take"}
    serializer_class = HandoverEditIn

    @extend_schema(responses=shapes.HandoverOut)
    def get(self, request: Request, pk: int) -> Response:
        return Response(shapes.handover_dict(handovers.handover_of(pk)))

    @extend_schema(request=HandoverEditIn, responses=shapes.HandoverOut)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        return super().patch(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"handover:{handovers.handover_edit(handover_id=kwargs['pk'], by=self.by, **data).pk}"


@extend_schema(request=Nothing, responses=shapes.HandoverOut)
class GiveHandover(AnswersHandover, ActionEndpoint):
    """Hand it over as it is saved."""

    right = "duty.take"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"handover:{handovers.handover_give(handover_id=kwargs['pk'], by=self.by).pk}"


@extend_schema(request=Nothing, responses=shapes.HandoverOut)
class AcceptHandover(AnswersHandover, ActionEndpoint):
    """The next person has read it."""

    right = "duty.take"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"handover:{handovers.handover_accept(handover_id=kwargs['pk'], by=self.by).pk}"
