"""Forms of the duty roster."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people import rostered
from people.models import Duty, Rotation, User
from people.rights import GRANTS, ROLES
from people.rostered import may_stand
from people.services.roster import LONGEST_TURN, MANAGE, MOST_PEOPLE, TAKE
from people.standins import may_stand_in

SEATS, SPARE = 8, 2
BIGGEST = 2**63 - 1
CHOOSE_DEPUTY = _("Choose who stands in, or “Nobody”; nothing was changed.")
DAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)


def instant(label: Any, help_text: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, help_text=help_text)


def role_choices(right: str) -> list[tuple[str, Any]]:
    return [(role, ROLES[role]) for role in GRANTS[right]]


def clock(label: Any) -> forms.TimeField:
    return forms.TimeField(label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))


class SpanForm(forms.Form):
    starts_at = instant(_("Beginning"))
    ends_at = instant(_("End"))

    def begin(self, start: datetime, length: timedelta) -> None:
        begin = localtime(start).replace(second=0, microsecond=0)
        self.fields["starts_at"].initial, self.fields["ends_at"].initial = begin, begin + length


class OverrideForm(SpanForm):
    """A person for a span, over the rotation."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("Person"), empty_label=_("Choose…"))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    field_order = ("user", "starts_at", "ends_at", "reason")

    def __init__(self, *args: Any, duty: Duty, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="override-%s", **kwargs)
        self.fields["user"].queryset = may_stand(duty)  # type: ignore[attr-defined]
        self.begin(now, timedelta(hours=12))


class LeaveForm(SpanForm):
    """One's own leave with who stands in; who keeps the roster may name somebody else."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("Person"), empty_label=None)
    deputy = forms.ModelChoiceField(
        User.objects.none(),
        label=pgettext_lazy("of somebody on leave", "Deputy"),
        required=False,
        empty_label=_("As named for every leave"),
        help_text=_("Is told, owes and has the person's rights in the plan for exactly this time."),
    )
    field_order = ("user", "starts_at", "ends_at", "deputy")

    def __init__(self, *args: Any, user: User, others: bool, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="leave-%s", **kwargs)
        people = User.objects.filter(is_active=True).order_by("display_name", "pk")
        self.fields["user"].queryset = people if others else people.filter(pk=user.pk)  # type: ignore[attr-defined]
        self.fields["user"].initial = user.pk
        self.fields["deputy"].queryset = may_stand_in(but=0 if others else user.pk)  # type: ignore[attr-defined]
        if not others:
            self.fields["user"].widget = forms.HiddenInput()
        self.begin(now + timedelta(days=1), timedelta(days=1))


class DutyForm(forms.Form):
    """A duty's names, who owns it and who may stand it; its key only while it is made, for addresses are built on it."""

    key = forms.SlugField(
        label=_("Key"), max_length=40, help_text=_("For addresses and programs: letters, digits, hyphens. It stays.")
    )
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80)
    owner_role = forms.ChoiceField(
        label=_("Owner"), help_text=_("Changes its rotations and hears of its gaps."), choices=role_choices(MANAGE)
    )
    stood_by = forms.MultipleChoiceField(
        label=_("Who may stand it"), choices=role_choices(TAKE), widget=forms.CheckboxSelectMultiple
    )
    clause = forms.CharField(label=_("Clause"), max_length=8, required=False)
    position = forms.IntegerField(label=_("Order among the duties"), min_value=0, max_value=999, initial=0)
    based_on = forms.IntegerField(widget=forms.HiddenInput, initial=0)

    def __init__(self, *args: Any, duty: Duty | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if duty is not None:
            del self.fields["key"]
            said = {name: getattr(duty, name) for name in self.fields if name != "based_on"}
            self.initial = {**said, "based_on": duty.version, **self.initial}


class RotationForm(forms.Form):
    """People who take turns, in their order; there is always room for some more."""

    anchor = instant(
        _("First turn begins"), _("By the company's clock; every further turn begins as many hours later.")
    )
    turn_hours = forms.IntegerField(label=_("Hours of a turn"), min_value=1, max_value=LONGEST_TURN)
    days = forms.TypedMultipleChoiceField(
        label=_("Only on these days"),
        choices=DAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every day."),
    )
    from_time = clock(_("Only from"))
    to_time = clock(_("Only until"))
    position = forms.IntegerField(
        label=_("Order among the rotations"),
        min_value=0,
        max_value=99,
        initial=0,
        help_text=_("Where several reach the same hour, the lowest number decides."),
    )
    begins_at = instant(
        _("Counts from"), _("Empty: from now on. Until then everything stays as it is; the calendar shows it.")
    )
    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, duty: Duty, now: datetime, rotation: Rotation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        seated = len(rotation.seated) if rotation else 0  # type: ignore[attr-defined]
        self.seats = [f"person_{n}" for n in range(1, min(max(SEATS, seated + 2), MOST_PEOPLE) + 1)]
        people = may_stand(duty)
        for n, name in enumerate(self.seats, 1):
            label = _("Person %(n)s") % {"n": n}
            self.fields[name] = forms.ModelChoiceField(people, label=label, required=n == 1, empty_label=_("Nobody"))
        self.fields["begins_at"].required = rotation is not None and rotation.ahead(now)
        self.order_fields(["begins_at", "anchor", "turn_hours", *self.seats])
        tomorrow = localtime(now).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.initial = {
            "anchor": tomorrow,
            "turn_hours": 12,
            **(self.standing(rotation) if rotation else {}),
            **self.initial,
        }

    # As the page shows it: what most changes need, and what few do, folded until it says something.
    @property
    def when(self) -> list[forms.BoundField]:
        return [self[name] for name in ("begins_at", "anchor", "turn_hours")]

    @property
    def first_seats(self) -> list[forms.BoundField]:
        """Those taken, and two for more."""
        return [self[name] for name in self.seats[: self._taken + SPARE]]

    @property
    def further_seats(self) -> list[forms.BoundField]:
        return [self[name] for name in self.seats[self._taken + SPARE :]]

    @property
    def _taken(self) -> int:
        return max((n for n, name in enumerate(self.seats, start=1) if self[name].value()), default=0)

    @property
    def narrowed(self) -> bool:
        names = ("days", "from_time", "to_time", "position")
        return any(self[name].value() not in (None, "", 0, "0", []) or self[name].errors for name in names)

    def standing(self, rotation: Rotation) -> dict[str, Any]:
        """What the rotation says now."""
        names = ("turn_hours", "days", "from_time", "to_time", "position")
        said = {name: getattr(rotation, name) for name in names}
        people = [member.user_id for member in rotation.seated]  # type: ignore[attr-defined]
        said |= dict(zip(self.seats, people, strict=False))
        begins = localtime(rotation.begins_at) if rotation.begins_at and rotation.ahead(self.now) else None
        return {**said, "anchor": localtime(rotation.anchor), "begins_at": begins, "based_on": rotation.version}

    def said(self) -> dict[str, Any]:
        """What `rotation_set` takes, but for the duty and who acts."""
        data = self.cleaned_data
        names = ("anchor", "turn_hours", "days", "from_time", "to_time", "position", "begins_at", "based_on")
        people = [data[name].pk for name in self.seats if data[name]]
        return {**{name: data[name] for name in names}, "people": people}


class SwapForm(forms.Form):
    """One of one's own shifts ahead, whom to ask, and perhaps a shift of theirs to stand in return."""

    mine = forms.ChoiceField(label=_("My shift"))
    asked_of = forms.ModelChoiceField(User.objects.none(), label=_("Whom to ask"), empty_label=_("Choose…"))
    back = forms.ChoiceField(
        label=_("In return I stand"), required=False, help_text=_("A shift of the person asked, on the same duty.")
    )

    def __init__(self, *args: Any, user: User, now: datetime, until: datetime, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="swap-%s", **kwargs)
        duties = [duty for duty in rostered.duties() if may_stand(duty).filter(pk=user.pk).exists()]
        self.known: dict[str, tuple[Duty, datetime, datetime]] = {}
        mine: list[tuple[str, str, str, str]] = []
        theirs: list[tuple[str, str, str, str]] = []
        for one in rostered.shown(duties, now, until, now):
            for shift in one.stretches:
                if shift.user is not None and shift.start > now:
                    (mine if shift.user == user else theirs).append(self._choice(one.duty, shift))
        people = User.objects.filter(pk__in=[person.pk for duty in duties for person in may_stand(duty)])
        self.fields["mine"].choices = [(key, f"{name} · {when}") for key, name, _who, when in mine]  # type: ignore[attr-defined]
        self.fields["back"].choices = [  # type: ignore[attr-defined]
            ("", _("Nothing")),
            *((key, f"{who} · {name} · {when}") for key, name, who, when in theirs),
        ]
        self.fields["asked_of"].queryset = people.exclude(pk=user.pk).order_by("display_name", "pk")  # type: ignore[attr-defined]
        self.offered = bool(mine)

    def _choice(self, duty: Duty, shift: rostered.Stretch) -> tuple[str, str, str, str]:
        key = f"{duty.pk}.{int(shift.start.timestamp())}"
        self.known[key] = (duty, shift.start, shift.end)
        start, end = localtime(shift.start), localtime(shift.end)
        when = f"{date_format(start, 'm-d D H:i')} – {date_format(end, 'm-d H:i')}"
        return key, duty.name, str(shift.user), when

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        mine, back = self.known.get(data.get("mine", "")), self.known.get(data.get("back", ""))
        if mine and back and mine[0] != back[0]:
            self.add_error("back", _("Both shifts are of one duty."))
        return data

    def said(self) -> dict[str, Any]:
        """What `swap_ask` takes, but for who acts."""
        duty, *span = self.known[self.cleaned_data["mine"]]
        back = self.known.get(self.cleaned_data["back"])
        asked_of = self.cleaned_data["asked_of"].pk
        return {"duty_id": duty.pk, "span": tuple(span), "asked_of": asked_of, "back": back and back[1:]}


class DeputyForm(forms.Form):
    """Of `people/deputy_choice.html`. An empty choice that was sent means nobody; one that is missing or unreadable means nothing.
    `based_on`: the standing deputy's row as it was read, 0 for none."""

    deputy = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=BIGGEST,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), CHOOSE_DEPUTY),
    )
    based_on = forms.IntegerField(required=False, min_value=0, max_value=BIGGEST, widget=forms.HiddenInput)

    def clean_deputy(self) -> int | None:
        if "deputy" not in self.data:
            raise forms.ValidationError(CHOOSE_DEPUTY)
        chosen: int | None = self.cleaned_data["deputy"]
        return chosen


class BriefForm(forms.Form):
    brief = forms.CharField(label=_("Brief"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 14}))
    based_on = forms.IntegerField(widget=forms.HiddenInput)
