"""Forms of maintenance windows and silences."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from common.bilingual import in_language
from people import selectors as people
from plans.selectors import current
from signals.domain.mutes import Where
from signals.models import Mute
from signals.services.mutes import LONGEST_REASON, owners_to_choose

ANY = ("", _("Any"))


def _time(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, help_text=help_text)


class MuteForm(forms.Form):
    """A new one; `now` is the world's."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Mute.Kind.choices)
    metric = forms.ChoiceField(label=_("Metric"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    hotline = forms.ChoiceField(label=_("Hotline"), required=False)
    node = forms.ChoiceField(label=_("Node"), required=False)
    starts_at = _time(_("Beginning"))
    ends_at = _time(_("End"))
    owner = forms.ModelChoiceField(
        people.User.objects.none(),
        label=_("Owner"),
        empty_label=None,
        help_text=_("Hears of the end, and what was held back."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, now: datetime, user_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = current()
        choices = {
            "metric": [(key, in_language(row.title.as_dict())) for key, row in plan.metrics.items()],
            "region": [(row.key, row.name) for row in people.regions()],
            "hotline": [(row.key, row.name) for row in people.hotlines()],
            "node": [(row.key, row.name) for row in people.nodes()],
        }
        for name, rows in choices.items():
            self.fields[name].choices = [ANY, *rows]  # type: ignore[attr-defined]
        owners = [user.pk for user in owners_to_choose()]
        self.fields["owner"].queryset = people.User.objects.filter(pk__in=owners).order_by("display_name")  # type: ignore[attr-defined]
        self.fields["owner"].initial = user_id
        begin = localtime(now).replace(second=0, microsecond=0)
        self.fields["starts_at"].initial, self.fields["ends_at"].initial = begin, begin + timedelta(hours=2)

    def said(self) -> dict[str, Any]:
        """What `mute_set` takes."""
        data = self.cleaned_data
        where = Where(data["metric"], data["region"], data["hotline"], data["node"])
        plain = {name: data[name] for name in ("kind", "reason", "starts_at", "ends_at")}
        return {**plain, "where": where, "owner_id": data["owner"].pk}


class ExtendForm(forms.Form):
    ends_at = _time(_("New end"))
    reason = forms.CharField(label=_("Reason"), max_length=LONGEST_REASON)
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, mute: Mute | None = None, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"extend-{mute.pk if mute else 0}-%s", **kwargs)
        if mute is not None:
            self.fields["ends_at"].initial = localtime(mute.ends_at) + timedelta(hours=1)
            self.fields["based_on"].initial = mute.version


class EndForm(forms.Form):
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
