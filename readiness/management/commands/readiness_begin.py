"""`manage.py readiness_begin`: the readiness clocks as the plan in force has them; nothing to do when they stand already."""

from typing import Any

from django.core.management.base import BaseCommand

from readiness.services.following import readiness_begin


class Command(BaseCommand):
    help = "Begin the clocks of the plan's readiness obligations, or carry them to the version in force."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"  {readiness_begin()} clocks began")
