"""One's own browsers, for programs. Where a browser is told, and its keys, are in no answer."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import services
from notifications.channels.vapid import signer
from people.browsers import Browser, browsers_of
from people.endpoints import ActionEndpoint, Nothing
from people.services.browsers import browser_remove


class BrowserOut(serializers.ModelSerializer):
    class Meta:
        model = Browser
        fields = ("id", "name", "digest", "added_at", "told_at")
        read_only_fields = fields


class BrowsersOut(serializers.Serializer):
    public_key = serializers.CharField(
        allow_null=True, help_text="as `applicationServerKey` of the Push API; null: nobody is told in browsers here"
    )
    browsers = BrowserOut(many=True)


class BrowserKeysIn(serializers.Serializer):
    takes_more = True

    p256dh = serializers.CharField(max_length=200, write_only=True)
    auth = serializers.CharField(max_length=200, write_only=True)


class BrowserIn(serializers.Serializer):
    """A `PushSubscription` as a browser writes it in JSON; its other words are passed over."""

    takes_more = True

    endpoint = serializers.CharField(max_length=1000, write_only=True)
    keys = BrowserKeysIn(write_only=True)


class OnBrowsers(ActionEndpoint):
    """Changes answer with all of one's browsers."""

    right = "message.view"

    def answer(self, reference: str) -> Any:
        return _own(self.by.id or 0)


def _own(user_id: int) -> Any:
    ours = signer()
    return BrowsersOut({"public_key": ours.public if ours else None, "browsers": browsers_of(user_id)}).data


class Browsers(OnBrowsers):
    """The browsers one is told in, and the key they are told with; POST adds one, or finds it again."""

    serializer_class = BrowserIn
    success = 201

    @extend_schema(responses=BrowsersOut)
    def get(self, request: Request) -> Response:
        return Response(_own(self.by.id or 0))

    @extend_schema(request=BrowserIn, responses={201: BrowsersOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        agent = self.request.headers.get("User-Agent", "")
        made = services.browser_turn_on(endpoint=data["endpoint"], **data["keys"], user_agent=agent, by=self.by)
        return f"browser:{made.pk}"


@extend_schema(request=Nothing, responses=BrowsersOut)
class RemoveBrowser(OnBrowsers):
    """That browser is not told any more."""

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        browser_remove(browser_id=kwargs["browser"], by=self.by)
        return f"browser:{kwargs['browser']}"


@extend_schema(request=Nothing, responses={201: BrowsersOut})
class TryBrowsers(OnBrowsers):
    """Send a test to all of one's browsers."""

    success = 201

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"message:{services.browsers_try(by=self.by).pk}"
