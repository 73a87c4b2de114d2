"""The forms of a progress summary and of a call down the telephone list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.domain.unanswered import Line, Outcome
from notifications.models import Summary


class SummaryForm(forms.Form):
    """Both texts, and the revision they were made from."""

    zh = forms.CharField(
        label=_("Text in Chinese"), widget=forms.Textarea(attrs={"rows": 16, "lang": "zh-hans"}), strip=False
    )
    en = forms.CharField(
        label=_("Text in English"), widget=forms.Textarea(attrs={"rows": 16, "lang": "en"}), strip=False
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Several forms of a summary may stand on one page.
        super().__init__(*args, auto_id="summary-%s", **kwargs)

    @classmethod
    def of(cls, summary: Summary) -> "SummaryForm":
        return cls(initial={"zh": summary.text_zh, "en": summary.text_en, "based_on": summary.revision})

    def on(self, summary: Summary) -> "SummaryForm":
        """The same words and errors, to be saved over the newest revision once the person has seen it."""
        self.data = {**dict(self.data.items()), "based_on": str(summary.revision)}
        return self


class KnownForm(forms.Form):
    """Whose knowledge, of which incident, at which instant; each may be left open."""

    person = forms.ChoiceField(label=_("Person"), required=False)
    incident = forms.CharField(
        label=_("Incident"), required=False, max_length=20, help_text=_("Its number, such as 2026-0001.")
    )
    at = forms.DateTimeField(
        label=_("At the instant"),
        required=False,
        help_text=_("Now, without one."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", _("Everybody")), *people]  # type: ignore[attr-defined]


class CallForm(forms.Form):
    """How a call went; the button pressed is the outcome."""

    user = forms.IntegerField(widget=forms.HiddenInput)
    line = forms.ChoiceField(choices=[(line.value, line.value) for line in Line])
    outcome = forms.ChoiceField(choices=[(outcome.value, outcome.value) for outcome in Outcome])
    note = forms.CharField(required=False, max_length=300)
