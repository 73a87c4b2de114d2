"""Forms of the acts on a warning; those of the decisions stand in the incident room itself."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.bilingual import in_language, listed
from engine import worlds
from escalation import selectors
from escalation.file_fields import FilesField
from escalation.models import EarlyWarning, PreparationTask, WarningData
from escalation.services.endings import ending_verdict
from escalation.services.files import FILE
from escalation.services.levels import card_of
from escalation.services.regional import may_start
from escalation.services.warning_state import candidates
from escalation.services.warnings import RIGHTS
from incidents.domain.moves import Act
from incidents.forms import ActForm
from incidents.selectors import Incident, act_open
from incidents.services.acting import scope_of
from people.rights import allowed
from people.selectors import User, names
from plans.domain import ObligationRule, Plan, said_of
from plans.domain.ending import EndingCondition
from signals.selectors import core_now, near_now

LONG = 4000


def _words(label: Any, *, required: bool = False, rows: int = 3, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, required=required, max_length=LONG, widget=widget, help_text=help_text)


FACTS_ONLY = _("Facts only; nothing that could spread panic.")


class WarnForm(ActForm):
    """The four contents of a warning (5.1)."""

    colour = forms.ChoiceField(label=_("Colour"), widget=forms.RadioSelect)
    reach = _words(_("Reach"), required=True, rows=2, help_text=FACTS_ONLY)
    duration = _words(_("Expected duration"), required=True, rows=1)
    measures = _words(_("First measures advised"), required=True, rows=3)

    def __init__(self, *args: Any, incident: Incident, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        standing = selectors.standing_warning(incident)
        wanted = [EarlyWarning.Colour.YELLOW] if standing else list(EarlyWarning.Colour)
        may = [colour for colour in wanted if allowed(by, RIGHTS[colour], scope_of(incident))]
        self.fields["colour"].choices = [(colour.value, colour.label) for colour in may]  # type: ignore[attr-defined]
        self.near = [] if self.is_bound or standing else near_now(incident.world_id, incident.regions)
        if self.near:
            self.fields["colour"].help_text = _near_text(self.near)
        proposed = next((colour for _threshold, colour in self.near if colour in may), None)
        self.initial.setdefault("colour", proposed or (may[0].value if may else ""))
        if standing:
            for name, text in standing.contents.items():
                self.initial.setdefault(name, in_language(text))
        elif incident.regions:
            places = names()["regions"]
            self.initial.setdefault("reach", in_language(listed(places[k] for k in incident.regions if k in places)))


def _near_text(near: list[tuple[Any, str]]) -> str:
    lines = "; ".join(in_language(threshold.title.as_dict()) for threshold, _colour in near)
    colour = EarlyWarning.Colour(near[0][1]).label
    return gettext("The plan proposes %(colour)s: near the threshold of %(lines)s.") % {
        "colour": colour,
        "lines": lines,
    }


class DataForm(forms.Form):
    """The hourly data of a department (4.3): availability as the signals know it, spares as it last reported them."""

    availability = _words(_("Availability"), required=True, rows=2)
    spares = _words(_("State of spare resources"), required=True, rows=2)
    forecast = _words(_("Forecast of impact"), required=True, rows=2)

    def __init__(
        self,
        *args: Any,
        incident: Incident,
        plan: Plan,
        reports: Collection[str] = (),
        last: WarningData | None = None,
        **kwargs: Any,
    ) -> None:
        """`reports`: the departments the reader reports for; of several, as a deputy has, he says for which."""
        super().__init__(*args, **kwargs)
        if len(reports) > 1:
            known = {key: in_language(text.as_dict()) for key, text in plan.departments.items()}
            choices = [(key, known.get(key, key)) for key in reports]
            self.fields["department"] = forms.ChoiceField(label=_("Department"), choices=choices)
            self.order_fields(["department"])
        if not self.is_bound:
            self.initial.setdefault("availability", availability_said(incident, plan))
        self.last = last
        if last is not None:
            self.initial.setdefault("spares", last.spares)


def availability_said(incident: Incident, plan: Plan) -> str:
    """What the signals know of the core indicators now, in the reader's language."""
    known = core_now(incident.world_id, incident.regions)
    said = [
        f"{in_language(plan.metrics[key].title.as_dict())} {value:g} %" for key, (value, _at) in sorted(known.items())
    ]
    return ("；" if (get_language() or settings.LANGUAGE_CODE).startswith("zh") else "; ").join(said)


class AssignForm(forms.Form):
    # Whoever is not in the list is refused by the service, with the reason.
    person = forms.IntegerField(label=_("Person"), widget=forms.Select)
    due_at = forms.DateTimeField(
        label=_("To be done by"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Left empty: the time stays as it is."),
    )

    def __init__(
        self, *args: Any, task: PreparationTask | None = None, here: Sequence[User] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        here = candidates() if here is None else here
        self.fields["person"].widget.choices = [(user.pk, user.display_name) for user in here]
        if task is not None:
            self.initial.setdefault("person", task.person_id)


class DoneForm(forms.Form):
    word = _words(_("What was done, and where it can be found"), required=True, rows=2)


# What persons are asked of the facts that every plan may name; a plan's own words come first.
SAID = {
    "no_secondary_risk": _("No secondary risk was reported"),
    "resources_withdrawn": _("Emergency resources are withdrawn, the watch excepted"),
    "assessed_safe": _("The technical assessment confirms safety"),
}
SAID_OF_LIFTING = SAID | {"no_secondary_risk": _("The technical group confirms: no secondary risk")}


class LiftForm(forms.Form):
    """What the technical group confirms (5.3): one box for each condition of the incident's plan that a person speaks to."""

    note = _words(_("What was checked, and by whom"), required=True, rows=2)

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.said = _ask(self, plan, plan.lifting, SAID_OF_LIFTING)


def _ask(
    form: forms.Form, plan: Plan, conditions: Mapping[str, EndingCondition], words: Mapping[str, Any]
) -> list[str]:
    """Put a box for each fact that a person is asked for before the form's own fields; their names."""
    asked = said_of(plan, conditions)
    own = list(form.fields)
    for name, row in asked.items():
        label = in_language(row.asked.as_dict()) if row.asked else words[name]
        form.fields[name] = forms.BooleanField(label=label, required=False)
    form.order_fields([*asked, *own])
    return list(asked)


class ApproveForm(forms.Form):
    note = _words(_("Note"), rows=2)


class ReasonForm(forms.Form):
    reason = _words(_("Reason"), required=True, rows=2)


# --- decisions of headquarters (4.2, 4.4, 6.4) --------------------------------------------------------------------------
class DecideForm(ActForm):
    level = forms.ChoiceField(label=_("Level"), widget=forms.RadioSelect)
    provisional = forms.BooleanField(label=_("Provisional, until the decision meeting confirms it"), required=False)
    reason = _words(_("Reason"), rows=2, help_text=_("Needed when the level differs from the proposal."))

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="decide-%s", **kwargs)
        plan = selectors.plan_for(incident)
        proposed = card_of(incident, plan, worlds.now(incident.world_id)).proposed
        self.fields["level"].choices = [  # type: ignore[attr-defined]
            (key, gettext("%(level)s, as the plan proposes") % {"level": title} if key == proposed else title)
            for key, title in _levels(plan)
        ]
        self.initial.setdefault("level", proposed)


class RegionalForm(ActForm):
    """The level is the plan's; the form says which, and asks why it cannot wait for headquarters (1.2)."""

    reason = _words(_("Reason"), required=True, rows=2)

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="start-regional-%s", **kwargs)
        plan = selectors.plan_for(incident)
        if (grant := plan.regional_start) is not None and grant.level is not None:
            level = in_language(plan.levels[grant.level].title.as_dict())
            self.fields["reason"].help_text = gettext(
                "The response starts at %(level)s; headquarters is told at once and confirms or changes the level."
            ) % {"level": level}


class EvaluateForm(ActForm):
    verdict = forms.ChoiceField(
        label=_("Verdict"),
        initial="keep",
        widget=forms.RadioSelect,
        choices=[("keep", _("Keep the level")), ("raise", _("Raise the level")), ("lower", _("Lower the level"))],
    )
    level = forms.ChoiceField(label=_("New level, when raised or lowered"), required=False)
    reason = _words(_("Reason"), required=True, rows=2)

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="evaluate-%s", **kwargs)
        plan = selectors.plan_for(incident)
        others = [(key, title) for key, title in _levels(plan) if key != incident.level]
        self.fields["level"].choices = [("", "—"), *others]  # type: ignore[attr-defined]


def _levels(plan: Plan) -> list[tuple[str, str]]:
    return [(key, in_language(level.title.as_dict())) for key, level in plan.levels.items()]


class EndForm(ActForm):
    """What headquarters declares, and the conditions it sets aside with a reason (6.4); `conditions` as they stand."""

    waived = forms.MultipleChoiceField(label=_("Waive"), required=False, widget=forms.CheckboxSelectMultiple)
    reason = _words(_("Reason"), rows=2, help_text=_("Needed when a condition is waived."))

    def __init__(self, *args: Any, incident: Incident, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="end-%s", **kwargs)
        plan = selectors.plan_for(incident)
        self.said = _ask(self, plan, plan.ending, SAID)
        verdict = ending_verdict(incident, {})
        self.conditions = verdict.as_dict()["conditions"]
        rows = [(row.id, in_language(row.title.as_dict())) for row in verdict.conditions if row.waivable]
        self.fields["waived"].choices = rows  # type: ignore[attr-defined]


DECISIONS: dict[Act, tuple[Any, type[DecideForm] | type[EvaluateForm] | type[EndForm] | type[RegionalForm]]] = {
    Act.START_REGIONAL: (_("Start the response for your region"), RegionalForm),
    Act.DECIDE_LEVEL: (_("Decide the level"), DecideForm),
    Act.EVALUATE: (_("Evaluate the effect"), EvaluateForm),
    Act.END: (_("End the response"), EndForm),
}


def decisions_for(incident: Incident, by: Actor, *, seq: int) -> list[dict[str, Any]]:
    """Headquarters' and a region's decisions open to this person now, as `incidents.forms.forms_for` gives the other acts."""
    return [
        {
            "name": act.value,
            "label": label,
            "form": form(incident=incident, initial={"based_on": seq}),
            "action": f"/incidents/{incident.number}/{act.value}/",
        }
        for act, (label, form) in DECISIONS.items()
        if act_open(incident, by, act) and (act is not Act.START_REGIONAL or may_start(incident, by))
    ]


# --- obligations --------------------------------------------------------------------------------------------------------
class _FromForm(forms.Form):
    """`from` names the page to go back to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.CharField(required=False, widget=forms.HiddenInput)


class WaiveForm(_FromForm):
    reason = _words(_("Reason"), required=True, rows=2)


class ProofForm(_FromForm):
    """A proof of a kind that the rule accepts, with words."""

    evidence = forms.ChoiceField(label=_("Kind of proof"))
    note = _words(_("What was done, and where it can be found"), required=True)

    def __init__(self, *args: Any, rule: ObligationRule, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, in_language(plan.evidence[kind].as_dict())) for kind in selectors.proofs_of(rule, plan)]
        self.fields["evidence"].choices = kinds  # type: ignore[attr-defined]
        typed = str(self.data.get("note", ""))  # of a report that was refused its writer sees more than three lines
        self.fields["note"].widget.attrs["rows"] = min(max(3, typed.count("\n") + len(typed) // 60 + 2), 16)
        if FILE in dict(kinds):
            self.fields["files"] = FilesField()
