"""The field of a form that takes files; what they are is looked at by the service."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Nothing is read here: `escalation.services.files.uploads_of` takes what the request carries."""

    widget = SeveralFiles

    def __init__(self) -> None:
        said = _("PDF, photos, films, Word, Excel, PowerPoint or plain text; kept whole, with their digest in the log.")
        super().__init__(label=_("Files"), required=False, help_text=said)

    def clean(self, data: Any, initial: Any = None) -> None:
        return None
