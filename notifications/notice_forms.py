"""The forms of a notice."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import HotlineError
from incidents.selectors import open_incidents
from notifications.domain.notices import LONGEST
from notifications.models import Notice


def _text(label: Any, language: str) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 8, "lang": language, "maxlength": LONGEST})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=LONGEST * 2)


class NoticeForm(forms.Form):
    """Both texts; `based_on` is the revision they were made from, 0 for a new notice."""

    zh = _text(_("Text in Chinese"), "zh-hans")
    en = _text(_("Text in English"), "en")
    based_on = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    @classmethod
    def of(cls, notice: Notice) -> "NoticeForm":
        return cls(initial={"zh": notice.text_zh, "en": notice.text_en, "based_on": notice.revision})

    def on(self, notice: Notice) -> "NoticeForm":
        """The same words and errors, to be saved over the newest revision once the person has seen it."""
        self.data = {**dict(self.data.items()), "based_on": str(notice.revision)}
        return self

    def blame(self, error: HotlineError) -> None:
        """Put each error at its field, what is left above the form."""
        rows = [row for row in error.errors if row.get("field") in self.fields]
        for row in rows:
            self.add_error(row["field"], str(row["message"]))
        if not rows:
            self.add_error(None, error.sentence())


class NewNoticeForm(NoticeForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=Notice.Kind.choices, widget=forms.HiddenInput)


class PublishForm(forms.Form):
    """A holding statement names the incident it goes out for; every other has its own."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    incident = forms.ChoiceField(label=_("For which incident?"), required=False)

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if notice.kind == Notice.Kind.HOLDING and notice.incident_id is None:
            rows = [(str(row.pk), f"{row.number} {row.title}") for row in open_incidents(notice.world_id)]
            self.fields["incident"].choices = [("", "—"), *rows]  # type: ignore[attr-defined]
            self.fields["incident"].required = True
        else:
            del self.fields["incident"]
