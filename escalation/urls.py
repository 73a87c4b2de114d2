from django.urls import path

from escalation import plan_views, views

urlpatterns = [
    path("incidents/<str:number>/start-regional/", views.start_regional, name="start-regional"),
    path("incidents/<str:number>/decide-level/", views.decide_level, name="decide-level"),
    path("incidents/<str:number>/evaluate/", views.evaluate, name="evaluate"),
    path("incidents/<str:number>/end/", views.end, name="end"),
    path("incidents/<str:number>/warn/", views.warn, name="warn"),
    path("incidents/<str:number>/warning/data/", views.warning_data, name="warning-data"),
    path("incidents/<str:number>/warning/extend/", views.warning_extend, name="warning-extend"),
    path("incidents/<str:number>/warning/preparation/<int:pk>/assign/", views.task_assign, name="task-assign"),
    path("incidents/<str:number>/warning/preparation/<int:pk>/done/", views.task_done, name="task-done"),
    path("incidents/<str:number>/lift/", views.lift_apply, name="lift-apply"),
    path("incidents/<str:number>/lift/approve/", views.lift_approve, name="lift-approve"),
    path("incidents/<str:number>/lift/refuse/", views.lift_refuse, name="lift-refuse"),
    path("incidents/<str:number>/files/", views.add_files, name="add-files"),
    path("incidents/<str:number>/files/<int:pk>/", views.evidence_file, name="evidence-file"),
    path("obligations/<int:pk>/fulfil/", views.fulfil, name="fulfil"),
    path("obligations/<int:pk>/take/", views.take, name="take"),
    path("obligations/<int:pk>/waive/", views.waive, name="waive"),
    path("incidents/<str:number>/plan/", plan_views.plan, name="incident-plan"),
    path("incidents/<str:number>/plan/ask/", plan_views.ask, name="incident-plan-ask"),
    path("incidents/<str:number>/plan/<int:pk>/approve/", plan_views.approve, name="incident-plan-approve"),
    path("incidents/<str:number>/plan/<int:pk>/refuse/", plan_views.refuse, name="incident-plan-refuse"),
]
