from django.urls import path

from incidents import views

urlpatterns = [
    path("report/", views.report, name="report"),
    path("incidents/", views.listing, name="incidents"),
    *(
        path(f"incidents/<str:number>/{act.value}/", views.act_view(act), name=f"incident-{act.value}")
        for act in views.CHANGES
    ),
]
