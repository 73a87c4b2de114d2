from django.apps import AppConfig


class SignalsConfig(AppConfig):
    name = "signals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from engine.sweep import sweep_also
        from signals.services.backtest_runs import runs_start
        from signals.services.judging import judge_pending

        sweep_also("judge", judge_pending)
        sweep_also("backtests", runs_start)
