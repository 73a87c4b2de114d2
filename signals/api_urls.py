from django.urls import path

from signals import api, mute_api

urlpatterns = [
    path("bci", api.BusinessContinuity.as_view(), name="api-bci"),
    path("signals/mutes", mute_api.Mutes.as_view(), name="api-mutes"),
    path("signals/mutes/<int:pk>", mute_api.OneMute.as_view(), name="api-mute"),
    path("signals/mutes/<int:pk>/extend", mute_api.ExtendMute.as_view(), name="api-mute-extend"),
    path("signals/mutes/<int:pk>/end", mute_api.EndMute.as_view(), name="api-mute-end"),
    path("signals/samples", api.Samples.as_view(), name="api-samples"),
    path("signals/series", api.ListSeries.as_view(), name="api-series-list"),
    path("signals/series/<int:pk>", api.OneSeries.as_view(), name="api-series"),
    path("signals/sources", api.ListSources.as_view(), name="api-sources"),
    path("signals/sources/<slug:key>/rotate-token", api.RotateToken.as_view(), name="api-source-rotate"),
]
