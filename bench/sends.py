"""Ten thousand letters to a fast provider by two workers: how many a second, and how many an urgent one waits behind.

The letters are written while no worker runs; every twentieth message is urgent and is written last. They go one by one, as those of the
gravest level do: as bundles they would be as many as there are readers. The plainest way beside it is one process that reads a row,
calls the provider and saves the row.
"""

import json
import os
import sys
import time
import urllib.request
from typing import Any

from bench.ground import PROMISED, Ground, ground, show, until

LETTERS, SHORT = 10_000, 600
PLAIN = 200
URGENT_EVERY = 20


def run(letters: int) -> None:
    with ground() as made:
        port = made.web("bench.provider:application")
        os.environ["HOTLINE_SMS_URLS"] = f"http://fast:secret@127.0.0.1:{port}"
        os.environ["HOTLINE_BUNDLE_WAIT_SECONDS"] = "0"
        readers = readers_with_numbers()
        letters_write(letters - letters // URGENT_EVERY, readers, urgent=False)
        letters_write(letters // URGENT_EVERY, readers, urgent=True)
        _send(made, letters, port)


def readers_with_numbers() -> list[int]:
    """Everybody of the practice company, with a number."""
    from common.actor import SYSTEM
    from people.models import User
    from people.services import contact_set

    users = list(User.objects.filter(is_active=True).order_by("pk"))
    for place, user in enumerate(users):
        contact_set(user=user, kind="phone", value=f"+86138{place:08}", by=SYSTEM)
    return [user.pk for user in users]


def letters_write(letters: int, readers: list[int], *, urgent: bool, about: str = "") -> None:
    """So many SMS, one message to as many people as there are. `about`: what tells them from others of the run."""
    from django.db import transaction

    from engine import worlds
    from notifications.services.messages import message_send

    real = worlds.real().pk
    for first in range(0, letters, len(readers)):
        # Each says something new: the same again would not be sent.
        what = f"{about}{first}"
        text = {"zh": f"呼叫成功率低于 60 %（第 {what} 次）", "en": f"Call success below 60 % ({what})"}
        with transaction.atomic():
            message_send(
                world_id=real,
                incident_id=None,
                kind="bench",
                to=[(user, "member") for user in readers[: letters - first]],
                subject=text,
                body=text,
                clause="8.1",
                urgent=urgent,
                key=f"bench:{urgent}:{what}",
                link="",
                channels=["sms"],
            )


def _send(made: Ground, letters: int, port: int) -> None:
    from notifications.models import Delivery, Send

    plain = _plain(port)
    made.workers()
    until(lambda: not Send.objects.exists(), within=120 + letters / 20)
    rows = Delivery.objects.filter(channel="sms", state="sent", sent_at__isnull=False).order_by("sent_at")
    sent = [(row.sent_at, row.message.urgent) for row in rows.select_related("message") if row.sent_at]
    if len(sent) != letters:
        raise RuntimeError(f"{len(sent)} of {letters} letters were sent")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/record", timeout=20) as answer:
        twice = sum(times > 1 for key, times in json.load(answer).items() if not key.startswith("plain"))
    rate = (letters - 1) / (sent[-1][0] - sent[0][0]).total_seconds()
    show("letters sent a second, two workers", rate, plain, "/s", more_is_better=True)
    last = max(place for place, (_, urgent) in enumerate(sent) if urgent)
    before = sum(not urgent for _, urgent in sent[:last])
    print(f"{'  not urgent ones sent before the last urgent one':58} {before:12,} of {letters:,}", flush=True)
    print(f"{'  taken more than once by the provider':58} {twice:12,}", flush=True)


def _plain(port: int) -> float:
    """Letters a second by one process that does one after another, with a client of its own each."""
    import httpx

    from notifications.models import Delivery

    begun = time.perf_counter()
    for row in (
        Delivery.objects.filter(channel="sms").select_related("message", "user").order_by("pk")[:PLAIN].iterator()
    ):
        said: dict[str, Any] = {"key": f"plain-{row.key}", "to": "", "text": row.message.text}
        httpx.post(f"http://127.0.0.1:{port}/messages", json=said, trust_env=False).raise_for_status()
        row.save(update_fields=["error"])
    return PLAIN / (time.perf_counter() - begun)


if __name__ == "__main__":
    run(SHORT if "--short" in sys.argv else LETTERS)
    sys.exit(bool(PROMISED.missed))
