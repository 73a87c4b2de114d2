"""The API of messages and summaries."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid
from incidents import selectors as incidents
from notifications import selectors, services
from notifications.models import Delivery, Message, Summary
from people.endpoints import ActionEndpoint, Endpoint
from people.rights import require


def both_texts() -> serializers.DictField:
    return serializers.DictField(child=serializers.CharField(), help_text="{zh, en}")


def slug_of(field: str) -> Any:
    return serializers.SlugRelatedField(field, read_only=True)


def _me(request: Request) -> int:
    assert request.user.pk is not None, "the door lets nobody in without a name"
    return request.user.pk


# --- messages ---------------------------------------------------------------------------------------------------------
class MessageOut(serializers.ModelSerializer):
    world = slug_of("key")
    practice = serializers.SerializerMethodField(help_text="from a world that is not real")
    incident = slug_of("number")
    subject, body = both_texts(), both_texts()

    class Meta:
        model = Message
        fields = (
            "id", "world", "practice", "incident", "kind", "subject", "body", "clause", "urgent", "link", "created_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_practice(self, message: Message) -> bool:
        return not message.world.is_real


class OwnMessageOut(serializers.ModelSerializer):
    """A message as its reader has it."""

    message = MessageOut(read_only=True)

    class Meta:
        model = Delivery
        fields = ("message", "role", "state", "read_at", "acknowledged_at")
        read_only_fields = fields


class CountedMessageOut(MessageOut):
    people = serializers.IntegerField(read_only=True)
    acknowledged = serializers.IntegerField(read_only=True)
    chats = serializers.IntegerField(read_only=True, help_text="group chats told")
    unreached = serializers.IntegerField(read_only=True, help_text="deliveries given up")

    class Meta(MessageOut.Meta):
        fields: tuple[str, ...] = (*MessageOut.Meta.fields, "people", "acknowledged", "chats", "unreached")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class ReceiptOut(serializers.ModelSerializer):
    letter = serializers.IntegerField(
        source="letter_id", read_only=True, help_text="equal in all receipts that one letter brought, of any message"
    )
    others = serializers.SerializerMethodField(help_text="further messages that the same letter brought, by id")
    same_sent_at = serializers.DateTimeField(
        source="same_as.sent_at",
        default=None,
        allow_null=True,
        read_only=True,
        help_text="of `repeated`: when the same had been sent",
    )

    class Meta:
        model = Delivery
        fields = (
            "user", "chat", "role", "channel", "state", "tries", "rung", "provider", "queued_at", "first_tried_at", "sent_at",
            "delivered_at", "read_at", "acknowledged_at", "via", "error", "held_until", "letter", "others", "same_sent_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_others(self, delivery: Delivery) -> list[int]:
        return [message.pk for message in self.context["shared"].get(delivery.pk, [])]


class MessageList(serializers.Serializer):
    """`mine` with ?mine, else `messages`."""

    mine = OwnMessageOut(many=True, required=False)
    unread = serializers.IntegerField(required=False)
    messages = CountedMessageOut(many=True, required=False)


class Messages(Endpoint):
    """With `?mine` one's own, newest first; without it everyone's, for who may read all. 50 a page."""

    right = "message.view"

    @extend_schema(
        responses=MessageList,
        parameters=[
            OpenApiParameter("mine", str, description="only one's own"),
            OpenApiParameter("before", int, description="of the last row seen: its message id"),
            OpenApiParameter("world", str),
        ],
    )
    def get(self, request: Request) -> Response:
        before = _number(request, "before")
        if "mine" not in request.GET:
            require(self.by, "message.read_all")
            found = selectors.messages_in(self.world.pk, before=before)
            return Response({"messages": CountedMessageOut(found, many=True).data})
        world_id = self.world.pk if "world" in request.GET else None
        own = selectors.inbox(_me(request), before=before, world_id=world_id)
        return Response({
            "mine": OwnMessageOut(own, many=True).data,
            "unread": selectors.unread_count(_me(request)),
        })  # fmt: skip


def _number(request: Request, name: str) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        rows = [{"field": name, "code": "invalid", "message": _("This must be a whole number.")}]
        raise Invalid("query.wrong", _("Some values are not right; see errors."), errors=rows)
    return int(text)


class Receipts(Endpoint):
    """Who was told a message, and how far it came to each."""

    right = "message.read_all"

    @extend_schema(responses=ReceiptOut(many=True))
    def get(self, request: Request, message: int) -> Response:
        found = selectors.message_by_id(message)
        rows = selectors.receipts(found.pk)
        return Response(ReceiptOut(rows, many=True, context={"shared": selectors.letters_shared(rows)}).data)


class OwnMessage(ActionEndpoint):
    """Actions on one's own copy; they answer with it."""

    def answer(self, reference: str) -> Any:
        own = selectors.own_delivery(_me(self.request), int(reference.removeprefix("message:")))
        return OwnMessageOut(own).data


@extend_schema(responses=OwnMessageOut)
class Acknowledge(OwnMessage):
    right = "message.acknowledge"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"message:{services.message_acknowledge(message_id=kwargs['message'], by=self.by).message_id}"


@extend_schema(responses=OwnMessageOut)
class Read(OwnMessage):
    right = "message.view"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"message:{services.message_read(message_id=kwargs['message'], by=self.by).message_id}"


# --- summaries --------------------------------------------------------------------------------------------------------
class SummaryOut(serializers.ModelSerializer):
    incident = slug_of("number")
    text = serializers.SerializerMethodField(help_text="{zh, en}")
    draft = serializers.JSONField(read_only=True, help_text="[{key, title, lines}] as read from the log")

    class Meta:
        model = Summary
        fields = (
            "id", "incident", "turn", "due_at", "status", "revision", "edited", "late", "text", "draft", "content_hash",
            "published_at", "published_by",
        )  # fmt: skip
        read_only_fields = fields

    def get_text(self, summary: Summary) -> dict[str, str]:
        return {"zh": summary.text_zh, "en": summary.text_en}


class Summaries(Endpoint):
    """An incident's progress summaries, newest turn first."""

    right = "incident.view"

    @extend_schema(responses=SummaryOut(many=True))
    def get(self, request: Request, number: str) -> Response:
        return Response(SummaryOut(selectors.summaries_of(incidents.by_number(number).pk), many=True).data)


class OneSummary(ActionEndpoint):
    """Actions on a summary; they answer with it."""

    def summary(self) -> Summary:
        return selectors.summary_of(incidents.by_number(self.kwargs["number"]).pk, self.kwargs["summary"])

    def answer(self, reference: str) -> Any:
        return SummaryOut(self.summary()).data


class EditIn(serializers.Serializer):
    zh = serializers.CharField(trim_whitespace=False)
    en = serializers.CharField(trim_whitespace=False)
    based_on = serializers.IntegerField(help_text="the revision these texts were made from")


@extend_schema(responses=SummaryOut)
class SummaryEdit(OneSummary):
    right = "summary.edit"
    serializer_class = EditIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"summary:{services.summary_edit(summary_id=self.summary().pk, by=self.by, **data).pk}"


class PublishIn(serializers.Serializer):
    revision = serializers.IntegerField(help_text="the revision that was read")


@extend_schema(responses=SummaryOut)
class SummaryPublish(OneSummary):
    right = "summary.publish"
    serializer_class = PublishIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        summary = self.summary()
        to = selectors.summary_audience(summary.incident)
        services.summary_publish(summary_id=summary.pk, revision=data["revision"], by=self.by, to=to)
        return f"summary:{summary.pk}"
