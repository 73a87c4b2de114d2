from django.urls import path

from signals import backtest_views, views

urlpatterns = [
    path("signals/", views.overview, name="signals"),
    path("signals/series/<int:pk>/", views.one, name="series"),
    path("signals/backtests/", backtest_views.backtests, name="backtests"),
    path("signals/backtests/<int:pk>/", backtest_views.backtest, name="backtest"),
    path("signals/sources/new/", views.source_new, name="source-new"),
    path("signals/sources/<slug:key>/rotate-token/", views.token_rotate, name="source-rotate"),
]
