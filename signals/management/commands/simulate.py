"""Play a call centre in a practice world."""

import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from common.clock import wall
from engine import worlds
from plans.selectors import current
from signals.domain.callcentre import CallCentre, Scenario
from signals.services.history import rows_of
from signals.services.playing import OUT_OF_REACH, crossed, history_load, play, world_of_play

WEEKS = 4


class Command(BaseCommand):
    help = "Play a call centre in a world of its own: quiet-day, carrier-cut, attack, complaint-surge, single-node."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scenario", choices=[scenario.value for scenario in Scenario])
        parser.add_argument(
            "--rate", type=float, default=60.0, help="how many times faster than the clock; 0: as fast as it goes"
        )
        parser.add_argument("--hours", type=float, default=6.0, help="how long it plays, in world time")
        parser.add_argument("--after", type=float, default=1.0, help="hours until the trouble begins")
        parser.add_argument("--lasting", type=float, default=2.0, help="hours the trouble lasts")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--world", default="", help="key of the world; default: the scenario and the time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._play(**options)
        except OperationalError as error:
            raise CommandError(OUT_OF_REACH) from error

    def _play(self, **options: Any) -> None:
        scenario, hours = Scenario(options["scenario"]), timedelta(hours=options["hours"])
        now = worlds.now(worlds.real()).replace(second=0, microsecond=0)
        key = options["world"] or f"{scenario}-{now:%m%d%H%M}-{wall():%S}"
        world = world_of_play(key, "practice", zh=f"演练：{scenario}", en=f"Practice: {scenario}", at=now)
        centre = CallCentre(seed=options["seed"])
        loaded = history_load(world, list(rows_of(world, centre.play(now - timedelta(weeks=WEEKS), now))))
        self.stdout.write(f"World {key}: {loaded} samples of history. Watch it at /board/?world={key}")
        begin = now + timedelta(hours=options["after"])
        end = begin + timedelta(hours=options["lasting"])
        readings = centre.play(now, now + hours, scenario=scenario, trouble_from=begin, trouble_to=end)
        rate = options["rate"]

        def wait(gap: timedelta) -> None:
            if rate > 0:
                time.sleep(max(0.0, gap.total_seconds() / rate))

        zone = current().zone
        if scenario is not Scenario.QUIET:
            self.stdout.write(f"Trouble from {begin.astimezone(zone):%a %H:%M} to {end.astimezone(zone):%a %H:%M}.")
        play(world, rows_of(world, readings), wait=wait, tell=self.stdout.write)
        for line in crossed(world, zone):
            self.stdout.write(line)
