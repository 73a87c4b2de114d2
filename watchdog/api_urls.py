from django.urls import path

from watchdog import api, restored_api

urlpatterns = [
    path("operations/blindness", api.Blindness.as_view(), name="api-blindness"),
    path("operations/restored", restored_api.Restored.as_view(), name="api-restored"),
    path("operations/restored/release", restored_api.Release.as_view(), name="api-restored-release"),
    path("operations/blindness/<int:pk>", api.OneWindow.as_view(), name="api-blindness-report"),
]
