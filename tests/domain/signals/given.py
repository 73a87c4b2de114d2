"""The default plan and a few places, for what reads samples."""

from datetime import UTC, datetime

from plans.domain import load
from plans.services import SHIPPED
from signals.domain.places import Directory

PLAN = load(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PLACES = Directory(frozenset({"east", "north"}), frozenset({"main"}), {"sw-3": "east", "db-1": "east", "gw-1": "north"})
