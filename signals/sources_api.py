"""Signal sources for programs: what each sent, its tokens, what its words mean, and a test-fire."""

from datetime import timedelta
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.clock import utc_text
from common.errors import Invalid
from engine import worlds
from people.endpoints import ActionEndpoint, EditEndpoint, Endpoint
from signals import selectors
from signals.answers import reason
from signals.domain.mapping import NotAMapping, as_said, mapping_of
from signals.models import Source
from signals.services import sources
from signals.services.followed import Step
from signals.services.testfire import KINDS, source_test_fire


class CountOut(serializers.Serializer):
    code = serializers.CharField()
    count = serializers.IntegerField()
    last_at = serializers.DateTimeField()
    error = serializers.CharField()
    what = serializers.CharField(help_text="what was sent last")


class UnmatchedAlertOut(serializers.Serializer):
    fingerprint = serializers.CharField()
    title = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())
    code = serializers.CharField()
    firing = serializers.BooleanField()
    times = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class SourceOut(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    world = serializers.CharField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    former_until = serializers.DateTimeField(allow_null=True, help_text="until when the token before opens too")
    revoked_at = serializers.DateTimeField(allow_null=True)
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    counts = CountOut(many=True)


class SourceWholeOut(SourceOut):
    version = serializers.IntegerField(help_text="of the mapping")
    mapping = serializers.DictField()
    unmatched = UnmatchedAlertOut(many=True)


class SourcesOut(serializers.Serializer):
    sources = SourceOut(many=True)


class SourceIn(serializers.Serializer):
    key = serializers.SlugField(max_length=40)
    name = serializers.CharField(max_length=80)


class TokenOut(serializers.Serializer):
    key = serializers.CharField()
    token = serializers.CharField(allow_null=True, help_text="shown this once; null when the request is a repetition")


class GraceIn(serializers.Serializer):
    grace_minutes = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=7 * 24 * 60,
        help_text="how long the old token opens too; 0 for one that leaked",
    )


class RevokeIn(serializers.Serializer):
    reason = serializers.CharField(max_length=1000)


class MappingIn(serializers.Serializer):
    based_on = serializers.IntegerField(help_text="the version this was written on")
    mapping = serializers.DictField()


class TestFireIn(serializers.Serializer):
    kind = serializers.ChoiceField([*KINDS])
    text = serializers.CharField(max_length=20_000)


class StepOut(serializers.Serializer):
    stage = serializers.CharField()
    passed = serializers.BooleanField(allow_null=True)
    says = serializers.CharField()
    facts = serializers.DictField()


class StepsOut(serializers.Serializer):
    steps = StepOut(many=True)


def source_row(row: Source) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "world": row.world.key,
        "last_seen_at": row.last_seen_at and utc_text(row.last_seen_at),
        "former_until": row.former_until and utc_text(row.former_until),
        "revoked_at": row.revoked_at and utc_text(row.revoked_at),
        "accepted": row.accepted,
        "rejected": row.rejected,
        "counts": [
            {
                "code": count.code,
                "count": count.count,
                "last_at": utc_text(count.last_at),
                "error": reason(count.code),
                "what": count.what,
            }
            for count in row.counts.all()
        ],
    }


def source_whole(key: str) -> dict[str, Any]:
    row = selectors.source_named(key)
    unmatched = [
        {
            "fingerprint": one.fingerprint,
            "title": one.title,
            "labels": one.labels,
            "code": one.code,
            "firing": one.firing,
            "times": one.times,
            "last_at": utc_text(one.last_at),
        }
        for one in selectors.unmatched_of(row)
    ]
    mapping = as_said(mapping_of(row.mapping))
    return {**source_row(row), "version": row.version, "mapping": mapping, "unmatched": unmatched}


class Tokened(ActionEndpoint):
    """A change that gives out a token, shown this once: a repeated request is answered without it."""

    secret: str | None = None

    def answer(self, reference: str) -> dict[str, Any]:
        return {"key": reference.removeprefix("source:"), "token": self.secret}


class ListSources(Tokened):
    """GET: sources with when they were last heard, what was kept and what was not. POST: a new one, for the real world."""

    right: ClassVar[Any] = {"GET": "source.view", "POST": "source.manage"}
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = SourceIn
    success = 201

    @extend_schema(responses={200: SourcesOut})
    def get(self, request: Request) -> Response:
        return Response({"sources": [source_row(row) for row in selectors.sources()]})

    @extend_schema(request=SourceIn, responses={201: TokenOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        self.secret = sources.source_create(**data, world=worlds.real(), by=self.by)
        return f"source:{data['key']}"


class OneSource(Endpoint):
    """A source with its mapping and the alerts nothing could be made of."""

    right = "source.view"

    @extend_schema(responses={200: SourceWholeOut})
    def get(self, request: Request, key: str) -> Response:
        return Response(source_whole(key))


class RotateToken(Tokened):
    """A new token for a source; the one before opens too for a while (`grace_minutes`, else an hour)."""

    right = "source.manage"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = GraceIn

    @extend_schema(request=GraceIn, responses={200: TokenOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        grace = timedelta(minutes=data["grace_minutes"]) if "grace_minutes" in data else None
        self.secret = sources.source_token_rotate(key=kwargs["key"], by=self.by, grace=grace)
        return f"source:{kwargs['key']}"


class Revoke(ActionEndpoint):
    """No token of this source opens any more."""

    right = "source.manage"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = RevokeIn

    @extend_schema(request=RevokeIn, responses={200: SourceWholeOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        sources.source_revoke(key=kwargs["key"], by=self.by, **data)
        return f"source:{kwargs['key']}"

    def answer(self, reference: str) -> dict[str, Any]:
        return source_whole(reference.removeprefix("source:"))


class Mapping(EditEndpoint):
    """What a source's words mean: its names of metrics, labels of places, alerts (docs/sources.md)."""

    right = "source.manage"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = MappingIn

    @extend_schema(request=MappingIn, responses={200: SourceWholeOut})
    def patch(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        try:
            mapping = mapping_of(data["mapping"])
        except NotAMapping as error:
            row = {"field": "mapping", "code": "bad_mapping", "message": str(error)}
            raise Invalid("source.mapping", sources.FAULTY, errors=[row]) from None
        sources.source_mapping_set(key=kwargs["key"], mapping=mapping, based_on=data["based_on"], by=self.by)
        return f"source:{kwargs['key']}"

    def answer(self, reference: str) -> dict[str, Any]:
        return source_whole(reference.removeprefix("source:"))


class TestFire(Endpoint):
    """One sample through every stage, without doing anything: what each stage would do with it."""

    right = "source.manage"
    __test__ = False

    @extend_schema(request=TestFireIn, responses={200: StepsOut})
    def post(self, request: Request, key: str) -> Response:
        body = TestFireIn(data=request.data)
        body.is_valid(raise_exception=True)
        steps = source_test_fire(source=selectors.source_named(key), by=self.by, **body.validated_data)
        return Response({"steps": [step_row(step) for step in steps]})


def step_row(step: Step) -> dict[str, Any]:
    return {"stage": step.stage, "passed": step.passed, "says": step.sentence(), "facts": step.facts}
