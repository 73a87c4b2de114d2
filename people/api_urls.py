from django.urls import path

from people import api, directory_api, duty_api, leave_api

urlpatterns = [
    path("people", api.Directory.as_view(), name="api-people"),
    path("people/users", api.Users.as_view(), name="api-users"),
    path("people/users/<str:username>", directory_api.OneUser.as_view(), name="api-user"),
    path("people/users/<str:username>/contacts", directory_api.SetContact.as_view(), name="api-user-contact"),
    path("people/contacts", directory_api.SetOwnContact.as_view(), name="api-own-contact"),
    *(
        path(f"people/{kind}/<slug:key>", place.as_view(), name=f"api-{kind}")
        for kind, place in directory_api.PLACES.items()
    ),
    path("people/groups/<slug:key>/seats", directory_api.Seat.as_view(), name="api-seat"),
    path("people/groups/<slug:key>/seats/end", directory_api.EndSeat.as_view(), name="api-seat-end"),
    path("people/users/<str:username>/deactivate", api.Deactivate.as_view(), name="api-user-deactivate"),
    path("people/users/<str:username>/roles", api.AssignRole.as_view(), name="api-role-assign"),
    path("people/roles/<int:holding>/end", api.EndRole.as_view(), name="api-role-end"),
    path("people/contacts/<uuid:contact>/remove", directory_api.RemoveContact.as_view(), name="api-contact-remove"),
    path("people/contacts/<uuid:contact>/reveal", api.Reveal.as_view(), name="api-contact-reveal"),
    path("people/duties", duty_api.Duties.as_view(), name="api-duties"),
    path("people/duties/<slug:key>/at", duty_api.StandingAt.as_view(), name="api-duty-at"),
    path("people/duties/<slug:key>/turns", duty_api.Turns.as_view(), name="api-duty-turns"),
    path("people/duties/<slug:key>/take", duty_api.TakeDuty.as_view(), name="api-duty-take"),
    path("people/duties/<slug:key>/overrides", duty_api.Overrides.as_view(), name="api-duty-overrides"),
    path("people/duties/<slug:key>/swaps", duty_api.AskSwap.as_view(), name="api-duty-swaps"),
    path("people/duties/<slug:key>/rotations", duty_api.Rotations.as_view(), name="api-duty-rotations"),
    path("people/duties/<slug:key>/rotations/<int:pk>", duty_api.OneRotation.as_view(), name="api-duty-rotation"),
    path("people/rotations/<int:pk>/end", duty_api.EndRotation.as_view(), name="api-rotation-end"),
    path("people/overrides/<int:pk>/cancel", duty_api.CancelOverride.as_view(), name="api-override-cancel"),
    path("people/leaves", leave_api.Leaves.as_view(), name="api-leaves"),
    path("people/leaves/<int:pk>/cancel", leave_api.CancelLeave.as_view(), name="api-leave-cancel"),
    path("people/leaves/<int:pk>/deputy", leave_api.DeputiseLeave.as_view(), name="api-leave-deputy"),
    path("people/users/<str:username>/deputy", leave_api.NameDeputy.as_view(), name="api-user-deputy"),
    path("people/standing-in", leave_api.StandingIn.as_view(), name="api-standing-in"),
    path("people/swaps/<int:pk>/answer", duty_api.AnswerSwap.as_view(), name="api-swap-answer"),
    path("people/swaps/<int:pk>/withdraw", duty_api.WithdrawSwap.as_view(), name="api-swap-withdraw"),
    path("people/handovers/<int:pk>", duty_api.EditHandover.as_view(), name="api-handover"),
    path("people/handovers/<int:pk>/give", duty_api.GiveHandover.as_view(), name="api-handover-give"),
    path("people/handovers/<int:pk>/accept", duty_api.AcceptHandover.as_view(), name="api-handover-accept"),
]
