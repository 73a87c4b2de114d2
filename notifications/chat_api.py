"""The group chats of the settings, for programs. Addresses and secrets are in no answer."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.chat_settings import chats_shown
from notifications.domain.delivery import CHATS, State
from notifications.services.trying import chat_try
from people.endpoints import ActionEndpoint, Endpoint, Nothing


class ChatRowOut(serializers.Serializer):
    """A row of the ledger: a message said in this chat, and what became of it."""

    message = serializers.IntegerField()
    state = serializers.ChoiceField(choices=sorted(State))
    tries = serializers.IntegerField()
    queued_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_blank=True, help_text="code of what went wrong, with the platform's own number")
    said = serializers.CharField(allow_blank=True, help_text="the same in plain words")


class ChatOut(serializers.Serializer):
    name = serializers.CharField()
    owner = serializers.CharField(help_text="a role or group of the plan")
    channel = serializers.ChoiceField(choices=sorted(CHATS))
    signed = serializers.BooleanField()
    last = ChatRowOut(allow_null=True, help_text="the newest message said there")
    test = ChatRowOut(allow_null=True, help_text="the newest test")


def _all() -> Any:
    return ChatOut([one.as_dict() for one in chats_shown()[0]], many=True).data


class Chats(Endpoint):
    """The chats of the settings, in their order, each with what was last said there."""

    right = "operations.view"

    @extend_schema(responses=ChatOut(many=True))
    def get(self, request: Request) -> Response:
        return Response(_all())


@extend_schema(request=Nothing, responses={201: ChatOut(many=True)})
class TryChat(ActionEndpoint):
    """Say a test message in one chat; answers with all of them, in which `test` tells what became of it."""

    right = "operations.act"
    success = 201

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"message:{chat_try(name=kwargs['name'], by=self.by).message_id}"

    def answer(self, reference: str) -> Any:
        return _all()
