"""`manage.py restored`: what an older backup lacks, what waits to leave, and letting it go."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.clock import utc_text
from common.errors import HotlineError
from engine import clearance
from notifications.waiting import letters_waiting
from people.selectors import actor_of, user_by_name
from watchdog import selectors
from watchdog.services.restored import letters_release


class Command(BaseCommand):
    help = "List what is missing after an older backup was put back and what waits to leave; --go lets letters leave."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--go", action="store_true", help="let letters leave; needs --by and --reason")
        parser.add_argument("--by", metavar="USER", help="the account of the system administrator who decides")
        parser.add_argument("--reason", help="why; it is kept in the log")
        parser.add_argument(
            "--drop-before",
            type=_instant,
            metavar="TIME",
            help="give up what was written before, such as 2026-01-31T08:00:00+08:00",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["go"]:
            self._release(options)
        self._list()

    def _release(self, options: dict[str, Any]) -> None:
        if not options["by"] or not options["reason"]:
            raise CommandError("Say who decides (--by) and why (--reason).")
        try:
            by = actor_of(user_by_name(options["by"]))
            done = letters_release(by=by, reason=options["reason"], drop_before=options["drop_before"])
        except HotlineError as error:
            raise CommandError(error.sentence()) from error
        self.stdout.write(f"letters leave; {done.dropped} given up")

    def _list(self) -> None:
        held_at, hold = clearance.held_since(), selectors.hold_open()
        self.stdout.write(f"held since {utc_text(held_at)}" if held_at else "no letters are held")
        for row in hold.missing if hold else []:
            self.stdout.write(
                f"missing {row['world']}/{row['kind']}/{row['key']}: events {row['first']} to {row['last']},"
                f" exported {row['exported_at']}; stood at {row['stands_at']}"
            )
        for group in letters_waiting():
            practice = ", practice" if group.practice else ""
            self.stdout.write(
                f"waits {group.kind} by {group.channel}: {group.count}, oldest {utc_text(group.oldest)}{practice}"
            )


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    return at
