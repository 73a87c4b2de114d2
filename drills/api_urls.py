from django.urls import path

from drills import api

urlpatterns = [
    path("drills/<slug:world>", api.Cast.as_view(), name="api-drill"),
    path("drills/<slug:world>/<slug:role>/take", api.Take.as_view(), name="api-drill-take"),
    path("drills/<slug:world>/<slug:role>/return", api.GiveBack.as_view(), name="api-drill-return"),
]
