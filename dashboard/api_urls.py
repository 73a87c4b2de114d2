from django.urls import path

from dashboard.api import BoardView, ChangesSince, Dossier, DossierPaper, Handovers, Prefill

urlpatterns = [
    path("board", BoardView.as_view(), name="api-board"),
    path("incidents/<str:number>/dossier", Dossier.as_view(), name="api-dossier"),
    path("incidents/<str:number>/dossier.docx", DossierPaper.as_view(), name="api-dossier-paper"),
    path("incidents/<str:number>/prefill", Prefill.as_view(), name="api-prefill"),
    path("incidents/<str:number>/changes", ChangesSince.as_view(), name="api-changes"),
    path("people/duties/<slug:key>/handovers", Handovers.as_view(), name="api-handovers"),
]
