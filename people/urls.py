from django.urls import path

from people import views

urlpatterns = [
    path("people/", views.directory, name="people"),
    path("people/contacts/<uuid:contact>/reveal", views.contact_reveal, name="people-contact-reveal"),
    path("people/accounts/", views.accounts, name="people-accounts"),
    path("people/accounts/create", views.user_create, name="people-user-create"),
    path("people/accounts/<int:user>/deactivate", views.user_deactivate, name="people-user-deactivate"),
    path("people/roles/assign", views.role_assign, name="people-role-assign"),
    path("people/roles/<int:holding>/end", views.role_end, name="people-role-end"),
]
