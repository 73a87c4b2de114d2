from django.apps import AppConfig
from django.db.models.signals import post_migrate


class EngineConfig(AppConfig):
    name = "engine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from engine.grants import grant_all

        post_migrate.connect(grant_all, dispatch_uid="engine.grants")
