from django.urls import path

from dashboard import views

urlpatterns = [
    path("", views.home, name="home"),
    path("board/", views.board, name="board"),
    path("incidents/<str:number>/", views.room, name="incident-room"),
    path("incidents/<str:number>/clocks/", views.clocks, name="incident-clocks"),
    path("obligations/<int:pk>/changes/", views.obligation_changes, name="obligation-changes"),
    path("incidents/<str:number>/dossier/", views.dossier, name="dossier"),
    path("incidents/<str:number>/dossier.docx", views.dossier_document, name="dossier-paper"),
    path("design/", views.design, name="design"),
    path("people/duty/<slug:key>/handover/draft", views.handover_draft, name="handover-draft"),
    path("operations/", views.operations, name="operations"),
    path("operations/set-aside/<int:pk>/return/", views.set_aside_back, name="set-aside-return"),
    path("operations/log/<int:pk>/verify/", views.verify_log, name="log-verify"),
]
