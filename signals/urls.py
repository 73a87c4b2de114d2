from django.urls import path

from signals import mute_views, views

urlpatterns = [
    path("signals/", views.overview, name="signals"),
    path("signals/series/<int:pk>/", views.one, name="series"),
    path("signals/mutes/", mute_views.mutes, name="mutes"),
    path("signals/mutes/<int:pk>/extend/", mute_views.extend, name="mute-extend"),
    path("signals/mutes/<int:pk>/end/", mute_views.end, name="mute-end"),
    path("signals/sources/new/", views.source_new, name="source-new"),
    path("signals/sources/<slug:key>/rotate-token/", views.token_rotate, name="source-rotate"),
]
