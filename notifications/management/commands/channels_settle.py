"""`manage.py channels_settle`: what stands against providers that are configured no more is cleared; `prepare` runs it."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.services.mending import alarms_settle


class Command(BaseCommand):
    help = "Clear the alarms of providers and chats that the settings name no more."

    def handle(self, *args: Any, **options: Any) -> None:
        for ref in alarms_settle():
            self.stdout.write(f"  {ref} is configured no more: its alarm is cleared")
