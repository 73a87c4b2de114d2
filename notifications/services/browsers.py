"""Notifications in one's own browsers: turned on with the key of this installation, and tried."""

from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import both
from common.errors import Conflict
from common.ids import new_key
from engine import worlds
from notifications.channels.vapid import Signer, signer
from notifications.models import Message
from notifications.services.messages import message_send, reached_in_browsers
from people.browsers import Browser
from people.rights import require
from people.services.browsers import browser_add

KIND = "browser.tried"


def browser_turn_on(*, endpoint: str, p256dh: str, auth: str, user_agent: str, by: Actor) -> Browser:
    """As `people.services.browsers.browser_add`; raises Conflict where this installation tells nobody in browsers."""
    return browser_add(
        address=endpoint, p256dh=p256dh, auth=auth, user_agent=user_agent, server_key=_ours().digest, by=by
    )


def browsers_try(*, by: Actor) -> Message:
    """A test to every browser of the actor's, by the way every message goes. Raises Conflict when he has none."""
    by = require(by, "message.view")
    _ours()
    assert by.id is not None, "the product itself has no browser"
    if by.id not in reached_in_browsers([by.id]):
        raise Conflict("browser.none", _("You are told in no browser yet; turn notifications on first."))
    return message_send(
        world_id=worlds.real().pk,
        incident_id=None,
        kind=KIND,
        to=[(by.id, by.role)],
        subject=both(_("Test: notifications reach this browser.")),
        body=both(_("You asked for this test yourself. There is nothing to do.")),
        clause="",
        urgent=False,
        key=f"{KIND}:{new_key()}",
        link="",
        channels=("push",),
        by=by,
    )


def _ours() -> Signer:
    ours = signer()
    if ours is None:
        raise Conflict(
            "browser.off", _("This installation tells nobody in browsers; the system administrator can turn that on.")
        )
    return ours
