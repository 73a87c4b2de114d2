"""Work one backtest that was asked for; started by the workers, in a process of its own so that the judge is not slowed."""

import contextlib
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from signals.services.backtest_runs import run_work


class Command(BaseCommand):
    help = "Work one backtest by its number and fence; the workers start this."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int)
        parser.add_argument("fence", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        with contextlib.suppress(OSError):
            os.nice(10)
        run_work(options["run"], options["fence"])
