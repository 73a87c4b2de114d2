"""Replay a file of samples in a world whose clock follows it."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from common.clock import wall
from common.errors import HotlineError
from people import selectors as people
from plans.domain import Plan, Rejection, ServiceHours
from plans.selectors import current
from signals.models import Watch
from signals.services.playing import history_load, play, series_with_hours, world_of_play

PLACES = ("region", "hotline", "node")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
        plan = current()
        if options["metric"] not in plan.metrics:
            raise CommandError(f"The plan has no metric {options['metric']}; it has: {', '.join(plan.metrics)}.")
        hours, speed = service_hours(options["service_hours"]), _speed(options["speed"])
        place = {name: options[name] for name in PLACES}
        _check_place(place)
        points = list(_points(options, plan))
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
        self._report(pk, plan)

    def _report(self, series: int, plan: Plan) -> None:
        """When each threshold was crossed, for how long, by how much."""
        for watch in Watch.objects.filter(series_id=series).order_by("opened_at", "threshold"):
            opened = watch.opened_at.astimezone(plan.zone)
            cleared = watch.cleared_at.astimezone(plan.zone) if watch.cleared_at else None
            lasted = f"until {cleared:%m-%d %H:%M}" if cleared else "still open"
            figure = f"{watch.ratio:+.0%}" if watch.ratio is not None else f"{watch.value:g}"
            self.stdout.write(f"{opened:%a %Y-%m-%d %H:%M}  {watch.threshold:28} {lasted}  (last {figure})")


def _points(options: dict[str, Any], plan: Plan) -> Iterator[tuple[datetime, float]]:
    """The file's samples, ascending; raises CommandError naming the line that cannot be read."""
    metric, found = plan.metric(options["metric"]), {}
    try:
        with options["file"].open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            names = [name for name in rows.fieldnames or [] if name != "at"]
            column = options["column"] or (names[0] if names else "")
            if "at" not in (rows.fieldnames or []) or column not in names:
                raise CommandError(f"The file needs a column `at` and a column of values; it has: {rows.fieldnames}.")
            for row in rows:
                at = _instant(row["at"])
                value = metric.parse_value(_number(row[column]), options["unit"])
                if at is None or isinstance(value, Rejection):
                    raise CommandError(
                        f"Line {rows.line_num} cannot be read: at={row['at']!r}, {column}={row[column]!r}."
                    )
                zone = UTC if options["utc"] else plan.zone
                found[at if at.tzinfo else at.replace(tzinfo=zone)] = value
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{options['file']} cannot be read: {error}") from None
    yield from sorted(found.items())


def _number(text: str | None) -> float | str:
    """What a cell says; a line that breaks off has none."""
    try:
        return float(text or "")
    except ValueError:
        return text or ""


def _instant(text: str | None) -> datetime | None:
    """None also for a day that no calendar has."""
    try:
        return parse_datetime(text or "")
    except ValueError:
        return None


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


def service_hours(text: str | None) -> list[dict[str, object]] | None:
    """ "mon-fri 07:00-21:05" as the plan writes service hours; raises CommandError."""
    if not text:
        return None
    try:
        days, hours = text.split()
        first, _, last = days.partition("-")
        start, _, end = hours.partition("-")
        named = list(DAYS[DAYS.index(first) : DAYS.index(last or first) + 1])
        said: dict[str, object] = {"days": named, "from": start, "to": end}
        ServiceHours.model_validate(said)
    except ValueError:
        raise CommandError('Write service hours as "mon-fri 07:00-21:05".') from None
    return [said]
