"""Django's own; the first tables in less time."""

from contextlib import nullcontext
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from hotline_ep.migrating import one_model_at_a_time


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # Where data stand, Django's own way: the few steps of a newer release take no time, and nothing new is to be trusted there.
        stands = MigrationRecorder(connections[options["database"]]).applied_migrations()
        with nullcontext() if stands else one_model_at_a_time():
            super().handle(*args, **options)
