from django.urls import path

from escalation import api

urlpatterns = [
    path("incidents/<str:number>/decide-level", api.DecideLevel.as_view(), name="api-decide-level"),
    path("incidents/<str:number>/evaluate", api.Evaluate.as_view(), name="api-evaluate"),
    path("incidents/<str:number>/end", api.End.as_view(), name="api-end"),
    path("incidents/<str:number>/decision-card", api.DecisionCard.as_view(), name="api-decision-card"),
    path("incidents/<str:number>/obligations", api.ObligationsOf.as_view(), name="api-incident-obligations"),
    path("obligations", api.Obligations.as_view(), name="api-obligations"),
    path("obligations/<int:pk>/fulfil", api.Fulfil.as_view(), name="api-fulfil"),
    path("obligations/<int:pk>/waive", api.Waive.as_view(), name="api-waive"),
]
