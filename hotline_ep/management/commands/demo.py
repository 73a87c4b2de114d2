"""`manage.py demo`: a regional outage plays out by itself, samples to last signature."""

import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from common.clock import wall
from hotline_ep.embedded.private_files import read_private

STARTS_WITHIN = 300.0  # seconds, for a first start on a busy machine
INSIDE = "--inside"


class Command(BaseCommand):
    help = (
        "Play a regional outage in a world at ×30: samples through the HTTP interface, stand-ins for every role. Starts the"
        " product when it does not run, and leaves it running then until Ctrl-C."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rate", type=float, default=30.0, help="how many times faster than the clock (default 30)"
        )
        parser.add_argument("--world", default="", help="key of the world; default: demo and the time")
        parser.add_argument(INSIDE, action="store_true", help="the product runs; play and end")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        access = settings.VAR_DIR / "access.json"
        if options["inside"]:
            self._play(access, stop, options)
            return
        product = None if _url(access) else self._start(access, stop)
        try:
            # A process of its own: it reads the running product's keys as it starts.
            player = subprocess.Popen(
                [
                    sys.executable,
                    "manage.py",
                    "demo",
                    INSIDE,
                    "--rate",
                    str(options["rate"]),
                    "--world",
                    options["world"],
                ],
                cwd=settings.BASE_DIR,
            )
            while player.poll() is None and not stop.wait(0.5):
                pass
            if player.poll() is None:
                player.terminate()
            code = player.wait()
            if product is not None and not stop.is_set():
                self.stdout.write("The product goes on running; Ctrl-C stops it.")
                while product.poll() is None and not stop.wait(0.5):
                    pass
        finally:
            if product is not None:
                product.terminate()
                product.wait()
        sys.exit(code)

    def _start(self, access: Path, stop: Event) -> subprocess.Popen[bytes]:
        product = subprocess.Popen([sys.executable, "manage.py", "up", "--with-parent"], cwd=settings.BASE_DIR)
        deadline = time.monotonic() + STARTS_WITHIN
        while not _url(access):
            if product.poll() is not None or time.monotonic() > deadline or stop.wait(0.5):
                product.terminate()
                product.wait()
                raise CommandError("The product did not start; the message above says why.")
        return product

    def _play(self, path: Path, stop: Event, options: dict[str, Any]) -> None:
        from hotline_ep.demo.client import Refused, Unreachable
        from hotline_ep.demo.story import Story  # the models need the product's keys, which only a run inside has

        access = read_private(path)
        if "url" not in access:
            raise CommandError("The product does not run; start it with `make run`, or use `make demo`.")
        began = time.monotonic()
        key = options["world"] or f"demo-{wall():%m%d-%H%M%S}"
        story = Story(
            url=access["url"], tokens=access["api_tokens"], key=key, rate=options["rate"], stop=stop, tell=self._say
        )
        base = access["url"].rstrip("/")
        self._say(f"Demo: {story.history()} samples of history.")
        self._say(f"Board:          {base}/board/?world={key}")
        self._say(f"Who plays whom: {base}/drills/{key}/?world={key}  (sign in, take a role over)")
        try:
            number = story.play()
            phase = story.phase(number) if number else "not there"
        except (Refused, Unreachable, Error) as error:
            raise CommandError(f"The demo broke off: {error}") from error
        if phase != "closed":
            raise CommandError(f"The demo did not come to its end: the incident {number or ''} is {phase}.")
        self._say(f"{number}: closed; the demo ended after {(time.monotonic() - began) / 60:.1f} min")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _url(access: Path) -> str | None:
    return read_private(access).get("url") if access.exists() else None
