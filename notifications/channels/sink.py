"""The sink: a provider of our own whose box one can read. Practice worlds write here always."""

from typing import ClassVar

from notifications.channels import Letter
from notifications.models import SunkMail


class Sink:
    can_be_asked: ClassVar[bool] = True

    def deliver(self, letter: Letter) -> str:
        """The same key twice is one mail, as with any good provider."""
        mail, _ = SunkMail.objects.get_or_create(
            key=letter.key,
            defaults={
                "channel": letter.channel,
                "world_id": letter.world_id,
                "user_id": letter.user_id,
                "chat": letter.chat,
                "subject": letter.subject,
                "body": letter.body,
                "language": letter.language,
                "urgent": letter.urgent,
                "sandbox": letter.sandbox,
            },
        )
        return f"sink:{mail.pk}"

    def find(self, key: str) -> str | None:
        mail = SunkMail.objects.filter(key=key).only("pk").first()
        return f"sink:{mail.pk}" if mail else None
