"""The web process: the bare ingest route, Django's pages and API, and the live feed."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - needs Django set up
from channels.routing import ProtocolTypeRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from dashboard.live import live  # noqa: E402
from hotline_ep.lifespan import lifespan  # noqa: E402
from signals.ingest import with_ingest  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": with_ingest(django_application),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(live)),
        "lifespan": lifespan,
    }
)
