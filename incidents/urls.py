from django.urls import path

from incidents import views

urlpatterns = [
    path("report/", views.report, name="report"),
    path("incidents/", views.listing, name="incidents"),
    *(
        path(f"incidents/<str:number>/{act.value}/", views.act_view(act), name=f"incident-{act.value}")
        for act in views.CHANGES
    ),
    path("incidents/<str:number>/steps/<slug:step>/done/", views.step_tick, name="step-tick"),
    path("incidents/<str:number>/steps/<slug:step>/undo/", views.step_untick, name="step-untick"),
    path("incidents/<str:number>/tasks/give/<slug:group>/", views.task_give, name="task-give"),
    path("incidents/<str:number>/tasks/<int:pk>/done/", views.task_done, name="task-done"),
    path("incidents/<str:number>/tasks/<int:pk>/cancel/", views.task_cancel, name="task-cancel"),
    path("incidents/<str:number>/tasks/<int:pk>/reassign/", views.task_reassign, name="task-reassign"),
]
