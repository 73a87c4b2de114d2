"""`manage.py prepare`: from an empty database to the first page; idempotent, seconds when nothing is left to do."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Make the tables, load the default plan, set up the practice company when asked, collect static files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--access-file", help="found the practice company too, and write its accounts here (mode 600)"
        )

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[Any, Any]:
        """Of the database, too: it is looked at only where it is named."""
        return {**super().get_check_kwargs(options), "databases": ["default"]}

    def handle(self, *args: Any, **options: Any) -> None:
        steps: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
            ("Tables", ("migrate", "--database=owner", "--no-input"), {"verbosity": 0}),
            ("Default plan", ("plan_load", "--default"), {}),
            ("Readiness clocks", ("readiness_begin",), {}),
            ("Providers", ("channels_settle",), {}),
            ("Static files", ("collectstatic", "--no-input"), {"verbosity": 0}),
        ]
        if options["access_file"]:
            practice = ("practice_company", "--access-file", options["access_file"])
            steps.insert(2, ("Practice company", practice, {}))
        for title, command, extra in steps:
            began = time.monotonic()
            self.stdout.write(f"{title}: {command[0]}")
            self.stdout.flush()
            call_command(*command, stdout=self.stdout, stderr=self.stderr, **extra)
            self.stdout.write(f"{title}: done in {time.monotonic() - began:.1f} s")
