"""Forms of the ledger."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.models import User
from resources import selectors
from resources.domain.item import FIELDS
from resources.models import Category, Condition, Equipment, Store, Unit
from resources.prefill import inspection_begun
from resources.selectors import STATES

DAY = {"type": "date"}


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label, required=required, help_text=help_text, widget=forms.DateInput(DAY, "%Y-%m-%d"))


def _whole(label: Any, *, required: bool = True, most: int = 1_000_000, help_text: Any = "") -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(
        label=label, required=required, min_value=1, max_value=most, help_text=help_text, widget=widget
    )


def _text(label: Any, *, required: bool = False, longest: int = 300, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=longest, help_text=help_text)


class ItemForm(forms.Form):
    """A line of the ledger, new or changed; `based_on` is the version it was read at."""

    number = _text(_("Number"), required=True, longest=40, help_text=_("It stays for good."))
    name_zh = _text(_("Name in Chinese"), required=True, longest=80)
    name_en = _text(_("Name in English"), required=True, longest=80)
    category = forms.ChoiceField(label=_("Category"), choices=Category.choices)
    quantity = _whole(_("Quantity"))
    unit = forms.ChoiceField(label=_("Unit"), choices=Unit.choices)
    store = forms.ModelChoiceField(Store.objects.order_by("key"), label=_("Store"), empty_label=_("Choose…"))
    keeper = forms.ModelChoiceField(User.objects.none(), label=_("Keeper"), empty_label=_("Choose…"))
    specification = _text(_("Specification"))
    use_conditions = _text(_("Conditions of use"))
    transport_conditions = _text(_("Conditions of transport"))
    purchased_on = _day(_("Purchased on"))
    inspect_months = _whole(_("Inspection interval, months"), required=False, most=600)
    renew_months = _whole(_("Replacement interval, months"), required=False, most=600)
    last_inspected_on = _day(_("Last inspected on"), required=False)
    based_on = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keeper"].queryset = selectors.keepers_to_choose()  # type: ignore[attr-defined]

    @classmethod
    def of(cls, row: Equipment) -> "ItemForm":
        form = cls(
            initial={**{field.removesuffix("_id"): getattr(row, field) for field in FIELDS}, "based_on": row.version}
        )
        return form.for_change()

    def for_change(self) -> "ItemForm":
        """A number is given once: on a change it is shown, not asked for."""
        del self.fields["number"]
        return self

    def item(self) -> dict[str, Any]:
        """The fields of `resources.domain.item.FIELDS` that the form has."""
        said = self.cleaned_data
        own = {field: said[field] for field in FIELDS if field in said}
        return own | {"store_id": said["store"].pk, "keeper_id": said["keeper"].pk}


# --- acts on an item --------------------------------------------------------------------------------------------------
class ActForm(forms.Form):
    """Several forms of an item stand on one page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{type(self).__name__.lower()}-%s", **kwargs)


class WithdrawForm(ActForm):
    quantity = _whole(_("How many"))
    incident = forms.ChoiceField(label=_("For which incident"), required=False)
    note = _text(_("Note"))

    def __init__(self, row: Equipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"quantity": 1}, **kwargs)
        open_now = [(one.number, f"{one.number} {one.title}") for one in selectors.open_incidents()]
        self.fields["incident"].choices = [("", _("Without an incident")), *open_now]  # type: ignore[attr-defined]


class ReturnForm(ActForm):
    quantity = _whole(_("How many"))
    incident = forms.ChoiceField(label=_("Taken for"), required=False)
    condition = forms.ChoiceField(label=_("Condition found"), choices=Condition.choices)
    note = _text(_("Note"))

    def __init__(self, row: Equipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"quantity": 1}, **kwargs)
        labels = [
            (
                one.number,
                f"{one.number} {one.incident.title if one.incident else _('Without an incident')} ({one.quantity})",
            )
            for one in selectors.out_of(row.pk)
        ]
        self.fields["incident"].choices = labels or [("", _("Without an incident"))]  # type: ignore[attr-defined]


class InspectForm(ActForm):
    on = _day(_("Inspected on"))
    condition = forms.ChoiceField(label=_("Condition found"), choices=Condition.choices)
    note = _text(_("Note"))

    def __init__(self, row: Equipment, *args: Any, **kwargs: Any) -> None:
        begun, last = inspection_begun(row) if not args else ("", "")
        initial = {"on": selectors.today(), "condition": row.condition, "note": begun}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["note"].help_text = last


# --- around the ledger ------------------------------------------------------------------------------------------------
STATE_NAMES = {"expired": _("Expired"), "soon": _("Due within 30 days"), "out": _("Withdrawn"), "retired": _("Retired")}


class FilterForm(forms.Form):
    """What the ledger shows; a value it does not know shows everything."""

    words = forms.CharField(label=_("Search"), required=False, widget=forms.TextInput({"type": "search"}))
    category = forms.ChoiceField(label=_("Category"), required=False)
    store = forms.ChoiceField(label=_("Store"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="filter-%s", **kwargs)
        chosen = {
            "category": Category.choices,
            "store": [(store.key, store.name) for store in selectors.stores()],
            "state": [(state, STATE_NAMES[state]) for state in STATES],
        }
        for field, choices in chosen.items():
            self.fields[field].choices = [("", _("All")), *choices]  # type: ignore[attr-defined]

    def wanted(self) -> selectors.Filter:
        self.is_valid()
        return selectors.Filter(**{field: self.cleaned_data.get(field, "") for field in self.fields})


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("Workbook (.xlsx)"),
        help_text=_("At most 5,000 rows and 2 MB."),
        widget=forms.FileInput({"accept": ".xlsx"}),
    )


class StoreForm(forms.Form):
    key = forms.SlugField(
        label=_("Key"),
        max_length=40,
        help_text=_("Letters, digits and dashes, such as “east”. An existing key renames its store."),
    )
    name_zh = _text(_("Name in Chinese"), required=True, longest=80)
    name_en = _text(_("Name in English"), required=True, longest=80)
