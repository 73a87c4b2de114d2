from django.urls import path

from escalation import views

urlpatterns = [
    path("incidents/<str:number>/decide-level/", views.decide_level, name="decide-level"),
    path("incidents/<str:number>/evaluate/", views.evaluate, name="evaluate"),
    path("incidents/<str:number>/end/", views.end, name="end"),
    path("obligations/<int:pk>/fulfil/", views.fulfil, name="fulfil"),
    path("obligations/<int:pk>/waive/", views.waive, name="waive"),
]
