"""What the record holds for the forms of one page, each thing read once however many of its incidents ask for it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.utils.translation import get_language

from common.bilingual import Both
from incidents.selectors import HandlingReport, Incident, newest_handling_reports, one_region
from notifications.selectors import Summary, newest_summaries
from people.selectors import names
from plans.domain.units import said
from signals.continuity import index_now


class Record:
    """Reads of these incidents, kept for as long as the page is made."""

    def __init__(self, incidents: Iterable[Incident]) -> None:
        self._ids = {incident.pk for incident in incidents}
        self._figures: dict[tuple[int, str | None], list[dict[str, Any]]] = {}
        self.changes: dict[tuple[int, str], Any] = {}  # of (incident, what is reported): `dashboard.changes`

    @cached_property
    def places(self) -> dict[str, Both]:
        return names("regions")["regions"]

    @cached_property
    def reports(self) -> dict[int, HandlingReport]:
        return newest_handling_reports(self._ids)

    @cached_property
    def summaries(self) -> dict[int, Summary]:
        return newest_summaries(self._ids)

    def figures(self, incident: Incident) -> list[dict[str, Any]]:
        """What is known of the core indicators of the incident's region or the country."""
        where = (incident.world_id, one_region(incident))
        if where not in self._figures:
            self._figures[where] = [row for row in index_now(*where)["parts"] if row["value"] is not None]
        return self._figures[where]


def figure_text(unit: str, value: float) -> str:
    """A figure of the index in the reader's language; a ratio is said as what is over or under the mean."""
    if unit == "ratio":
        return f"{value * 100:+.0f} %"
    if unit == "percent":
        return f"{value:.1f} %"
    return said(unit, round(value) if unit == "seconds" else round(value, 1)).in_language(get_language() or "zh-hans")
