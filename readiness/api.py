"""Readiness for programs."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid
from common.parsers import BoundedJSONParser
from common.shapes import BilingualOut
from engine import worlds
from escalation.file_api import AddedIn, AddedLater, FileOut, FilesIn
from escalation.files import file_answer
from escalation.services.files import uploads_of
from people.endpoints import ActionEndpoint, Endpoint
from plans.selectors import current
from readiness import selectors
from readiness.domain.moves import State
from readiness.known import DRILL
from readiness.models import ReadinessTurn
from readiness.selectors import Filter, past_dict, turn_dict
from readiness.services import acting

MOST = 500
WORLD = OpenApiParameter("world", str, description="key of a practice world; the real one without")


class ReadinessPersonOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ReadinessKnownOut(serializers.Serializer):
    """What the product itself sees: where it does not hold, nobody's word is taken for it."""

    holds = serializers.BooleanField()
    said = BilingualOut()


class ReadinessOut(serializers.Serializer):
    """One turn of a readiness obligation."""

    id = serializers.IntegerField()
    rule = serializers.CharField()
    title = BilingualOut()
    owners = serializers.ListField(child=serializers.CharField(), help_text="roles of the plan")
    owner_titles = BilingualOut(many=True)
    about = ReadinessPersonOut(allow_null=True, help_text="whom it is about, where there is one turn for each person")
    clause = serializers.CharField()
    turn = serializers.IntegerField()
    anchored_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    next_due_at = serializers.DateTimeField(allow_null=True, help_text="the turn after this one, done or not")
    state = serializers.ChoiceField(choices=ReadinessTurn.State.choices)
    ended_at = serializers.DateTimeField(allow_null=True)
    mine = serializers.BooleanField(help_text="a role of yours owes it")
    evidence = serializers.ListField(child=serializers.CharField(), help_text="kinds of proof a person may give")
    known = ReadinessKnownOut(allow_null=True)


class ReadinessPastOut(serializers.Serializer):
    """A turn that ended; `by` null: the product, by what it knew or because the plan changed."""

    id = serializers.IntegerField()
    rule = serializers.CharField()
    title = BilingualOut()
    about = ReadinessPersonOut(allow_null=True)
    clause = serializers.CharField()
    turn = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(choices=ReadinessTurn.State.choices)
    ended_at = serializers.DateTimeField()
    by = ReadinessPersonOut(allow_null=True)
    evidence = serializers.CharField(allow_null=True)
    said = serializers.CharField(allow_blank=True)
    known = BilingualOut(allow_null=True)
    drill = serializers.CharField(allow_blank=True, help_text="the number of the drill that proved it")
    by_word = serializers.BooleanField(help_text="the plan names a proof on record; this one rests on somebody's word")
    late = serializers.BooleanField()


class ReadinessProofIn(serializers.Serializer):
    evidence = serializers.CharField(max_length=64, help_text="a kind of proof this obligation accepts")
    note = serializers.CharField(
        max_length=acting.LONGEST, required=False, allow_blank=True, default="", help_text="may be empty beside a drill"
    )
    drill = serializers.CharField(
        max_length=64, required=False, allow_blank=True, default="", help_text="its number, for the proof drill_held"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Nothing but a drill speaks for itself."""
        if attrs["evidence"] != DRILL and not attrs["note"]:
            raise serializers.ValidationError({"note": [_("This field may not be blank.")]}, code="blank")
        return attrs


class ReadinessDrillOut(serializers.Serializer):
    """An exercise in a practice world in which a response was started; times are wall time."""

    number = serializers.CharField()
    title = BilingualOut()
    world = serializers.CharField()
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    people = ReadinessPersonOut(many=True, help_text="who took part; where stand-ins play, from a seat of their own")
    departments = BilingualOut(many=True)
    proves = serializers.BooleanField(help_text="it proves this turn")
    why = serializers.CharField(allow_blank=True, help_text="why it does not")


class ReadinessWaiverIn(serializers.Serializer):
    reason = serializers.CharField(max_length=acting.LONGEST)


def _one_of(name: str, said: str, values: list[str]) -> str:
    if said and said not in values:
        rows = [{"field": name, "code": "unknown", "message": ", ".join(values)}]
        raise Invalid("query.wrong", _("Some values are not right; see errors."), errors=rows)
    return said


class Readiness(Endpoint):
    """What is owed outside incidents, the most pressing first; what has no clock last."""

    right = "readiness.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("mine", bool, description="only what a role of yours owes; the value does not matter"),
            OpenApiParameter("owner", str, description="a role of the plan"),
            OpenApiParameter("clause", str),
            OpenApiParameter("state", str, enum=["open", "overdue"]),
            WORLD,
        ],
        responses={200: ReadinessOut(many=True)},
    )
    def get(self, request: Request) -> Response:
        said, plan = request.query_params, current()
        wanted = Filter(
            owner=_one_of("owner", said.get("owner", ""), [*plan.roles]),
            clause=_one_of("clause", said.get("clause", ""), [*plan.clauses]),
            state=_one_of("state", said.get("state", ""), [State.OPEN.value, State.OVERDUE.value]),
            mine="mine" in said and said["mine"] not in ("0", "false"),
        )
        return Response([turn_dict(one) for one in selectors.owed(self.by, self.world, wanted)[:MOST]])


class History(Endpoint):
    """Turns that ended, the newest first: who proved or waived them, with which words."""

    right = "readiness.view"

    @extend_schema(
        parameters=[OpenApiParameter("rule", str, description="only this row of the plan"), WORLD],
        responses={200: ReadinessPastOut(many=True)},
    )
    def get(self, request: Request) -> Response:
        rule = request.query_params.get("rule", "")
        if rule:
            selectors.rule_named(rule, self.world)
        return Response([past_dict(past) for past in selectors.history(self.world, rule, limit=MOST)])


class Drills(Endpoint):
    """The newest exercises beside a turn that a drill proves, the newest first; of any other turn, none."""

    right = "readiness.view"

    @extend_schema(responses={200: ReadinessDrillOut(many=True)})
    def get(self, request: Request, pk: int) -> Response:
        row = selectors.turn(pk)
        return Response([drill.as_dict() for drill in selectors.drills_of(row)])


class OnTurn(ActionEndpoint):
    def answer(self, reference: str) -> dict[str, Any]:
        row = selectors.turn(int(reference.removeprefix("readiness:")))
        (one,) = selectors.shown(self.by, [row], worlds.now(row.world))
        return turn_dict(one)


class ReadinessProofWithFilesIn(FilesIn, ReadinessProofIn):
    """As `ReadinessProofIn`, with files."""


@extend_schema(
    request={"application/json": ReadinessProofIn, "multipart/form-data": ReadinessProofWithFilesIn},
    responses=ReadinessOut,
)
class Fulfil(OnTurn):
    """An owner proves a turn; given late, the proof covers every turn of it that was missed."""

    right = "readiness.fulfil"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = ReadinessProofIn
    parser_classes = (BoundedJSONParser, MultiPartParser)
    files = ("files",)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        files = uploads_of(self.request.FILES.getlist("files"))
        return f"readiness:{acting.readiness_fulfil(turn_id=kwargs['pk'], by=self.by, files=files, **data).pk}"


@extend_schema(request={"multipart/form-data": AddedIn}, responses=ReadinessOut)
class AddFiles(AddedLater, OnTurn):
    """Add files to a turn that was proved. The proof and its clock stay as they were; each file is on record as added later."""

    right = "readiness.fulfil"

    def add(self, pk: int, **given: Any) -> str:
        return f"readiness:{acting.readiness_evidence_add(turn_id=pk, by=self.by, **given).pk}"


class Files(Endpoint):
    """What is kept as proof of readiness, the oldest first."""

    right = "readiness.view"

    @extend_schema(responses={200: FileOut(many=True)})
    def get(self, request: Request) -> Response:
        return Response([shown.as_dict() for shown in selectors.files(self.world)])


class OneFile(Endpoint):
    """The bytes of one of them."""

    right = "readiness.view"

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> HttpResponse:
        return file_answer(selectors.file(self.world, pk))


@extend_schema(request=ReadinessWaiverIn, responses=ReadinessOut)
class Waive(OnTurn):
    """The commander or top management lets one turn go; the next one comes as it would."""

    right = "readiness.waive"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = ReadinessWaiverIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"readiness:{acting.readiness_waive(turn_id=kwargs['pk'], by=self.by, **data).pk}"
