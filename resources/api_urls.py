from django.urls import path

from resources import api

urlpatterns = [
    path("equipment", api.Ledger.as_view(), name="api-equipment"),
    path("equipment/export", api.Export.as_view(), name="api-equipment-export"),
    path("equipment/stores", api.Stores.as_view(), name="api-stores"),
    path("equipment/<int:equipment>", api.Item.as_view(), name="api-equipment-item"),
    path("equipment/<int:equipment>/record", api.Record.as_view(), name="api-equipment-record"),
    path("equipment/<int:equipment>/withdraw", api.Withdraw.as_view(), name="api-equipment-withdraw"),
    path("equipment/<int:equipment>/return", api.Return.as_view(), name="api-equipment-return"),
    path("equipment/<int:equipment>/inspect", api.Inspect.as_view(), name="api-equipment-inspect"),
    path("equipment/<int:equipment>/retire", api.Retire.as_view(), name="api-equipment-retire"),
]
