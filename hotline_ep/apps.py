from django.apps import AppConfig


class HotlineEpConfig(AppConfig):
    name = "hotline_ep"

    def ready(self) -> None:
        from hotline_ep import checks, subscriptions

        checks.register_all()
        subscriptions.connect()
