"""Django's own, in less time."""

from typing import Any

from django.core.management.commands import migrate

from hotline_ep.migrating import one_model_at_a_time


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with one_model_at_a_time():
            super().handle(*args, **options)
