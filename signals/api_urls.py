from django.urls import path

from signals import api, backtest_api, doors_api, mute_api, sources_api

urlpatterns = [
    path("backtests", backtest_api.Backtests.as_view(), name="api-backtests"),
    path("backtests/<int:pk>", backtest_api.OneBacktest.as_view(), name="api-backtest"),
    path("bci", api.BusinessContinuity.as_view(), name="api-bci"),
    path("signals/mutes", mute_api.Mutes.as_view(), name="api-mutes"),
    path("signals/mutes/<int:pk>", mute_api.OneMute.as_view(), name="api-mute"),
    path("signals/mutes/<int:pk>/extend", mute_api.ExtendMute.as_view(), name="api-mute-extend"),
    path("signals/mutes/<int:pk>/end", mute_api.EndMute.as_view(), name="api-mute-end"),
    path("signals/samples", api.Samples.as_view(), name="api-samples"),
    path("signals/prometheus/write", api.RemoteWrite.as_view(), name="api-remote-write"),
    path("signals/alertmanager", doors_api.Alertmanager.as_view(), name="api-alertmanager"),
    path("signals/zabbix", doors_api.Zabbix.as_view(), name="api-zabbix"),
    path("signals/history", doors_api.History.as_view(), name="api-history"),
    path("signals/series", api.ListSeries.as_view(), name="api-series-list"),
    path("signals/series/<int:pk>", api.OneSeries.as_view(), name="api-series"),
    path("signals/sources", sources_api.ListSources.as_view(), name="api-sources"),
    path("signals/sources/<slug:key>", sources_api.OneSource.as_view(), name="api-source"),
    path("signals/sources/<slug:key>/rotate-token", sources_api.RotateToken.as_view(), name="api-source-rotate"),
    path("signals/sources/<slug:key>/revoke", sources_api.Revoke.as_view(), name="api-source-revoke"),
    path("signals/sources/<slug:key>/mapping", sources_api.Mapping.as_view(), name="api-source-mapping"),
    path("signals/sources/<slug:key>/test-fire", sources_api.TestFire.as_view(), name="api-source-test-fire"),
]
