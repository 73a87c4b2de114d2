from django.urls import path

from watchdog import views

urlpatterns = [
    path("operations/blindness/", views.blindness, name="blindness"),
    path("operations/blindness/<int:pk>/", views.report, name="blindness-report"),
]
