"""What the design page shows the components with: invented, but as the product would say it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import Missing
from dashboard.contrast import readings
from plans.domain import Fact, LevelFacts, level_card
from plans.selectors import current

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


def decision_card(now: datetime) -> dict[str, Any] | None:
    """The plan in force on invented facts; None while there is no plan."""
    try:
        plan = current()
    except Missing:
        return None
    facts = LevelFacts(
        reach=Fact("region", now - timedelta(minutes=12), "report"),
        outage=Fact(True, now - timedelta(minutes=12), "report"),
        complaints_excess=Fact(0.42, now - timedelta(minutes=2), "signals"),
    )
    return level_card(plan, facts, now=now).as_dict()


def specimens(now: datetime) -> dict[str, Any]:
    """The context of the design page; `now` is the world's."""
    return {
        "themes": THEMES,
        "phases": PHASES,
        "tones": TONES,
        "toasts": TOASTS,
        "form": form_with_errors(),
        "card": decision_card(now),
        "readings": readings(),
        "soon": now + timedelta(minutes=4),
        "later": now + timedelta(hours=1),
        "late": now - timedelta(minutes=18),
        "earlier": now - timedelta(hours=3),
    }
