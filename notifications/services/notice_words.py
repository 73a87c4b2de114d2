"""Who is told what about a notice: legal that a text waits, the PR manager that one may go out, its writers that it came back."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from common.errors import Text
from engine.alarms import alarm_raise
from engine.models import Event
from notifications import selectors
from notifications.models import Notice
from notifications.services.messages import message_send

SUBMITTED = (
    _("Notice to review: %(kind)s (%(matter)s)"),
    _("PR asks legal to read this text. Approve it or return it with a reason.\n\n%(words)s"),
)
APPROVED = (
    _("Notice approved: %(kind)s (%(matter)s)"),
    _("Legal approved this text. It goes out when you publish it.\n\n%(words)s"),
)
RETURNED = (
    _("Notice returned by legal: %(kind)s (%(matter)s)"),
    _("Legal returned this text: %(reason)s"),
)

WITHDRAWN = (
    _("Holding statement no longer ready: its text was withdrawn"),
    _("The same text was withdrawn after it had been published: %(reason)s\nCorrect it and submit it to legal again."),
)


def tell_legal(notice: Notice, event: Event) -> None:
    _tell(notice, event, SUBMITTED, selectors.holders_in_plan(notice.incident, "legal_reviewer"))


def tell_publisher(notice: Notice, event: Event) -> None:
    _tell(notice, event, APPROVED, selectors.holders_in_plan(notice.incident, "pr_manager"))


def tell_writers(notice: Notice, event: Event) -> None:
    _tell(notice, event, RETURNED, [(user_id, "pr_editor") for user_id in notice.writers])


def tell_withdrawn(notice: Notice, event: Event) -> None:
    _tell(notice, event, WITHDRAWN, [(user_id, "pr_editor") for user_id in notice.writers])


def _tell(notice: Notice, event: Event, said: tuple[Text, Text], to: Sequence[tuple[int, str]]) -> None:
    if not to:
        alarm_raise("message.nobody", f"notice:{notice.pk}:{event.kind}")
        return
    words = {
        "kind": both(Notice.Kind(notice.kind).label),
        "matter": notice.incident.number if notice.incident else both(_("general")),
        "words": {"zh": notice.text_zh, "en": notice.text_en},
        "reason": notice.returned_why,
    }
    message_send(
        world_id=notice.world_id,
        incident_id=notice.incident_id,
        kind=event.kind,
        to=to,
        subject=both(said[0], **words),
        body=both(said[1], **words),
        clause=event.clause,
        urgent=True,
        key=f"notice:{notice.pk}:{event.pk}",
        link=f"/notices/{notice.pk}/",
    )
