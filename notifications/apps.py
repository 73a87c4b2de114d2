from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from engine.queues import queue_register
        from notifications.sending import SENDS

        queue_register(SENDS)
