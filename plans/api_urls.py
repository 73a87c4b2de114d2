from django.urls import path

from plans import api, version_api

ON = "plan/versions/<int:number>"
urlpatterns = [
    path("plan", api.PlanInForce.as_view(), name="api-plan"),
    path("plan/findings", api.PlanFindings.as_view(), name="api-plan-findings"),
    path("plan/versions", version_api.PlanVersions.as_view(), name="api-plan-versions"),
    path(ON, version_api.OnePlanVersion.as_view(), name="api-plan-version"),
    path(f"{ON}/compare", version_api.ComparePlanVersions.as_view(), name="api-plan-version-compare"),
    *(path(f"{ON}/{name}", view.as_view(), name=f"api-plan-version-{name}") for name, view in version_api.ACTS.items()),
]
