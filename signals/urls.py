from django.urls import path

from signals import backtest_views, mute_views, source_views, views

urlpatterns = [
    path("signals/", views.overview, name="signals"),
    path("signals/series/<int:pk>/", views.one, name="series"),
    path("signals/backtests/", backtest_views.backtests, name="backtests"),
    path("signals/backtests/<int:pk>/", backtest_views.backtest, name="backtest"),
    path("signals/sources/", source_views.listed, name="sources"),
    path("signals/sources/new/", source_views.new, name="source-new"),
    path("signals/sources/<slug:key>/", source_views.one, name="source"),
    path("signals/sources/<slug:key>/rotate-token/", source_views.token_rotate, name="source-rotate"),
    path("signals/sources/<slug:key>/revoke/", source_views.revoke, name="source-revoke"),
    path("signals/sources/<slug:key>/mapping/", source_views.mapping, name="source-mapping"),
    path("signals/sources/<slug:key>/test/", source_views.test_fire, name="source-test"),
    path("signals/sources/<slug:key>/history/", source_views.history, name="source-history"),
    path("signals/mutes/", mute_views.mutes, name="mutes"),
    path("signals/mutes/<int:pk>/extend/", mute_views.extend, name="mute-extend"),
    path("signals/mutes/<int:pk>/end/", mute_views.end, name="mute-end"),
]
