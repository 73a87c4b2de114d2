"""Forms of the people pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.models import Region, User, WorkGroup
from people.rights import ROLES


class UserForm(forms.ModelForm):
    """A new account; the password is told to the person, who changes it after the first sign-in."""

    password = forms.CharField(label=_("First password"), widget=forms.PasswordInput, strip=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].empty_label = _("None")  # type: ignore[attr-defined]

    class Meta:
        model = User
        fields = ("username", "display_name", "language", "department")

    def validate_unique(self) -> None:
        """Left to the service: a form sent twice is no taken name."""


class RoleForm(forms.Form):
    """A role for somebody, everywhere or narrowed."""

    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("display_name"), label=_("Person"), empty_label=_("Choose…")
    )
    role = forms.ChoiceField(choices=lambda: list(ROLES.items()), label=_("Role"))
    region = forms.ModelChoiceField(
        Region.objects.order_by("key"), required=False, label=_("Only in region"), empty_label=_("Everywhere")
    )
    group = forms.ModelChoiceField(
        WorkGroup.objects.order_by("key"), required=False, label=_("Only for group"), empty_label=_("Any group")
    )
