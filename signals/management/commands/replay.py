"""Replay a file of samples in a world whose clock follows it."""

from datetime import date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from common.clock import wall
from common.errors import HotlineError
from people import selectors as people
from plans.domain import Plan
from plans.selectors import current
from signals.services.files import Unreadable, points_in, service_hours
from signals.services.playing import OUT_OF_REACH, crossed, history_load, play, series_with_hours, world_of_play

PLACES = ("region", "hotline", "node")


class Command(BaseCommand):
    help = "Open a practice world whose clock follows a CSV file with a column `at`, and feed it at any speed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--metric", required=True, help="the metric of the plan the values are")
        parser.add_argument("--column", help="the column with the values; default: the second")
        parser.add_argument("--unit", help="their unit; default: the metric's own")
        parser.add_argument("--utc", action="store_true", help="times without a zone are UTC, not company time")
        for dimension in PLACES:
            parser.add_argument(f"--{dimension}", default="")
        parser.add_argument("--speed", default="max", help="how many times faster than the clock, or max")
        parser.add_argument(
            "--history-until", type=date.fromisoformat, help="what lies before this day is learnt from, not judged"
        )
        parser.add_argument("--service-hours", help='when the series speaks, such as "mon-fri 07:00-21:05"')
        parser.add_argument("--limit-days", type=int, help="stop after this many days of play")
        parser.add_argument("--world", default="", help="key of the world; default: the file's name and the time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._play(**options)
        except OperationalError as error:
            raise CommandError(OUT_OF_REACH) from error

    def _play(self, **options: Any) -> None:
        plan = current()
        if options["metric"] not in plan.metrics:
            raise CommandError(f"The plan has no metric {options['metric']}; it has: {', '.join(plan.metrics)}.")
        hours, speed = hours_said(options["service_hours"]), _speed(options["speed"])
        place = {name: options[name] for name in PLACES}
        _check_place(place)
        points = _points(options, plan)
        if not points:
            raise CommandError(f"{options['file']} has no samples.")
        split = options["history_until"] or points[0][0].astimezone(plan.zone).date()
        before = [p for p in points if p[0].astimezone(plan.zone).date() < split]
        after = [p for p in points if p[0].astimezone(plan.zone).date() >= split]
        if options["limit_days"] and after:
            last = after[0][0] + timedelta(days=options["limit_days"])
            after = [p for p in after if p[0] < last]
        if not after:
            raise CommandError("Nothing is left to play after the history.")
        key = options["world"] or f"{options['file'].stem.replace('_', '-')[:30]}-{wall():%m%d%H%M%S}".lower()
        try:
            world = world_of_play(
                key, "replay", zh=f"回放：{options['file'].stem}", en=f"Replay: {options['file'].stem}", at=after[0][0]
            )
        except HotlineError as error:
            raise CommandError(str(error)) from None
        pk = series_with_hours(world, options["metric"], hours, **place)
        history_load(world, [(pk, at, value) for at, value in before])
        self.stdout.write(f"World {key}: {len(before)} samples of history, {len(after)} to play. /board/?world={key}")

        def wait(gap: timedelta) -> None:
            if speed > 0:
                sleep(max(0.0, gap.total_seconds() / speed))

        play(world, iter([(pk, at, value) for at, value in after]), wait=wait, tell=self.stdout.write)
        for line in crossed(world, plan.zone):
            self.stdout.write(line)


def _points(options: dict[str, Any], plan: Plan) -> list[tuple[datetime, float]]:
    """The file's samples, ascending; raises CommandError naming the line that cannot be read."""
    try:
        with options["file"].open(encoding="utf-8-sig", newline="") as file:
            return points_in(
                file,
                plan.metric(options["metric"]),
                zone=plan.zone,
                column=options["column"] or "",
                unit=options["unit"],
                utc=options["utc"],
            )
    except Unreadable as error:
        raise CommandError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{options['file']} cannot be read: {error}") from None


def _speed(text: str) -> float:
    """How many times faster than the clock; 0 is as fast as it goes. Raises CommandError."""
    try:
        return 0.0 if text == "max" else abs(float(text))
    except ValueError:
        raise CommandError(f"{text!r} is no speed; write a number such as 60, or max.") from None


def _check_place(place: dict[str, str]) -> None:
    """Raise CommandError for a place nobody knows."""
    known = {
        "region": {row.key for row in people.regions()},
        "hotline": {row.key for row in people.hotlines()},
        "node": {row.key for row in people.nodes()},
    }
    for name, key in place.items():
        if key and key not in known[name]:
            raise CommandError(f"There is no {name} {key}; there are: {', '.join(sorted(known[name]))}.")


def hours_said(text: str | None) -> list[dict[str, object]] | None:
    """Service hours as the plan writes them; raises CommandError."""
    try:
        return service_hours(text)
    except Unreadable as error:
        raise CommandError(str(error)) from None
