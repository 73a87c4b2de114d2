from django.urls import path

from readiness import views

urlpatterns = [
    path("readiness/", views.readiness, name="readiness"),
    path("readiness/rules/<str:rule>/", views.rule, name="readiness-rule"),
    path("readiness/turns/<int:pk>/fulfil/", views.fulfil, name="readiness-fulfil"),
    path("readiness/rules/<str:rule>/files/", views.add_files, name="readiness-add-files"),
    path("readiness/files/<int:pk>/", views.evidence_file, name="readiness-file"),
    path("readiness/turns/<int:pk>/waive/", views.waive, name="readiness-waive"),
    path("readiness/calendar/renew/", views.renew, name="readiness-calendar-renew"),
    path("readiness/calendar/<str:token>.ics", views.calendar, name="readiness-calendar"),
]
