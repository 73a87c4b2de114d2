from django.urls import path

from plans import api

urlpatterns = [
    path("plan", api.PlanInForce.as_view(), name="api-plan"),
    path("plan/findings", api.PlanFindings.as_view(), name="api-plan-findings"),
]
