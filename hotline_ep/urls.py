"""Every address of the product: pages, API, sign-in. `/api/v1/signals/samples` and `/ws/…` are answered in asgi.py."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from hotline_ep.views import healthz

ROOMS = (
    "dashboard",
    "drills",
    "watchdog",
    "readiness",
    "escalation",
    "resources",
    "notifications",
    "signals",
    "incidents",
    "plans",
    "people",
)

handler404 = "hotline_ep.views.missing"
handler500 = "hotline_ep.views.failed"

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    *(path("api/v1/", include(f"{room}.api_urls")) for room in ROOMS),
    *(path("", include(f"{room}.urls")) for room in ROOMS),
]
