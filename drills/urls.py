from django.urls import path

from drills import views

urlpatterns = [
    path("drills/<slug:world>/", views.cast, name="drill-cast"),
    path("drills/<slug:world>/<slug:role>/take", views.take, name="drill-take"),
    path("drills/<slug:world>/<slug:role>/return", views.give_back, name="drill-return"),
]
