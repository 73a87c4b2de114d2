from django.urls import path

from readiness import api

urlpatterns = [
    path("readiness", api.Readiness.as_view(), name="api-readiness"),
    path("readiness/history", api.History.as_view(), name="api-readiness-history"),
    path("readiness/<int:pk>/drills", api.Drills.as_view(), name="api-readiness-drills"),
    path("readiness/files", api.Files.as_view(), name="api-readiness-files"),
    path("readiness/files/<int:pk>", api.OneFile.as_view(), name="api-readiness-file"),
    path("readiness/<int:pk>/fulfil", api.Fulfil.as_view(), name="api-readiness-fulfil"),
    path("readiness/<int:pk>/files", api.AddFiles.as_view(), name="api-readiness-add-files"),
    path("readiness/<int:pk>/waive", api.Waive.as_view(), name="api-readiness-waive"),
]
