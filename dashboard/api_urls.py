from django.urls import path

from dashboard.api import BoardView, Handovers

urlpatterns = [
    path("board", BoardView.as_view(), name="api-board"),
    path("people/duties/<slug:key>/handovers", Handovers.as_view(), name="api-handovers"),
]
