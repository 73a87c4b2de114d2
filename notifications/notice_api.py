"""The API of notices: PR drafts, legal approves this very text, the PR manager publishes (clause 3.4)."""

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid, Missing
from incidents import selectors as incidents
from incidents.selectors import Incident
from notifications import notice_selectors as selectors
from notifications import services
from notifications.api import slug_of
from notifications.domain.notices import LONGEST, RIGHT, Act
from notifications.models import Notice
from people.endpoints import ActionEndpoint, EditEndpoint, Endpoint

PAGE = 50


class NoticeOut(serializers.ModelSerializer):
    """A notice as it stands. `revision` and `content_hash` name this very text: legal sends them back to approve it."""

    world = slug_of("key")
    incident = slug_of("number")
    text = serializers.SerializerMethodField(help_text="{zh, en}")

    class Meta:
        model = Notice
        fields = (
            "id", "world", "incident", "kind", "state", "text", "revision", "content_hash",
            "drafted_by", "drafted_at", "edited_by", "edited_at", "submitted_by", "submitted_at",
            "approved_by", "approved_at", "approved_revision", "approved_hash", "opinion",
            "returned_by", "returned_at", "returned_why", "published_by", "published_at",
            "withdrawn_by", "withdrawn_at", "withdrawn_why",
        )  # fmt: skip
        read_only_fields = fields

    def get_text(self, notice: Notice) -> dict[str, str]:
        return {"zh": notice.text_zh, "en": notice.text_en}


class NoticeList(serializers.Serializer):
    notices = NoticeOut(many=True)
    next_before = serializers.IntegerField(allow_null=True, help_text="send as `before` for the page after this one")


def _text() -> serializers.CharField:
    return serializers.CharField(max_length=LONGEST * 2, trim_whitespace=False)


class DraftIn(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Notice.Kind.choices)
    incident = serializers.CharField(
        max_length=64, required=False, allow_null=True, default=None, help_text="its number; none: a general notice"
    )
    zh, en = _text(), _text()


class EditIn(serializers.Serializer):
    zh, en = _text(), _text()
    based_on = serializers.IntegerField(min_value=1, help_text="the revision these texts were made from")


class OneAnswer(ActionEndpoint):
    """Acts on notices; they answer with the notice."""

    def answer(self, reference: str) -> Any:
        return NoticeOut(selectors.notice_by_id(int(reference.removeprefix("notice:")))).data


def _incident_named(number: str | None) -> Incident | None:
    """Raises Invalid naming the field: the body is wrong, not the address."""
    if not number:
        return None
    try:
        return incidents.by_number(number)
    except Missing as error:
        rows = [{"field": "incident", "code": "unknown", "message": error.sentence()}]
        raise Invalid("invalid", error.text, errors=rows) from None


class Notices(OneAnswer):
    """A world's notices, newest first, 50 a page; a new one is a draft."""

    right = {"GET": "notice.view", "POST": "notice.draft"}
    serializer_class = DraftIn
    success = 201

    @extend_schema(
        responses=NoticeList,
        parameters=[
            OpenApiParameter("state", str, enum=Notice.State.values),
            OpenApiParameter("incident", str, description="the number of an incident"),
            OpenApiParameter("before", int, description="of the last row seen: its id"),
            OpenApiParameter("world", str),
        ],
    )
    def get(self, request: Request) -> Response:
        asked = NoticesAsked(data=request.GET)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        incident = incidents.by_number(wanted["incident"]) if wanted["incident"] else None
        found = selectors.notices_in(
            self.world.pk, state=wanted["state"], incident_id=incident.pk if incident else None
        )
        if wanted["before"]:
            found = found.filter(pk__lt=wanted["before"])
        rows = list(found[:PAGE])
        more = rows[-1].pk if len(rows) == PAGE else None
        return Response({"notices": NoticeOut(rows, many=True).data, "next_before": more})

    @extend_schema(request=DraftIn, responses={201: NoticeOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        incident = _incident_named(data["incident"])
        world = incident.world if incident else self.world
        notice = services.notice_draft(
            world=world, incident=incident, kind=data["kind"], zh=data["zh"], en=data["en"], by=self.by
        )
        return f"notice:{notice.pk}"


class NoticesAsked(serializers.Serializer):
    state = serializers.ChoiceField(choices=Notice.State.choices, required=False, default="")
    incident = serializers.CharField(max_length=64, required=False, default="")
    before = serializers.IntegerField(min_value=1, max_value=2**62, required=False, default=None)


@extend_schema(responses=NoticeOut)
class OneNotice(EditEndpoint):
    """A notice; PATCH replaces both texts, which makes a draft of it again and voids legal's approval."""

    right = {"GET": "notice.view", "PATCH": "notice.draft"}
    serializer_class = EditIn

    def get(self, request: Request, pk: int) -> Response:
        return Response(NoticeOut(selectors.notice_by_id(pk)).data)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"notice:{services.notice_edit(notice_id=kwargs['pk'], by=self.by, **data).pk}"

    def answer(self, reference: str) -> Any:
        return NoticeOut(selectors.notice_by_id(int(reference.removeprefix("notice:")))).data


def _revision(*, required: bool) -> serializers.IntegerField:
    more: dict[str, Any] = {} if required else {"required": False, "allow_null": True, "default": None}
    return serializers.IntegerField(min_value=1, help_text="the revision that was read", **more)


class RevisionIn(serializers.Serializer):
    revision = _revision(required=False)


class ApproveIn(serializers.Serializer):
    revision = _revision(required=True)
    content_hash = serializers.CharField(max_length=64, help_text="SHA-256 over both texts, as the notice shows it")
    opinion = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default="", help_text="wanted where a regulator is concerned"
    )


class NoticeReasonIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


class PublishNoticeIn(serializers.Serializer):
    revision = _revision(required=False)
    incident = serializers.CharField(
        max_length=64,
        required=False,
        allow_null=True,
        default=None,
        help_text="the number of the incident that a holding statement goes out for",
    )


class OnNotice(OneAnswer):
    """An act on one notice; `do` is the service that does it."""

    do: ClassVar[Callable[..., Notice]]

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"notice:{self.do(notice_id=kwargs['pk'], by=self.by, **data).pk}"


@extend_schema(request=RevisionIn, responses=NoticeOut)
class Submit(OnNotice):
    right = RIGHT[Act.SUBMIT]
    serializer_class = RevisionIn
    do = staticmethod(services.notice_submit)


@extend_schema(request=ApproveIn, responses=NoticeOut)
class Approve(OnNotice):
    right = RIGHT[Act.APPROVE]
    serializer_class = ApproveIn
    do = staticmethod(services.notice_approve)


@extend_schema(request=NoticeReasonIn, responses=NoticeOut)
class Return(OnNotice):
    right = RIGHT[Act.RETURN]
    serializer_class = NoticeReasonIn
    do = staticmethod(services.notice_return)


@extend_schema(request=PublishNoticeIn, responses=NoticeOut)
class Publish(OnNotice):
    right = RIGHT[Act.PUBLISH]
    serializer_class = PublishNoticeIn
    do = staticmethod(services.notice_publish)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        incident = _incident_named(data["incident"])
        said = {"revision": data["revision"], "incident_id": incident.pk if incident else None}
        return super().act(said, **kwargs)


@extend_schema(request=NoticeReasonIn, responses=NoticeOut)
class Withdraw(OnNotice):
    right = RIGHT[Act.WITHDRAW]
    serializer_class = NoticeReasonIn
    do = staticmethod(services.notice_withdraw)


# For `api_urls`: `notices/{id}/…`.
ACTS: dict[str, type[Endpoint]] = {
    "submit": Submit,
    "approve": Approve,
    "return": Return,
    "publish": Publish,
    "withdraw": Withdraw,
}
