"""Whether every file that the log tells of is kept, and still holds the bytes of its digest."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from escalation.files import differing, told


class Command(BaseCommand):
    help = (
        "Reads every file that the log says was kept as evidence and compares it with its digest; ends with 1 where one"
        " differs or is gone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = list(differing())
        for event, why in wrong:
            self.stdout.write(f"{event.stream.kind} {event.stream.key} #{event.seq}, file {event.data['file']}: {why}")
        if wrong:
            raise CommandError(f"{len(wrong)} of {told().count()} files differ from the log")
        self.stdout.write(f"{told().count()} files, all as the log tells of them")
