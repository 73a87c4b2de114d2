"""Forms of the intake and of every act on an incident."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language
from incidents.domain.moves import Act
from incidents.models import GroupAtWork, Incident, Intake, Reach, SystemsState
from incidents.selectors import acts, symptoms_of
from people import selectors as people
from plans.domain import FactSpec, Plan
from plans.selectors import current, plan_of

LONG, SHORT = 4000, 200
UNKNOWN = ("", _("Not known"))
YES_NO = [UNKNOWN, ("yes", _("Yes")), ("no", _("No"))]


def _words(label: Any, *, required: bool = False, rows: int = 3, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, max_length=LONG, widget=widget, help_text=help_text)


def _number(label: Any, *, most: float = 8760) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})
    return forms.FloatField(label=label, required=False, min_value=0, max_value=most, widget=widget)


def _titles(rows: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, in_language(row.title.as_dict())) for key, row in rows.items()]


MORE = ("business", "category", "call_minutes", "queue_minutes", "systems_note", "caller_words")


class ReportForm(forms.Form):
    """The one-minute intake (3.1): only what customers notice is needed."""

    symptoms = forms.MultipleChoiceField(
        label=_("What do customers notice?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    noticed = _words(_("In your own words"), rows=2)
    systems = forms.ChoiceField(
        label=_("State of the systems"), choices=SystemsState.choices, initial="unknown", widget=forms.RadioSelect
    )
    regions = forms.MultipleChoiceField(
        label=_("Where? None: not known yet"), required=False, widget=forms.CheckboxSelectMultiple
    )
    noticed_at = forms.DateTimeField(
        label=_("Since when?"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    business = forms.ChoiceField(label=_("Business touched"), required=False)
    category = forms.ChoiceField(label=_("Category"), required=False)
    call_minutes = _number(_("Mean call duration now, minutes"))
    queue_minutes = _number(_("Mean wait in the queue now, minutes"))
    systems_note = _words(_("More about the systems"), rows=2)
    caller_words = _words(_("What they said, word for word"), rows=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = current()
        offered = [(key, in_language(words)) for key, words in symptoms_of(plan).items()]
        self.fields["symptoms"].choices = offered  # type: ignore[attr-defined]
        self.fields["regions"].choices = [*_whole_country(plan), *((row.key, row.name) for row in people.regions())]  # type: ignore[attr-defined]
        self.fields["business"].choices = [UNKNOWN, *_titles(plan.business)]  # type: ignore[attr-defined]
        self.fields["category"].choices = [UNKNOWN, *_titles(plan.categories)]  # type: ignore[attr-defined]
        if not plan.calls:
            for name in ("call_minutes", "queue_minutes"):
                del self.fields[name]
        self.fields["noticed_at"].initial = timezone.localtime().replace(second=0, microsecond=0)

    @property
    def more_refused(self) -> bool:
        """Whether something is wrong below the fold: it is opened then."""
        return not self.errors.keys().isdisjoint(MORE)

    def clean(self) -> dict[str, Any]:
        """The whole country is no region: it is how far the fault reaches."""
        said = self.cleaned_data
        if Reach.NATIONWIDE in said.get("regions", []):
            said |= {"regions": [], "reach": Reach.NATIONWIDE.value}
        return said


def _whole_country(plan: Plan) -> list[tuple[str, str]]:
    """The plan's word for it, where the plan asks how far a fault reaches."""
    values = plan.facts["reach"].values if "reach" in plan.facts else {}
    return [(key, in_language(values[key].as_dict())) for key in (Reach.NATIONWIDE.value,) if key in values]


class ActForm(forms.Form):
    """What every act carries: the newest event the page had shown."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)


class VerifyForm(ActForm):
    outcome = forms.ChoiceField(
        label=_("Does the report hold?"), choices=Intake.Outcome.choices, initial="confirmed", widget=forms.RadioSelect
    )
    major = forms.BooleanField(label=_("Major fault"), required=False)
    note = _words(_("Note"), rows=2, help_text=_("Needed for a false alarm."))

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What makes a fault major is the plan's to say (3.2).
        reasons = [in_language(rule.reason.as_dict()) for rule in plan.major_rules.values()]
        self.fields["major"].help_text = " / ".join(reasons)


# What people are asked, where that is more than the name of the fact.
QUESTIONS = {
    "outage": _("Is service down there?"),
    "full_outage": _("Is the whole system down?"),
    "recovery_hours": _("Expected hours until recovery"),
}


class FactsForm(ActForm):
    """The facts of the decision card (4.2) that the incident's plan asks people for; what stays empty is not touched."""

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = {name: spec for name, spec in plan.facts.items() if spec.asked}
        for name, spec in self.asked.items():
            self.fields[name] = _asked(QUESTIONS.get(name) or in_language(spec.title.as_dict()), spec)

    def facts(self) -> dict[str, str | bool | float | None]:
        """What was filled in, as the service takes it."""
        said = {name: self.cleaned_data[name] for name in self.asked}
        return {
            name: value == "yes" if self.asked[name].kind == "switch" else value
            for name, value in said.items()
            if value not in ("", None)
        }


def _asked(label: Any, spec: FactSpec) -> forms.Field:
    if spec.kind == "number":
        low, high = spec.range
        return forms.FloatField(label=label, required=False, min_value=low, max_value=high)
    named = [(value, in_language(title.as_dict())) for value, title in spec.values.items()]
    return forms.ChoiceField(label=label, required=False, choices=[UNKNOWN, *named] if named else YES_NO)


class AssessForm(FactsForm):
    """Impact assessment (4.1): in words, with the facts found."""

    impact = _words(_("Impact"), required=True)
    measures = _words(_("Measures"), rows=2)
    field_order = ("impact", "measures")


class DismissForm(ActForm):
    reason = _words(_("Reason"), required=True, rows=2)
    false_alarm = forms.BooleanField(label=_("It was a false alarm"), required=False)


class StartForm(ActForm):
    """Nothing to fill in: the level says the rest."""


class ReportHandlingForm(ActForm):
    measures = _words(_("Measures taken"), required=True)
    situation = _words(_("Situation"), rows=2)
    next_steps = _words(_("Next steps"), rows=2)
    recovery_hours = _number(_("Expected hours until recovery"))


class GroupStatusForm(ActForm):
    group = forms.ChoiceField(label=_("Work group"))
    status = forms.ChoiceField(label=_("Status"), choices=GroupAtWork.Status.choices, initial="working")
    note = _words(_("Note"), rows=2)

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The plan's own first: one of them is what is meant, most often.
        rows = sorted(people.groups(), key=lambda row: row.key not in plan.groups)
        self.fields["group"].choices = [(row.key, row.name) for row in rows]  # type: ignore[attr-defined]


class NoteForm(ActForm):
    note = _words(_("Note"), rows=2)


class CannotHoldForm(ActForm):
    needs = _words(
        _("What is needed?"),
        required=True,
        rows=3,
        help_text=_("A list: leased bandwidth, experts, vehicles. It goes out through the emergency office alone."),
    )
    reason = _words(_("Why can we not hold it ourselves?"), required=True, rows=2)


class ArrivedForm(ActForm):
    forces = forms.CharField(
        label=_("Who has arrived?"),
        max_length=200,
        help_text=_("Headquarters then names the on-scene commander at once."),
    )
    note = _words(_("Note"), rows=2)


class RegulatorForm(ActForm):
    regulator = forms.CharField(label=_("Which regulator?"), max_length=120)
    reason = _words(
        _("Why is it concerned?"),
        required=True,
        rows=2,
        help_text=_("PR and legal then owe a notice to it, with legal's opinion."),
    )


class EndingReportForm(ActForm):
    summary = _words(_("Ending report"), required=True, rows=6)


class TaskForm(forms.Form):
    """A task for one member of a group (2.2). Whoever has left is not offered; the service refuses them all the same."""

    title = forms.CharField(
        label=_("What is to be done?"), max_length=LONG, widget=forms.Textarea(attrs={"rows": 2, "class": "short"})
    )
    assignee = forms.TypedChoiceField(label=_("Who does it?"), coerce=int)
    due_in = forms.TypedChoiceField(
        label=_("By when?"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("no deadline")),
            (15, _("in 15 minutes")),
            (30, _("in 30 minutes")),
            (60, _("in 1 hour")),
            (120, _("in 2 hours")),
            (240, _("in 4 hours")),
        ],
    )

    def __init__(self, *args: Any, group: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_task_{group.key}_%s", **kwargs)
        self.fields["assignee"].choices = members_of(group)  # type: ignore[attr-defined]


class ReassignForm(forms.Form):
    assignee = forms.TypedChoiceField(label=_("Who does it now?"), coerce=int)
    reason = _words(_("Reason"), rows=2)

    def __init__(self, *args: Any, group: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].choices = members_of(group)  # type: ignore[attr-defined]


class CancelForm(forms.Form):
    reason = _words(_("Reason"), required=True, rows=2)


def members_of(group: Any) -> list[tuple[int, str]]:
    """Who of a group (`people.selectors.groups`) can be given a task, lead first."""
    return [(seat.user_id, seat.user.display_name) for seat in group.seated if seat.user.is_active]


FORMS: dict[Act, tuple[Any, type[ActForm]]] = {
    Act.VERIFY: (_("Verify the report"), VerifyForm),
    Act.ASSESS: (_("Assess the impact"), AssessForm),
    Act.START: (_("Start the response"), StartForm),
    Act.REPORT: (_("Write a handling report"), ReportHandlingForm),
    Act.SET_GROUP_STATUS: (_("Status of a group"), GroupStatusForm),
    Act.RECORD_FACTS: (_("Record facts"), FactsForm),
    Act.NAME_REGULATOR: (_("A regulator is concerned"), RegulatorForm),
    Act.CANNOT_HOLD: (_("Our own means cannot hold it"), CannotHoldForm),
    Act.SUPPORT_ARRIVED: (_("Outside forces have arrived"), ArrivedForm),
    Act.RESTORE: (_("Service is restored"), NoteForm),
    Act.REPORT_ENDING: (_("Submit the ending report"), EndingReportForm),
    Act.CLOSE: (_("Approve the ending and close"), NoteForm),
    Act.DISMISS: (_("Dismiss"), DismissForm),
}


def form_for(act: Act, incident: Incident, *args: Any, **kwargs: Any) -> ActForm:
    """The form of an act, its field ids told apart by the act's name."""
    kind = FORMS[act][1]
    if issubclass(kind, FactsForm | VerifyForm | GroupStatusForm):
        kwargs["plan"] = plan_of(incident.plan_version)
    return kind(*args, auto_id=f"id_{act.value}_%s", **kwargs)


def forms_for(incident: Incident, by: Actor, *, seq: int | None = None) -> list[dict[str, Any]]:
    """Every act with a form here that this person can do now, the most needed first."""
    return [
        {
            "name": act.value,
            "label": FORMS[act][0],
            "form": form_for(act, incident, initial={"based_on": seq}),
            "action": f"/incidents/{incident.number}/{act.value}/",
        }
        for act in acts(incident, by)
        if act in FORMS
    ]
