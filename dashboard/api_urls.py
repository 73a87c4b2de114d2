from django.urls import path

from dashboard.api import BoardView

urlpatterns = [path("board", BoardView.as_view(), name="api-board")]
