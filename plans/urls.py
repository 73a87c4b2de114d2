from django.urls import path

from plans import views

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/findings/", views.findings, name="plan-findings"),
]
