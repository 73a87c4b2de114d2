from django.urls import path

from escalation import api, file_api, plan_api, warning_api

urlpatterns = [
    path("incidents/<str:number>/start-regional", api.StartRegional.as_view(), name="api-start-regional"),
    path("incidents/<str:number>/decide-level", api.DecideLevel.as_view(), name="api-decide-level"),
    path("incidents/<str:number>/evaluate", api.Evaluate.as_view(), name="api-evaluate"),
    path("incidents/<str:number>/end", api.End.as_view(), name="api-end"),
    path("incidents/<str:number>/decision-card", api.DecisionCard.as_view(), name="api-decision-card"),
    path("incidents/<str:number>/obligations", api.ObligationsOf.as_view(), name="api-incident-obligations"),
    path("incidents/<str:number>/never-owed", api.NeverOwed.as_view(), name="api-never-owed"),
    path("incidents/<str:number>/files", file_api.FilesOf.as_view(), name="api-incident-files"),
    path("incidents/<str:number>/files/<int:pk>", file_api.OneFile.as_view(), name="api-incident-file"),
    path("incidents/<str:number>/slots", api.Slots.as_view(), name="api-slots"),
    path("incidents/<str:number>/warn", warning_api.Warn.as_view(), name="api-warn"),
    path("incidents/<str:number>/warning", warning_api.WarningOf.as_view(), name="api-warning"),
    path("incidents/<str:number>/warning/data", warning_api.Data.as_view(), name="api-warning-data"),
    path("incidents/<str:number>/warning/extend", warning_api.Extend.as_view(), name="api-warning-extend"),
    path("incidents/<str:number>/warning/preparation/<int:pk>", warning_api.Task.as_view(), name="api-preparation"),
    path("incidents/<str:number>/lift", warning_api.LiftApply.as_view(), name="api-lift"),
    path("incidents/<str:number>/lift/approve", warning_api.LiftApprove.as_view(), name="api-lift-approve"),
    path("incidents/<str:number>/lift/refuse", warning_api.LiftRefuse.as_view(), name="api-lift-refuse"),
    path("incidents/<str:number>/plan", plan_api.IncidentPlan.as_view(), name="api-incident-plan"),
    path("incidents/<str:number>/plan/<int:pk>/approve", plan_api.ApproveMove.as_view(), name="api-plan-move-approve"),
    path("incidents/<str:number>/plan/<int:pk>/refuse", plan_api.RefuseMove.as_view(), name="api-plan-move-refuse"),
    path("obligations", api.Obligations.as_view(), name="api-obligations"),
    path("obligations/<int:pk>/fulfil", file_api.Fulfil.as_view(), name="api-fulfil"),
    path("obligations/<int:pk>/files", file_api.AddFiles.as_view(), name="api-add-files"),
    path("obligations/<int:pk>/take", api.Take.as_view(), name="api-take"),
    path("obligations/<int:pk>/waive", api.Waive.as_view(), name="api-waive"),
]
