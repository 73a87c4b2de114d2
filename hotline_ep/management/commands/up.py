"""`manage.py up`: the whole product on one machine."""

import ctypes
import signal
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hotline_ep.embedded.die_with_parent import PR_SET_PDEATHSIG
from hotline_ep.embedded.machine import AlreadyRunning, Machine


class Command(BaseCommand):
    help = "Start database, broker, web, workers and beat; watch them; stop them in order on Ctrl-C or SIGTERM."
    requires_system_checks: list[str] = []  # the parent has no keys; its children, which do, are checked

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the program that started this one is gone"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["with_parent"]:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        machine = Machine(root=settings.BASE_DIR, var=settings.VAR_DIR, say=self._say)
        try:
            code = machine.run()
        except AlreadyRunning as refusal:
            raise CommandError(str(refusal)) from refusal
        sys.exit(code)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
