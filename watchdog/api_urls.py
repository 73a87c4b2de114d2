from django.urls import path

from watchdog import api

urlpatterns = [
    path("operations/blindness", api.Blindness.as_view(), name="api-blindness"),
    path("operations/blindness/<int:pk>", api.OneWindow.as_view(), name="api-blindness-report"),
]
