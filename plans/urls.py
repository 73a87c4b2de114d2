from django.urls import path

from plans import draft_views as drafts
from plans import version_views as versions
from plans import views

ON = "plan/versions/<int:number>/"
urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/findings/", views.findings, name="plan-findings"),
    path("plan/versions/", versions.versions, name="plan-versions"),
    path("plan/versions/import/", versions.bring, name="plan-import"),
    path(ON, versions.one, name="plan-version"),
    path(f"{ON}draft/", versions.draft, name="plan-version-draft"),
    path(f"{ON}compare/", versions.compare, name="plan-version-compare"),
    path(f"{ON}plan.yaml", versions.export, name="plan-version-export"),
    path(f"{ON}text/", drafts.text, name="plan-version-text"),
    path(f"{ON}values/", drafts.values, name="plan-version-values"),
    path(f"{ON}check/", drafts.check, name="plan-version-check"),
    path(f"{ON}rulings/", drafts.rulings, name="plan-version-rulings"),
    *(path(f"{ON}{act.value}/", versions.act_view(act), name=f"plan-version-{act.value}") for act in versions.CHANGES),
]
