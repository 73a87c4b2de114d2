"""What a page writes where an instant stands."""

from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string

from engine.models import Alarm
from notifications.alarm_words import alarm_text

AT = datetime(2026, 11, 26, 19, 3, 5, 120_000, tzinfo=UTC)


@pytest.mark.parametrize("at", [AT, "2026-11-26T19:03:05.120000Z", "2026-11-27T03:03:05.12+08:00"])
def test_a_clock_reads_an_instant_and_its_iso_text_alike(at):
    html = render_to_string("cotton/clock.html", {"at": at, "kind": "ago"})
    assert ">11-27 03:03</time>" in html, "the company's time, as a person writes it"
    assert 'title="2026-11-27 03:03:05"' in html
    assert 'datetime="2026-11-27T03:03:05.12' in html


@pytest.mark.django_db
def test_an_alarm_about_a_world_that_is_gone_still_speaks():
    text = alarm_text(Alarm(kind="signals.no_data", ref="long-gone", params={"n": 3}))
    assert "long-gone" in text
    assert "3" in text
