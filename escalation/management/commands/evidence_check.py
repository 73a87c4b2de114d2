"""Whether every file kept as evidence still holds the bytes whose digest the log tells."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from escalation.files import differing
from escalation.models import EvidenceFile


class Command(BaseCommand):
    help = (
        "Reads every file kept as evidence and compares it with the digest in the log; ends with 1 where one differs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = list(differing())
        for row, why in wrong:
            self.stdout.write(f"{row.stream.kind} {row.stream.key} #{row.event.seq}, file {row.pk}: {why}")
        if wrong:
            raise CommandError(f"{len(wrong)} of {EvidenceFile.objects.count()} files differ from the log")
        self.stdout.write(f"{EvidenceFile.objects.count()} files, all as the log tells of them")
