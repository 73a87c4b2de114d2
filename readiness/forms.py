"""Forms of readiness: a proof with words, a waiver with its reason, and what the list shows."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.bilingual import in_language
from escalation.file_fields import FilesField
from escalation.services.files import FILE
from plans.domain import ObligationRule, Plan
from readiness.known import DRILL
from readiness.selectors import proofs_of

LONGEST = 2000


def _words(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


class ProofForm(forms.Form):
    """A proof in words; a drill that was held is picked by a button of its own."""

    evidence = forms.ChoiceField(label=_("Kind of proof"))
    note = _words(_("What was done, and where it can be found"))

    def __init__(self, *args: Any, rule: ObligationRule, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, in_language(plan.evidence[kind].as_dict())) for kind in proofs_of(rule, plan) if kind != DRILL]
        self.fields["evidence"].choices = kinds  # type: ignore[attr-defined]
        if self.initial.get("note"):
            self.fields["note"].help_text = _(
                "Filled from the record: read it, complete what is blank, correct what is wrong."
            )
        if FILE in dict(kinds):
            self.fields["files"] = FilesField()


class DrillForm(forms.Form):
    """Which drill it was, with a word if there is one to say."""

    evidence = forms.CharField(initial=DRILL, widget=forms.HiddenInput)
    drill = forms.CharField(max_length=64, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Where its evaluation is kept"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class WaiveForm(forms.Form):
    reason = _words(_("Reason"))


class FilterForm(forms.Form):
    """What the list shows: whose, of which clause, and in which state."""

    whose = forms.ChoiceField(label=pgettext_lazy("of an obligation", "Owner"), required=False)
    clause = forms.ChoiceField(label=_("Clause"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("overdue", _("Overdue")), ("open", _("Not yet due"))],
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = [rule for rule in plan.obligations.values() if rule.outside_incidents]
        owners = dict.fromkeys(key for rule in rules for key in rule.owners)
        clauses = dict.fromkeys(clause for rule in rules for clause in rule.clauses)
        everybody = [("", _("Everybody")), ("mine", _("My own"))]
        roles = [(key, in_language(plan.role(key).title.as_dict())) for key in owners]
        self.fields["whose"].choices = [*everybody, *roles]  # type: ignore[attr-defined]
        named = [(clause, f"{clause} {in_language(plan.clauses[clause].title.as_dict())}") for clause in clauses]
        self.fields["clause"].choices = [("", _("All")), *named]  # type: ignore[attr-defined]
