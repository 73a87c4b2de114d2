"""The form that asks for a backtest."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from people.selectors import regions
from plans.domain import Text
from plans.selectors import current
from signals.services.backtest_runs import versions

FLAT = "flat"
MEANS = [("learnt", _("the learnt daily mean")), ("flat", _("the flat mean"))]


class BacktestForm(forms.Form):
    """What to try, on what, beside what. An uploaded file takes the place of the stored history."""

    version = forms.TypedChoiceField(label=_("Plan"), coerce=int)
    mean = forms.ChoiceField(label=_("Ratios against"), choices=MEANS)
    against = forms.ChoiceField(label=_("Set beside it"), required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=_("Empty: 30 days back. What lies before is learnt from."),
    )  # fmt: skip
    until = forms.DateField(
        label=_("Up to and with"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    file = forms.FileField(
        label=_("History of your own (CSV)"), required=False,
        help_text=_("A column “at” and a column of values, 1.5 MB at most; empty: what is stored here."),
    )  # fmt: skip
    metric = forms.ChoiceField(label=_("What the values of the file are"), required=False)
    region = forms.ChoiceField(label=_("Region of the file"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = current()
        known = [
            (row.pk, f"{row.plan_key} {row.number}" + (" ✓" if row.status == "in_force" else "")) for row in versions()
        ]
        self.zone: tzinfo = plan.zone
        self._choose("version", known)
        self._choose("against", [("", _("nothing")), (FLAT, _("the flat mean")), *known])
        self._choose("metric", [("", "—"), *((key, _bilingual(row.title)) for key, row in plan.metrics.items())])
        self._choose("region", [("", _("whole country")), *((row.key, _bilingual(row)) for row in regions())])

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """The arguments of `backtest_ask`; days become instants of company time."""
        data = self.cleaned_data
        against = data["against"]
        file = data["file"]
        return {
            "version": data["version"],
            "mean": data["mean"],
            "against_version": int(against) if against and against != FLAT else None,
            "against_mean": FLAT if against == FLAT else "",
            "since": self._instant(data["since"], 0),
            "until": self._instant(data["until"], 1),
            "file": file.read().decode("utf-8-sig") if file else "",
            "metric": data["metric"] if file else "",
            "region": data["region"] if file else "",
        }

    def _instant(self, day: Any, later: int) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=later), time(0), self.zone).astimezone(UTC)


def _bilingual(text: Any) -> str:
    if isinstance(text, Text):
        return in_language(text.as_dict())
    return in_language({"zh": text.name_zh, "en": text.name_en})
