"""A message that stood in a group chat late is named in the report of a blind window by the chat."""

from datetime import timedelta

import pytest
from django.db.models import F

from common.actor import SYSTEM
from common.clock import wall
from notifications.channels.chats import chats
from notifications.models import Delivery
from notifications.services.trying import chat_try
from tests.cast import GM, Cast
from watchdog.models import BlindWindow
from watchdog.services.reports import report_of


def test_a_chat_told_late_is_named(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOTLINE_CHATS", "hq/command=wecom+https://chats.example.org/?key=k")
    assert list(chats()) == ["command"]
    row = chat_try(name="command", by=SYSTEM)
    Delivery.objects.filter(pk=row.pk).update(queued_at=F("queued_at") - timedelta(minutes=5), state="sending")
    now = wall()
    report = report_of(now - timedelta(minutes=10), now, now)
    told = [(late["chat"], late["person"], late["late_s"]) for late in report["told_late"]]
    assert told == [("command", None, None)]
    window = BlindWindow.objects.create(since=now - timedelta(minutes=10), until=now)
    BlindWindow.objects.filter(pk=window.pk).update(report=report, reported_at=now)
    assert "command" in cast.client(GM).get(f"/operations/blindness/{window.pk}/").content.decode()
    shown = cast.api(GM).get(f"/api/v1/operations/blindness/{window.pk}").json()["report"]["told_late"]
    assert [(one["chat"], one["person"]) for one in shown] == [("command", None)]
