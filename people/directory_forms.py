"""Forms of the company's map, of a person's account, and of how a person is reached."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import Text
from people import directory
from people.models import Bilingual, Contact, Department, Hotline, Node, Region, User, WorkGroup, WorkGroupMember

# An address of the pages themselves.
RESERVED: Final = frozenset({"new"})


class PlaceForm(forms.Form):
    """What everything on the map has; `based_on` is what the person read before he changed it."""

    key = forms.SlugField(
        label=_("Key"),
        max_length=40,
        help_text=_("Letters, digits, dashes and underscores; plan and log name it by this, so it never changes."),
    )
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    based_on = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, row: Bilingual | None = None, **kwargs: Any) -> None:
        if row is not None:
            told = {name: getattr(row, name) for name in self.base_fields if name != "based_on"}
            kwargs["initial"] = {**told, "based_on": directory.reading(row)}
        super().__init__(*args, **kwargs)
        if row is not None:
            self.fields["key"].disabled = True

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if key in RESERVED:
            raise forms.ValidationError(_("This key is the address of a page; choose another one."))
        return key


class HotlineForm(PlaceForm):
    region = forms.ModelChoiceField(
        Region.objects.order_by("key"), label=_("Region"), required=False, empty_label=_("The whole country")
    )


class NodeForm(PlaceForm):
    region = forms.ModelChoiceField(Region.objects.order_by("key"), label=_("Region"), empty_label=_("Choose…"))
    business = forms.SlugField(
        label=_("Business"), max_length=40, help_text=_("The key of a business type of the plan, such as rescue.")
    )
    daily_calls = forms.IntegerField(
        label=_("Calls a day"), min_value=0, max_value=10_000_000, help_text=_("The node's own mean daily volume.")
    )


class GroupForm(PlaceForm):
    lead_department = forms.ModelChoiceField(
        Department.objects.order_by("key"), label=_("Leading department"), required=False, empty_label=_("None")
    )
    chat_url = forms.URLField(label=_("Link to the chat"), required=False, max_length=200, assume_scheme="https")
    meeting_url = forms.URLField(
        label=_("Link to the video meeting"), required=False, max_length=200, assume_scheme="https"
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of thing on the map: its rows, its form and the service that keeps it."""

    key: str
    title: Text
    new: Text
    icon: str
    model: type[Bilingual]
    form: type[PlaceForm]
    keep: Callable[..., Bilingual]


KINDS: Final = {
    kind.key: kind
    for kind in (
        Kind(
            "departments", _("Departments"), _("New department"), "users-group",
            Department, PlaceForm, directory.department_set,
        ),
        Kind("groups", _("Work groups"), _("New work group"), "users", WorkGroup, GroupForm, directory.group_set),
        Kind("regions", _("Regions"), _("New region"), "map-pin", Region, PlaceForm, directory.region_set),
        Kind("hotlines", _("Hotlines"), _("New hotline"), "phone", Hotline, HotlineForm, directory.hotline_set),
        Kind("nodes", _("Nodes"), _("New node"), "network", Node, NodeForm, directory.node_set),
    )
}  # fmt: skip


class SeatForm(forms.Form):
    """A seat in a work group."""

    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("display_name"), label=_("Person"), empty_label=_("Choose…")
    )
    role = forms.ChoiceField(label=_("Seat"), choices=WorkGroupMember.Seat.choices, initial=WorkGroupMember.Seat.MEMBER)


class AccountForm(forms.ModelForm):
    """What of an account may change; the user name stays."""

    class Meta:
        model = User
        fields = ("display_name", "language", "department")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].empty_label = _("None")  # type: ignore[attr-defined]


class ReachForm(forms.Form):
    """How a person is reached. What is there is shown masked and stays where nothing is typed."""

    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = forms.CharField(
        label=_("E-mail"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {contact.kind: contact.masked for contact in person.contacts.all()}
        for kind in Contact.Kind:
            now = known.get(kind)
            kept = _("Now %(masked)s; it stays where you type nothing.") % {"masked": now} if now else _("None yet.")
            self.fields[kind.value].help_text = kept

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(said.values()):
            raise forms.ValidationError(_("Type a phone number or an e-mail address."))
        return said

    def said(self) -> dict[str, str]:
        """Kind → value, of what was typed."""
        return {kind: value for kind, value in self.cleaned_data.items() if value}
