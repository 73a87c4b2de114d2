"""The door for receipts of providers, and the telephone list, for programs."""

from typing import Any, ClassVar

import msgspec
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.clock import wall
from common.errors import Invalid, NotAllowed, Text, TooLarge
from common.shapes import BilingualOut, RejectedOut, Untouched
from incidents.selectors import by_number
from notifications import pressing, reach, services
from notifications.channels.configured import secrets_of
from notifications.domain.known import Knew
from notifications.domain.receipts import Said, signed
from notifications.domain.unanswered import Line, Outcome
from notifications.known import known
from notifications.models import Call
from notifications.services.receipts import Receipt, receipt_take
from people.endpoints import PUBLIC, ActionEndpoint, Endpoint
from people.selectors import user_by_name

MOST_RECEIPTS = 500
LARGEST_BODY = 256 * 1024
IGNORED: dict[str, Text] = {
    "unknown_message": _("We know no message like this from you."),
    "no_code": _("There is no code in it that answers a message."),
}


class OneReceipt(msgspec.Struct):
    """What it needs not is left unread: providers add fields as they like."""

    said: Said
    key: str = ""
    id: str = ""
    text: str = ""
    from_: str = msgspec.field(default="", name="from")


class Body(msgspec.Struct):
    receipts: list[OneReceipt]


READ = msgspec.json.Decoder(Body)


class ReceiptIn(serializers.Serializer):
    said = serializers.ChoiceField([said.value for said in Said])
    key = serializers.CharField(required=False, help_text="ours, as it came with the message")
    id = serializers.CharField(required=False, help_text="the provider's own, instead of the key")
    text = serializers.CharField(required=False, help_text="of a reply: what the person wrote")

    def get_fields(self) -> dict[str, serializers.Field]:
        number = serializers.CharField(
            required=False, help_text="of a reply without key or id: the number it came from"
        )
        return {**super().get_fields(), "from": number}


class ReceiptsIn(serializers.Serializer):
    receipts = ReceiptIn(many=True)


class ReceiptsOut(serializers.Serializer):
    accepted = serializers.IntegerField()
    ignored = RejectedOut(many=True)


class ProviderReceipts(Endpoint):
    """A provider says what became of messages.

    `Hotline-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">` with the secret of its gateway; within five minutes.
    The same receipts again change nothing.
    """

    right = PUBLIC
    authentication_classes: ClassVar[list[Any]] = []
    parser_classes: ClassVar[list[Any]] = [Untouched]

    @extend_schema(
        request=ReceiptsIn, responses=ReceiptsOut, parameters=[OpenApiParameter("Hotline-Signature", str, "header")]
    )
    def post(self, request: Request, provider: str) -> Response:
        body: bytes = request._request.body
        if len(body) > LARGEST_BODY:
            raise TooLarge("receipt.too_large", _("Send at most 500 receipts and 256 KiB at once."))
        if not signed(request.headers.get("Hotline-Signature", ""), body, secrets_of(provider), wall().timestamp()):
            raise NotAllowed(
                "receipt.signature", _("This is not signed with the secret of a provider of ours, or too old.")
            )
        taken = [receipt_take(provider=provider, receipt=receipt) for receipt in _read(body)]
        ignored = [{"index": n, "code": why, "error": str(IGNORED[why])} for n, why in enumerate(taken) if why]
        return Response({"accepted": len(taken) - len(ignored), "ignored": ignored})


def _read(body: bytes) -> list[Receipt]:
    try:
        found = READ.decode(body).receipts
    except msgspec.DecodeError as error:
        # The place alone: what stood there may be a person's.
        place = str(error).rpartition(" - at ")[2]
        raise Invalid("receipt.wrong", _("This is not the shape of receipts: %(why)s"), why=place) from None
    if len(found) > MOST_RECEIPTS:
        raise TooLarge("receipt.too_large", _("Send at most 500 receipts and 256 KiB at once."))
    texts = (text for one in found for text in (one.key, one.id, one.text, one.from_))
    if any("\x00" in text for text in texts):
        raise Invalid(
            "null_character",
            _("There is a NUL character in what was sent, which cannot be kept; remove it and send again."),
        )
    return [Receipt(one.said, one.key, one.id, one.text, one.from_) for one in found]


# --- down the telephone list --------------------------------------------------------------------------------------------
class CallOut(serializers.ModelSerializer):
    class Meta:
        model = Call
        fields = ("id", "user", "by_user", "at", "line", "outcome", "note")
        read_only_fields = fields


class ListedOut(serializers.Serializer):
    """A person of the telephone list; the number itself is revealed on the page of people, with a reason."""

    user = serializers.IntegerField(source="user.pk")
    name = serializers.CharField(source="user.display_name")
    role = serializers.CharField()
    answered = serializers.BooleanField()
    phone = serializers.CharField(help_text="masked")
    calls = CallOut(many=True)


class CallIn(serializers.Serializer):
    user = serializers.IntegerField()
    line = serializers.ChoiceField([line.value for line in Line], default=Line.TELEPHONE.value)
    outcome = serializers.ChoiceField([outcome.value for outcome in Outcome])
    note = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class WayOut(serializers.Serializer):
    channel = serializers.CharField()
    state = serializers.CharField()
    error = serializers.CharField(allow_blank=True)


class UnreachedOut(serializers.Serializer):
    message = serializers.IntegerField(source="message.pk")
    subject = serializers.DictField(child=serializers.CharField(), source="message.subject", help_text="{zh, en}")
    incident = serializers.CharField(source="message.incident.number", default=None, allow_null=True)
    person = serializers.IntegerField(source="user.pk", help_text="user id")
    name = serializers.CharField(source="user.display_name")
    role = serializers.CharField(help_text="of the plan: why this person was told")
    tier = serializers.CharField(help_text="of the plan, by its key; empty for what no tier says")
    ways = WayOut(many=True)
    called = serializers.CharField(
        source="call.outcome", default=None, allow_null=True, help_text="the newest call's outcome"
    )


class KnownWayOut(serializers.Serializer):
    channel = serializers.CharField()
    state = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    via = serializers.CharField()


class KnownRowOut(serializers.Serializer):
    """One message to one person, and how far it had come."""

    message = serializers.IntegerField(source="message.pk")
    kind = serializers.CharField(source="message.kind")
    subject = BilingualOut(source="message.subject")
    incident = serializers.CharField(source="message.incident.number", default=None, allow_null=True)
    written_at = serializers.DateTimeField(source="message.created_at")
    person = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.display_name")
    role = serializers.CharField()
    knew = serializers.ChoiceField([stage.value for stage in Knew], source="stage.knew")
    since = serializers.DateTimeField(source="stage.since")
    ways = KnownWayOut(many=True)


class KnownOut(serializers.Serializer):
    rows = KnownRowOut(many=True)
    more = serializers.IntegerField(allow_null=True, help_text="to send as `before` for the next page")


class KnownAsked(serializers.Serializer):
    person = serializers.CharField(required=False, help_text="a user name")
    incident = serializers.CharField(required=False, help_text="a number")
    at = serializers.DateTimeField(required=False, help_text="an instant; now, without")
    before = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class WhoKnew(Endpoint):
    """Who knew what when: how far each message had come to each person at an instant. `read` and `answered` are knowledge."""

    right = "message.read_all"

    @extend_schema(responses=KnownOut, parameters=[KnownAsked, OpenApiParameter("world", str)])
    def get(self, request: Request) -> Response:
        asked = KnownAsked(data={name: value for name, value in request.GET.items() if name != "world"})
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        incident = by_number(said["incident"]) if "incident" in said else None
        found = known(
            incident.world_id if incident else self.world.pk,
            user_id=user_by_name(said["person"]).pk if "person" in said else None,
            incident_id=incident.pk if incident else None,
            at=said.get("at"),
            before=said.get("before"),
        )
        return Response(KnownOut(found).data)


class NotReached(Endpoint):
    """Whom the messages of the last 24 hours have not reached, and by which ways they were tried; 300 rows at most. `tier`: a tier
    of the plan, or `other` for what no tier says."""

    right = "message.call"

    @extend_schema(
        responses=UnreachedOut(many=True), parameters=[OpenApiParameter("world", str), OpenApiParameter("tier", str)]
    )
    def get(self, request: Request) -> Response:
        tier = request.GET.get("tier", "")
        return Response(UnreachedOut(reach.unreached(self.world.pk, self.by, tier), many=True).data)


class Calls(ActionEndpoint):
    """Who is still to be reached about a message, in the order of the list; POST records a call."""

    right = "message.call"
    serializer_class = CallIn
    success = 201

    @extend_schema(responses=ListedOut(many=True))
    def get(self, request: Request, message: int) -> Response:
        return Response(ListedOut(pressing.telephone_list(message, self.by), many=True).data)

    @extend_schema(request=CallIn, responses={201: CallOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        user_id = data.pop("user")
        call = services.call_record(message_id=kwargs["message"], user_id=user_id, by=self.by, **data)
        return f"call:{call.pk}"

    def answer(self, reference: str) -> Any:
        return CallOut(Call.objects.get(pk=int(reference.removeprefix("call:")))).data
