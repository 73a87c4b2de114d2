from django.urls import path

from people import duty_views, handover_views, views

urlpatterns = [
    path("people/", views.directory, name="people"),
    path("people/duty/", duty_views.duties, name="duties"),
    path("people/duty/mine/", duty_views.mine, name="duty-mine"),
    path("people/duty/mine/leave", duty_views.leave, name="duty-leave"),
    path("people/duty/mine/leave/<int:pk>/cancel", duty_views.leave_cancel, name="duty-leave-cancel"),
    path("people/duty/mine/swap", duty_views.swap_ask, name="duty-swap"),
    path("people/duty/mine/swap/<int:pk>/accept", duty_views.swap_accept, name="duty-swap-accept"),
    path("people/duty/mine/swap/<int:pk>/decline", duty_views.swap_decline, name="duty-swap-decline"),
    path("people/duty/mine/swap/<int:pk>/withdraw", duty_views.swap_withdraw, name="duty-swap-withdraw"),
    path("people/duty/mine/calendar", duty_views.calendar_renew, name="duty-calendar-renew"),
    path("people/duty/<str:token>.ics", duty_views.calendar, name="duty-calendar"),
    path("people/duty/<slug:key>/handover/", handover_views.handovers, name="handovers"),
    path("people/duty/<slug:key>/handover/<int:pk>/edit", handover_views.edit, name="handover-edit"),
    path("people/duty/<slug:key>/handover/<int:pk>/give", handover_views.give, name="handover-give"),
    path("people/duty/<slug:key>/handover/<int:pk>/accept", handover_views.accept, name="handover-accept"),
    path("people/duty/<slug:key>/", duty_views.duty, name="duty"),
    path("people/duty/<slug:key>/take", duty_views.take, name="duty-take"),
    path("people/duty/<slug:key>/override", duty_views.override, name="duty-override"),
    path("people/duty/<slug:key>/override/<int:pk>/cancel", duty_views.override_cancel, name="duty-override-cancel"),
    path("people/duty/<slug:key>/rotation/", duty_views.rotation_new, name="duty-rotation-new"),
    path("people/duty/<slug:key>/rotation/<int:pk>/", duty_views.rotation, name="duty-rotation"),
    path("people/duty/<slug:key>/rotation/<int:pk>/end", duty_views.rotation_end, name="duty-rotation-end"),
    path("people/contacts/<uuid:contact>/reveal", views.contact_reveal, name="people-contact-reveal"),
    path("people/accounts/", views.accounts, name="people-accounts"),
    path("people/accounts/create", views.user_create, name="people-user-create"),
    path("people/accounts/<int:user>/deactivate", views.user_deactivate, name="people-user-deactivate"),
    path("people/roles/assign", views.role_assign, name="people-role-assign"),
    path("people/roles/<int:holding>/end", views.role_end, name="people-role-end"),
]
