"""`manage.py plan_table [FILE]`"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from plans.domain import PlanErrors, load
from plans.domain.coverage import table
from plans.fault_words import faults_said
from plans.services import SHIPPED


class Command(BaseCommand):
    help = "Print what carries out each clause of a plan file and where a person sees it, as Markdown."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SHIPPED, help="the plan; without, the one that ships")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            self.stdout.write(table(load(path.read_text(encoding="utf-8"), path.name)), ending="")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Cannot read {path}: {error}") from error
        except PlanErrors as faulty:
            raise CommandError(faults_said(faulty)) from faulty
