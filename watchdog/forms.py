"""The form that lets held letters go."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from watchdog.models import Hold
from watchdog.services.restored import LONGEST_REASON


class ReleaseForm(forms.Form):
    """`begins`: what "before" starts with, an instant or nothing."""

    decision = forms.ChoiceField(
        label=_("What is to happen to the messages that wait"),
        choices=[
            (Hold.Decision.GO, _("Let all of them leave")),
            (Hold.Decision.DROP, _("Let them leave, but give up those from before a time")),
        ],
        initial=Hold.Decision.GO,
        widget=forms.RadioSelect,
    )
    drop_before = forms.DateTimeField(
        label=_("Give up what was written before"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Each of them is shown as not reached, and can be put back one by one under Operations."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, begins: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["drop_before"] = localtime(begins).replace(second=0, microsecond=0) if begins else None

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("decision") == Hold.Decision.DROP and not said.get("drop_before") and not self.errors:
            self.add_error("drop_before", _("Say from before which time messages are given up."))
        return said

    def said(self) -> dict[str, Any]:
        """What the service is told."""
        drops = self.cleaned_data["decision"] == Hold.Decision.DROP
        return {
            "reason": self.cleaned_data["reason"],
            "drop_before": self.cleaned_data["drop_before"] if drops else None,
        }
