from django.urls import path

from resources import views

urlpatterns = [
    path("resources/", views.start, name="resources"),
    path("resources/equipment/", views.ledger, name="equipment"),
    path("resources/equipment/new/", views.new, name="equipment-new"),
    path("resources/equipment/export.xlsx", views.export, name="equipment-export"),
    path("resources/equipment/import/", views.upload, name="equipment-import"),
    path("resources/equipment/import/<int:upload>/", views.review, name="equipment-import-review"),
    path("resources/equipment/import/<int:upload>/apply", views.apply, name="equipment-import-apply"),
    path("resources/equipment/<int:equipment>/", views.item, name="equipment-item"),
    path("resources/equipment/<int:equipment>/change/", views.change, name="equipment-change"),
    path("resources/equipment/<int:equipment>/withdraw", views.withdraw, name="equipment-withdraw"),
    path("resources/equipment/<int:equipment>/return", views.bring_back, name="equipment-return"),
    path("resources/equipment/<int:equipment>/inspect", views.inspect, name="equipment-inspect"),
    path("resources/equipment/<int:equipment>/retire", views.retire, name="equipment-retire"),
    path("resources/stores/", views.stores, name="stores"),
]
