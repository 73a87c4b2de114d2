from django.apps import AppConfig


class WatchdogConfig(AppConfig):
    name = "watchdog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from engine.sweep import sweep_also
        from watchdog.services.restored import InWorkers

        sweep_also("heads", InWorkers())
