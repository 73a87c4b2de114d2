"""`manage.py plan_load --default | FILE`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.actor import SYSTEM
from common.errors import HotlineError, Missing
from plans import selectors, services
from plans.models import PlanVersion


class Command(BaseCommand):
    help = "Check a plan file and put it into force; incidents under way keep the version they began with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("file", nargs="?", type=Path, help="the plan to load")
        which.add_argument("--default", action="store_true", help="the plan that comes with the product")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["default"] and own_plan_stands():
            self.stdout.write("A plan of the company's own is in force; the shipped one is left alone.")
            return
        path: Path = services.SHIPPED if options["default"] else options["file"]
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Cannot read {path}: {error}") from error
        try:
            version = services.plan_load(text=text, file=path.name, by=SYSTEM, shipped=options["default"])
        except HotlineError as error:
            faults = "\n".join(str(row["message"]) for row in error.errors)
            raise CommandError(f"{error.sentence()}\n{faults}".rstrip()) from error
        if version.status != PlanVersion.Status.IN_FORCE:
            raise CommandError(
                f"This very text was in force before, as version {version.number}, and is retired: it comes back by a draft"
                f" begun from version {version.number} (Plan → Versions), which a second person approves."
            )
        self.stdout.write(f"Plan {version} ({version.sha256[:12]}): {version.status.replace('_', ' ')}")


def own_plan_stands() -> bool:
    try:
        return not selectors.in_force().shipped
    except Missing:
        return False
