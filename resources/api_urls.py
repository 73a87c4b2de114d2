from django.urls import path

from resources import api, import_api

urlpatterns = [
    path("equipment", api.Ledger.as_view(), name="api-equipment"),
    path("equipment/export", api.Export.as_view(), name="api-equipment-export"),
    path("equipment/imports", import_api.Imports.as_view(), name="api-equipment-imports"),
    path("equipment/imports/<int:upload>", import_api.OneImport.as_view(), name="api-equipment-import"),
    path("equipment/imports/<int:upload>/apply", import_api.ImportApply.as_view(), name="api-equipment-import-apply"),
    path("equipment/stores", api.Stores.as_view(), name="api-stores"),
    path("equipment/<int:equipment>", api.Item.as_view(), name="api-equipment-item"),
    path("equipment/<int:equipment>/record", api.Record.as_view(), name="api-equipment-record"),
    path("equipment/<int:equipment>/withdraw", api.Withdraw.as_view(), name="api-equipment-withdraw"),
    path("equipment/<int:equipment>/return", api.Return.as_view(), name="api-equipment-return"),
    path("equipment/<int:equipment>/inspect", api.Inspect.as_view(), name="api-equipment-inspect"),
    path("equipment/<int:equipment>/retire", api.Retire.as_view(), name="api-equipment-retire"),
]
