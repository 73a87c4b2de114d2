"""`manage.py watchdog`: looks every five seconds at whether the product does what it promised."""

import logging
import os
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from common.clock import wall
from watchdog.selectors import health
from watchdog.services.looking import Watchdog

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0


class Command(BaseCommand):
    help = "Watch the product itself: canary, deadlines, queues, blind windows, heartbeat. A process apart, without Celery."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only say whether a watchdog looked lately: exit 0 or 1"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            sys.exit(0 if health(wall()).parts["watchdog"] else 1)
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        base = os.environ.get("HOTLINE_SELF_URL") or f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}"
        watchdog = Watchdog(web=base.rstrip("/"), heartbeat_url=os.environ.get("HOTLINE_HEARTBEAT_URL", ""))
        pause = 0.0
        while not stopping.wait(pause):
            pause = EVERY_SECONDS
            try:
                watchdog.look(wall())
            except (DatabaseError, InterfaceError) as error:
                log.warning("the watchdog cannot reach the database (%s); it tries again", type(error).__name__)
                watchdog.database_away()
                connection.close()
        connection.close()
