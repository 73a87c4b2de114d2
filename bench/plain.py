"""The plainest way, for comparison: DRF with a serializer and bulk_create, stock Channels consumers, rules judged in the view."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.plain_settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402 - needs Django set up
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from engine.feed import GROUP  # noqa: E402 - the very hints our own sockets get


class Watcher(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        await self.send_json({"t": "hello"})

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def feed_hint(self, message: dict) -> None:
        await self.send_json(message["hint"])


application = ProtocolTypeRouter(
    {"http": django_application, "websocket": URLRouter([path("ws/board/", Watcher.as_asgi())])}
)
