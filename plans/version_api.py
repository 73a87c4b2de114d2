"""The API of versions: list and read, begin, edit, compare, submit, approve, give back, withdraw."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid
from people.endpoints import ActionEndpoint, EditEndpoint, Endpoint
from plans import selectors, services
from plans.api import FindingOut
from plans.domain import PlanErrors
from plans.domain.source import LARGEST
from plans.domain.versions import RIGHT, Act
from plans.models import PlanVersion
from plans.services.acting import fault_rows, with_faults

PAGE = 50
MOST_NUMBER = 2**31 - 1


class PlanVersionOut(serializers.ModelSerializer):
    """A version as it stands. `revision` and `sha256` name this very text: who approves sends them back."""

    base: Any = serializers.SlugRelatedField(
        slug_field="number", read_only=True, allow_null=True, help_text="its number"
    )

    class Meta:
        model = PlanVersion
        fields: tuple[str, ...] = (
            "number", "plan_key", "status", "origin", "base", "revision", "sha256", "writers", "created_at", "edited_by",
            "edited_at", "submitted_by", "submitted_at", "approved_by", "approved_at", "approved_revision",
            "approved_sha256", "in_force_from", "retired_at", "returned_by", "returned_at", "returned_why",
            "withdrawn_by", "withdrawn_at", "withdrawn_why",
        )  # fmt: skip
        read_only_fields = fields


class FaultOut(serializers.Serializer):
    field = serializers.CharField(read_only=True, help_text="a path into the file")
    code = serializers.CharField(read_only=True)
    message = serializers.CharField(read_only=True, help_text="file, line, path, clause, and what was expected")
    line = serializers.IntegerField(read_only=True)
    clause = serializers.CharField(read_only=True)


class VersionTextOut(PlanVersionOut):
    """With the file itself, every fault that keeps it from being a plan, and the findings nobody has ruled on."""

    text = serializers.CharField(read_only=True)
    faults = serializers.SerializerMethodField()
    open_findings = serializers.SerializerMethodField()

    class Meta(PlanVersionOut.Meta):
        fields = (*PlanVersionOut.Meta.fields, "text", "faults", "open_findings")
        read_only_fields = fields

    @extend_schema_field(FaultOut(many=True))
    def get_faults(self, version: PlanVersion) -> list[dict[str, Any]]:
        try:
            selectors.plan_in(version)
        except PlanErrors as faulty:
            return fault_rows(faulty)
        return []

    @extend_schema_field(FindingOut(many=True))
    def get_open_findings(self, version: PlanVersion) -> list[dict[str, Any]]:
        try:
            return [finding.as_dict() for finding in selectors.found_once(version.text, version.file_name).open]
        except PlanErrors:
            return []


class VersionList(serializers.Serializer):
    versions = PlanVersionOut(many=True)
    next_before = serializers.IntegerField(allow_null=True, help_text="send as `before` for the page after this one")


class VersionsAsked(serializers.Serializer):
    status = serializers.ChoiceField(choices=PlanVersion.Status.choices, required=False, default="")
    before = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER, required=False, default=None)


def _number(*, required: bool, text: str) -> serializers.IntegerField:
    more: dict[str, Any] = {} if required else {"required": False, "allow_null": True, "default": None}
    return serializers.IntegerField(min_value=1, max_value=MOST_NUMBER, help_text=text, **more)


def _text(*, required: bool) -> serializers.CharField:
    more: dict[str, Any] = {} if required else {"required": False, "allow_null": True, "default": None}
    return serializers.CharField(
        max_length=LARGEST, trim_whitespace=False, help_text="the whole plan file, YAML", **more
    )


class VersionIn(serializers.Serializer):
    """A version to begin from, a text, or both: then the text is one that was made from that version."""

    base = _number(required=False, text="the number of a version")
    text = _text(required=False)


class VersionEditIn(serializers.Serializer):
    text = _text(required=True)
    based_on = _number(required=True, text="the revision this text was made from")
    based_on_sha256 = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class VersionRevisionIn(serializers.Serializer):
    revision = _number(required=False, text="the revision that was read")


class VersionApproveIn(serializers.Serializer):
    revision = _number(required=True, text="the revision that was read")
    sha256 = serializers.CharField(max_length=64, help_text="SHA-256 of the text that was read")
    in_force_from = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="left out: at once"
    )
    against = _number(required=False, text="the number of the version in force that it was compared with")


class VersionReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class VersionRulingIn(serializers.Serializer):
    """A ruling on one open finding, signed with the name of who sends it."""

    kind = serializers.CharField(max_length=64, help_text="of the finding")
    subjects = serializers.ListField(child=serializers.CharField(max_length=200), max_length=300, min_length=1)
    ruling_zh, ruling_en, why_zh, why_en = (serializers.CharField(max_length=2000) for _n in range(4))
    based_on = _number(required=True, text="the revision whose finding it is")


class AnswersVersion(ActionEndpoint):
    """Acts on versions; they answer with the version."""

    def answer(self, reference: str) -> Any:
        return PlanVersionOut(selectors.version_by_number(int(reference.removeprefix("plan:")))).data


class PlanVersions(AnswersVersion):
    """Every version, newest first, 50 a page; a new one is a draft."""

    right = {"GET": "plan.view", "POST": "plan.edit"}
    serializer_class = VersionIn
    success = 201

    @extend_schema(
        responses=VersionList,
        parameters=[
            OpenApiParameter("status", str, enum=PlanVersion.Status.values),
            OpenApiParameter("before", int, description="of the last row seen: its number"),
        ],
    )
    def get(self, request: Request) -> Response:
        asked = VersionsAsked(data=request.GET)
        asked.is_valid(raise_exception=True)
        found = selectors.versions()
        if asked.validated_data["status"]:
            found = found.filter(status=asked.validated_data["status"])
        if asked.validated_data["before"]:
            found = found.filter(number__lt=asked.validated_data["before"])
        rows = list(found[:PAGE])
        more = rows[-1].number if len(rows) == PAGE else None
        return Response({"versions": PlanVersionOut(rows, many=True).data, "next_before": more})

    @extend_schema(request=VersionIn, responses={201: PlanVersionOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"plan:{services.version_draft(by=self.by, **data).number}"


@extend_schema(responses=VersionTextOut)
class OnePlanVersion(EditEndpoint):
    """A version with its text; PATCH keeps another text, which makes a draft of it again and voids an approval."""

    right = {"GET": "plan.view", "PATCH": "plan.edit"}
    serializer_class = VersionEditIn

    def get(self, request: Request, number: int) -> Response:
        return Response(VersionTextOut(selectors.version_by_number(number)).data)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"plan:{services.version_edit(number=kwargs['number'], by=self.by, **data).number}"

    def answer(self, reference: str) -> Any:
        return VersionTextOut(selectors.version_by_number(int(reference.removeprefix("plan:")))).data


class ComparedOut(serializers.Serializer):
    """What differs from version `with` to this one."""

    number = serializers.IntegerField()
    against = serializers.IntegerField(help_text="the version it is set beside")
    same = serializers.BooleanField()
    clauses = serializers.ListField(
        child=serializers.DictField(), help_text="clause by clause, with the rows that cite it"
    )
    rows = serializers.ListField(child=serializers.DictField(), help_text="every row that differs, field by field")
    thresholds = serializers.ListField(child=serializers.CharField(), help_text="paths of rows")
    obligations = serializers.ListField(child=serializers.CharField(), help_text="paths of rows")
    decisions = serializers.DictField(
        help_text="{levels, majors, whole, apart}: exact regions of facts that are decided differently, each with an example"
    )


class ComparePlanVersions(Endpoint):
    """What differs between two versions: clause by clause, and which decisions would differ."""

    right = "plan.view"

    @extend_schema(
        responses=ComparedOut,
        parameters=[
            OpenApiParameter("with", int, description="a version's number; left out: what is in force, else its base")
        ],
    )
    def get(self, request: Request, number: int) -> Response:
        asked = ComparisonAsked(data={"against": request.GET.get("with") or None})
        asked.is_valid(raise_exception=True)
        version, wanted = selectors.version_by_number(number), asked.validated_data["against"]
        other = selectors.version_by_number(wanted) if wanted else selectors.compared_with(version)
        if other is None:
            raise Invalid("plan.alone", _("There is no other version to compare with."))
        try:
            body = selectors.compared_once(other.text, version.text).as_dict()
        except PlanErrors as faulty:
            raise with_faults(faulty) from faulty
        return Response(body | {"number": version.number, "against": other.number})


class ComparisonAsked(serializers.Serializer):
    against = _number(required=False, text="a version's number")


class OnVersion(AnswersVersion):
    """An act on one version; `do` is the service that does it."""

    do: ClassVar[Callable[..., PlanVersion]]

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"plan:{self.do(number=kwargs['number'], by=self.by, **data).number}"


@extend_schema(request=VersionRevisionIn, responses=PlanVersionOut)
class SubmitVersion(OnVersion):
    right = RIGHT[Act.SUBMIT]
    serializer_class = VersionRevisionIn
    do = staticmethod(services.version_submit)


@extend_schema(request=VersionApproveIn, responses=PlanVersionOut)
class ApproveVersion(OnVersion):
    right = RIGHT[Act.APPROVE]
    serializer_class = VersionApproveIn
    do = staticmethod(services.version_approve)


@extend_schema(request=VersionReasonIn, responses=PlanVersionOut)
class ReturnVersion(OnVersion):
    right = RIGHT[Act.RETURN]
    serializer_class = VersionReasonIn
    do = staticmethod(services.version_return)


@extend_schema(request=VersionReasonIn, responses=PlanVersionOut)
class WithdrawVersion(OnVersion):
    right = RIGHT[Act.WITHDRAW]
    serializer_class = VersionReasonIn
    do = staticmethod(services.version_withdraw)


@extend_schema(request=VersionRulingIn, responses=PlanVersionOut)
class RuleOnFinding(OnVersion):
    right = RIGHT[Act.EDIT]
    serializer_class = VersionRulingIn
    do = staticmethod(services.ruling_record)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        said = {
            "kind": data["kind"],
            "subjects": data["subjects"],
            "ruling": {"zh": data["ruling_zh"], "en": data["ruling_en"]},
            "why": {"zh": data["why_zh"], "en": data["why_en"]},
            "based_on": data["based_on"],
        }
        return super().act(said, **kwargs)


# For `api_urls`: `plan/versions/{number}/…`.
ACTS: dict[str, type[Endpoint]] = {
    "submit": SubmitVersion,
    "approve": ApproveVersion,
    "return": ReturnVersion,
    "withdraw": WithdrawVersion,
    "rulings": RuleOnFinding,
}
