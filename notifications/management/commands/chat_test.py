"""`manage.py chat_test`: which group chats there are. `manage.py chat_test NAME`: say something in one, and tell how it went."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.actor import SYSTEM
from common.errors import HotlineError
from notifications.channels.chats import VARIABLE, read_all
from notifications.domain.delivery import State
from notifications.models import Delivery
from notifications.services.trying import chat_try

PATIENCE_SECONDS, LOOKS_EVERY = 30.0, 0.2


class Command(BaseCommand):
    help = f"List the group chats of {VARIABLE}, or say a test message in one of them through the running workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="of a chat; without it all are listed")
        parser.add_argument("--wait", type=float, default=PATIENCE_SECONDS, help="seconds to wait for its outcome")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"]:
            self._try(options["name"], options["wait"])
            return
        good, bad = read_all()
        for chat in good.values():
            self.stdout.write(f"{chat.name}  {chat.kind}  {chat.owner}  {'signed' if chat.secret else 'not signed'}")
        for place in bad:
            self.stderr.write(f"{VARIABLE}: entry {place} cannot be read, or its name is taken.")
        if not good and not bad:
            self.stdout.write(f"There is no chat: {VARIABLE} is empty.")
        if bad:
            raise CommandError("Write whose/name=kind+address#secret for each; see docs/operating.md, “Group chats”.")

    def _try(self, name: str, wait: float) -> None:
        try:
            row = chat_try(name=name, by=SYSTEM)
        except HotlineError as error:
            raise CommandError(error.sentence()) from error
        until = time.monotonic() + wait
        said = ""
        while True:
            row = Delivery.objects.get(pk=row.pk)
            if row.state == State.DELIVERED:
                self.stdout.write(f"{name}: it stands in the chat (message {row.message_id}, {row.tries} tries).")
                return
            if row.state == State.GIVEN_UP:
                raise CommandError(f"{name}: {row.error}. Nothing is tried again; see the alarm “delivery.given_up”.")
            if row.error and row.error != said:
                said = row.error
                self.stderr.write(f"{name}: {said}; it is tried again.")
            if time.monotonic() >= until:
                raise CommandError(
                    f"{name}: not there after {wait:.0f} s ({row.state}{', ' + row.error if row.error else ''}). "
                    f"It goes on; see /messages/{row.message_id}/. Are the workers running?"
                )
            time.sleep(LOOKS_EVERY)
