"""Load a table of old samples for charts and baselines; nothing is judged on them."""

from datetime import UTC
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from common.actor import SYSTEM
from common.errors import HotlineError
from engine import worlds
from plans.selectors import current
from signals.answers import SHOWN_LINES, reason
from signals.domain.history import WORDS
from signals.services.backfill import history_load


class Command(BaseCommand):
    help = "Load a CSV file (columns at, value, metric, unit, region, hotline, node) of old samples, and learn the daily means anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        for word in WORDS:
            parser.add_argument(f"--{word}", help="for lines without one of their own")
        parser.add_argument("--utc", action="store_true", help="times without a zone are UTC, not company time")
        parser.add_argument("--world", default="real", help="key of the world the samples are of")

    def handle(self, *args: Any, **options: Any) -> None:
        defaults = {word: options[word] for word in WORDS if options[word]}
        zone = UTC if options["utc"] else current().zone
        with translation.override("en"):
            try:
                world = worlds.by_key(options["world"])
                content = options["file"].read_bytes()
                loaded = history_load(world=world, content=content, by=SYSTEM, defaults=defaults, zone=zone)
            except HotlineError as error:
                raise CommandError(str(error)) from None
            except OSError as error:
                raise CommandError(f"{options['file']} cannot be read: {error}") from None
            for row in loaded.rejected[:SHOWN_LINES]:
                self.stdout.write(f"line {row.index}: {reason(row.why, row.what)}")
        self.stdout.write(f"{loaded.stored} stored, {loaded.known} known before, {len(loaded.rejected)} lines rejected")
