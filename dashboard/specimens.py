"""What the design page shows the components with: invented, but as the product would say it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.bilingual import both
from common.clock import utc_text
from common.errors import Missing
from dashboard.contrast import readings
from dashboard.names import grades_of
from escalation.card_words import card_shown
from plans.domain import Fact, LevelFacts, Place, Plan, level_card
from plans.selectors import current
from signals.continuity import rules_of_index

THEMES = ("auto", "light", "dark", "wall")
PHASES = ("reported", "verified", "warning", "response", "monitoring", "ended", "closed", "dismissed")
TONES = (
    ("ok", "circle-check", _("Done")),
    ("info", "clock", _("Due")),
    ("warn", "alert-triangle", _("Near the threshold")),
    ("bad", "clock-exclamation", _("Overdue")),
    ("unknown", "help", _("Unknown")),
    ("quiet", "minus", _("Superseded")),
)
TOASTS = (
    ("success", _("Put back; it is tried again at once.")),
    ("info", _("Your unsent entries were brought back.")),
    ("warning", _("This may be out of date.")),
    ("error", _("No connection. Nothing was sent; try again when you are back online.")),
)
# threshold of the plan, state, value, share over the daily mean
READINGS = (
    ("complaints_pre_response", "over", 14.2, 0.42),
    ("queue_time_pre_response", "near", 432.0, None),
    ("availability_target", "normal", 99.97, None),
    ("cpu_pre_response", "unknown", None, None),
)
PAST_INDEX = (98.0, 97.5, 97.0, 92.0, None, None, 81.0, 74.0, 70.5, 72.0, 75.0, 78.0)
RULING = {
    "id": 1,
    "finding": _("Two clauses draw the line at the same figure."),
    "ruling": _("At the figure itself the graver level holds."),
    "clauses": ("4.2",),
    "why": _("Too much is put right sooner than too little."),
}


class SpecimenForm(forms.Form):
    """Every kind of field; shown filled in wrongly."""

    noticed = forms.CharField(
        label=_("In your own words"),
        max_length=20,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What callers say, not what you suspect."),
    )
    calls = forms.IntegerField(label=_("Calls waiting"), min_value=0)
    when = forms.DateTimeField(
        label=_("Since when?"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    level = forms.ChoiceField(
        label=_("Level"),
        choices=[("I", _("Level I")), ("II", _("Level II")), ("III", _("Level III"))],
        widget=forms.RadioSelect,
    )
    kind = forms.ChoiceField(label=_("Category"), choices=[("", _("Not known"))], required=False)
    certain = forms.BooleanField(label=_("I have checked this with the group on site"))

    def clean(self) -> dict[str, Any]:
        raise forms.ValidationError(_("The text changed after you opened it; read it again before approving."))


def form_with_errors() -> SpecimenForm:
    return SpecimenForm({"noticed": "", "calls": "-3", "when": "yesterday", "level": "IV"}, auto_id="specimen_%s")


def decision_cards(plan: Plan, now: datetime) -> list[dict[str, Any]]:
    """The plan on invented facts: rules of it apply; none does."""
    heard = now - timedelta(minutes=12)
    proposing = LevelFacts(
        reach=Fact("region", heard, "report"),
        outage=Fact(True, heard, "report"),
        complaints_excess=Fact(0.42, now - timedelta(minutes=2), "signals", place=Place(region="east")),
    )
    return [card_shown(level_card(plan, facts, now=now)) for facts in (proposing, LevelFacts())]


def board_parts(plan: Plan, now: datetime) -> dict[str, Any]:
    """A board's state with each of its parts in each of its states."""

    def ago(minutes: int) -> str:
        return utc_text(now - timedelta(minutes=minutes))

    return {
        "world": {"key": "specimen", "name": both(_("Specimen")), "real": False, "now": utc_text(now), "rate": 1.0},
        "heads": {},
        "incidents": [
            _incident(plan, ago, number="X-1", level="II", phase="response", due=(18, None, -4)),
            _incident(plan, ago, number="X-2", level=None, phase="warning", due=()),
        ],
        "readings": [
            {
                "series": number,
                "metric": row.metric,
                "region": None,
                "hotline": None,
                "node": None,
                "at": None if state == "unknown" else ago(1),
                "value": value,
                "unit": plan.metric(row.metric).unit,
                "baseline": None if ratio is None else 10.0,
                "ratio": ratio,
                "threshold": {"id": row.id, "value": row.value, "direction": row.direction, "measure": row.measure},
                "state": state,
                "since": None if state in ("unknown", "normal") else ago(18),
                "muted_until": None,
                "held": False,
                "flapping_since": None,
            }
            for number, (threshold, state, value, ratio) in enumerate(READINGS)
            if (row := plan.thresholds.get(threshold))
        ],
        "bci": {
            "clause": plan.cites("index"),
            "rules": rules_of_index(plan),
            "trend": [{"at": ago(60 - 5 * n), "value": value} for n, value in enumerate(PAST_INDEX)],
        },
        "alarms": [{"kind": "specimen", "text": gettext("The product's own clocks stand still."), "since": ago(2)}],
        "names": {
            "roles": {key: role.title.as_dict() for key, role in plan.roles.items()},
            "metrics": {key: metric.title.as_dict() for key, metric in plan.metrics.items()},
            "thresholds": {key: row.title.as_dict() for key, row in plan.thresholds.items()},
            "levels": {key: row.title.as_dict() for key, row in plan.levels.items()},
        },
        "grades": grades_of(plan),
    }


def _incident(
    plan: Plan, ago: Callable[[int], str], *, number: str, level: str | None, phase: str, due: tuple[int | None, ...]
) -> dict[str, Any]:
    """`due`: for each obligation, how many minutes it is late (negative: left), None: it has no clock."""
    rules = list(plan.obligations.values())[: len(due)]
    return {
        "number": number,
        "stream": 1,
        "seq": 1,
        "plan": None,
        "title": both(_("Core switch down in the east")),
        "category": "",
        "origin": "report",
        "phase": phase,
        "level": level,
        "level_provisional": False,
        "started_by_region": None,
        "proposed_level": None,
        "major": level is not None,
        "warning": None if level else "yellow",
        "regions": [],
        "reach": None,
        "opened_at": ago(95),
        "phase_since": ago(80),
        "groups": [],
        "obligations": [
            {
                "id": n,
                "rule": rule.id,
                "title": rule.title.as_dict(),
                "owner": "duty_manager",
                "owner_title": both(_("Duty manager")),
                "turn": 1,
                "due_at": None if late is None else ago(late),
                "state": "overdue" if late is not None and late > 0 else "open",
                "clause": rule.clauses[0],
            }
            for n, (rule, late) in enumerate(zip(rules, due, strict=True))
        ],
        "tasks": [],
        "log": [],
    }


def specimens(now: datetime) -> dict[str, Any]:
    """The context of the design page; `now` is the world's. What is shown of a plan is missing while there is none."""
    try:
        plan = current()
    except Missing:
        of_plan: dict[str, Any] = {}
    else:
        of_plan = {"cards": decision_cards(plan, now), "board": board_parts(plan, now)}
    return of_plan | {
        "themes": THEMES,
        "phases": PHASES,
        "tones": TONES,
        "toasts": TOASTS,
        "form": form_with_errors(),
        "ruling": RULING,
        "readings": readings(),
        "soon": now + timedelta(minutes=4),
        "later": now + timedelta(hours=1),
        "late": now - timedelta(minutes=18),
        "earlier": now - timedelta(hours=3),
    }
