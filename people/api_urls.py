from django.urls import path

from people import api

urlpatterns = [
    path("people", api.Directory.as_view(), name="api-people"),
    path("people/users", api.Users.as_view(), name="api-users"),
    path("people/users/<str:username>/deactivate", api.Deactivate.as_view(), name="api-user-deactivate"),
    path("people/users/<str:username>/roles", api.AssignRole.as_view(), name="api-role-assign"),
    path("people/roles/<int:holding>/end", api.EndRole.as_view(), name="api-role-end"),
    path("people/contacts/<uuid:contact>/reveal", api.Reveal.as_view(), name="api-contact-reveal"),
]
