"""The forms of a version of the plan."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.domain.source import LARGEST
from plans.models import PlanVersion


class TextForm(forms.Form):
    """The whole file; `based_on` and its hash name the text that the typing began from."""

    text = forms.CharField(
        label=_("Plan file (YAML)"),
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 28,
                "class": "plan-text",
                "spellcheck": "false",
                "autocapitalize": "off",
                "wrap": "off",
                "maxlength": LARGEST,
            }
        ),
    )
    note = forms.CharField(label=_("What was changed, and why"), required=False, max_length=2000)
    based_on = forms.IntegerField(widget=forms.HiddenInput)
    based_on_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    @classmethod
    def of(cls, version: PlanVersion) -> "TextForm":
        return cls(initial={"text": version.text, "based_on": version.revision, "based_on_sha256": version.sha256})

    def on(self, version: PlanVersion) -> "TextForm":
        """The same words and errors, to be saved over the newest revision once the person has seen it."""
        newest = {"based_on": str(version.revision), "based_on_sha256": version.sha256}
        self.data = {**dict(self.data.items()), **newest}
        return self


class ApproveForm(forms.Form):
    """`revision`, `sha256` and `against` say what was read: this text, beside what was in force."""

    in_force_from = forms.DateTimeField(
        label=_("In force from"),
        required=False,
        help_text=_("Empty: at once. Incidents under way keep their version."),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)
    sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    against = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def of(cls, version: PlanVersion, against: PlanVersion | None) -> "ApproveForm":
        said = {"revision": version.revision, "sha256": version.sha256, "against": against.number if against else None}
        return cls(initial=said)


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("Plan file (.yaml)"),
        help_text=_("It becomes a draft; nothing is in force before a second person approves it."),
        widget=forms.FileInput({"accept": ".yaml,.yml,text/yaml"}),
    )


class RulingForm(forms.Form):
    """A ruling on one finding; signed with the name of who records it."""

    kind = forms.CharField(widget=forms.HiddenInput, max_length=64)
    subjects = forms.CharField(widget=forms.HiddenInput, max_length=4000)
    ruling_zh = forms.CharField(
        label=_("Ruling in Chinese"), max_length=2000, widget=forms.Textarea({"rows": 2, "lang": "zh-hans"})
    )
    ruling_en = forms.CharField(
        label=_("Ruling in English"), max_length=2000, widget=forms.Textarea({"rows": 2, "lang": "en"})
    )
    why_zh = forms.CharField(
        label=_("Why, in Chinese"), max_length=2000, widget=forms.Textarea({"rows": 2, "lang": "zh-hans"})
    )
    why_en = forms.CharField(
        label=_("Why, in English"), max_length=2000, widget=forms.Textarea({"rows": 2, "lang": "en"})
    )
    based_on = forms.IntegerField(widget=forms.HiddenInput)

    def said(self) -> dict[str, Any]:
        """The arguments of `services.ruling_record`."""
        data = self.cleaned_data
        return {
            "kind": data["kind"],
            "subjects": data["subjects"].split(" "),
            "ruling": {"zh": data["ruling_zh"], "en": data["ruling_en"]},
            "why": {"zh": data["why_zh"], "en": data["why_en"]},
            "based_on": data["based_on"],
        }
