from django.urls import path

from signals import api, backtest_api

urlpatterns = [
    path("backtests", backtest_api.Backtests.as_view(), name="api-backtests"),
    path("backtests/<int:pk>", backtest_api.OneBacktest.as_view(), name="api-backtest"),
    path("bci", api.BusinessContinuity.as_view(), name="api-bci"),
    path("signals/samples", api.Samples.as_view(), name="api-samples"),
    path("signals/series", api.ListSeries.as_view(), name="api-series-list"),
    path("signals/series/<int:pk>", api.OneSeries.as_view(), name="api-series"),
    path("signals/sources", api.ListSources.as_view(), name="api-sources"),
    path("signals/sources/<slug:key>/rotate-token", api.RotateToken.as_view(), name="api-source-rotate"),
]
