"""The field of a form that takes files, and the form that adds some to a proof; what they are is looked at by the service."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Nothing is read here: `escalation.services.files.uploads_of` takes what the request carries."""

    widget = SeveralFiles

    def __init__(self, *, required: bool = False) -> None:
        said = _("PDF, photos, films, Word, Excel, PowerPoint or plain text; kept whole, with their digest in the log.")
        super().__init__(label=_("Files"), required=required, help_text=said)

    def clean(self, data: Any, initial: Any = None) -> None:
        return None


class AddFilesForm(forms.Form):
    """Files that came after the proof; `proved` are the turns they may be added to, by id, with what each is called."""

    turn = forms.TypedChoiceField(label=_("What they prove"), coerce=int)
    note = forms.CharField(
        label=_("What they show"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, proved: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="add-%s", **kwargs)
        self.fields["turn"].choices = proved  # type: ignore[attr-defined]
        self.fields["files"] = FilesField(required=True)
        self.order_fields(["turn", "files", "note"])
