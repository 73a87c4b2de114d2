"""Sending a canary on its way, and finding out how far it has come."""

import os
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import httpx
from django.conf import settings

from common.clock import utc_text, wall
from notifications.services.canary import canary_ensure, canary_sent
from signals.protocols import PATH
from signals.services.canary import canary_metric, canary_reached_the_judge, canary_token, canary_waits
from watchdog.domain.sight import Canary, Stage

CALL_SECONDS = 5.0


@dataclass
class Web:
    """The product's own door, knocked on as a stranger would. `base`: its address without a slash at the end."""

    base: str

    @cached_property
    def client(self) -> httpx.Client:
        """Past any proxy of the environment: the door is ours. A connection lasts one look: the server may close an older
        one just as a canary enters it."""
        return httpx.Client(
            base_url=self.base,
            headers=self.headers,
            timeout=CALL_SECONDS,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=2.0),
        )

    @cached_property
    def headers(self) -> dict[str, str]:
        return {
            "Host": os.environ.get("HOTLINE_HOSTS", "").split(",")[0].strip() or httpx.URL(self.base).netloc.decode(),
            **({"X-Forwarded-Proto": "https"} if settings.SECURE else {}),
        }

    @cached_property
    def token(self) -> str:
        canary_ensure()
        return canary_token()

    def answers(self) -> bool:
        try:
            return self.client.get("/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def canary(self) -> Canary:
        """Post one; whether it was taken in shows at its trace."""
        posted = wall()
        sample = {"metric": canary_metric(), "at": utc_text(posted), "value": 1}
        try:
            answer = self.client.post(
                PATH, json={"samples": [sample]}, headers={"Authorization": f"Bearer {self.token}"}
            )
            if answer.status_code == 401:
                del self.token  # a second watchdog took a newer one
        except httpx.HTTPError:
            pass  # the trace finds it nowhere and says so
        return Canary(posted, Stage.WEB)


def traced(canary: Canary) -> Canary:
    """The same canary, as far as it has come by now."""
    at = utc_text(canary.posted)
    letter = canary_sent(at)
    if letter is not None:
        return replace(canary, stage=Stage.ARRIVED if letter.sent_at else Stage.SENDER, arrived=letter.sent_at)
    if canary_reached_the_judge(at):
        return replace(canary, stage=Stage.RELAY)
    return replace(canary, stage=Stage.JUDGE if canary_waits() else Stage.WEB)


def posted_at(at: datetime) -> Canary:
    """A canary of an earlier run of ours."""
    return traced(Canary(at, Stage.WEB))
