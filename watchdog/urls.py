from django.urls import path

from watchdog import views

urlpatterns = [
    path("operations/blindness/", views.blindness, name="blindness"),
    path("operations/restored/", views.restored, name="restored"),
    path("operations/blindness/<int:pk>/", views.report, name="blindness-report"),
]
