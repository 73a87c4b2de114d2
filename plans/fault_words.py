"""Faults of a plan file in the reader's language: on pages, through the API and at the command line."""

import re
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.source import PlanError, PlanErrors

# What a form can bring about, in the words of the form.
OF_FORMS: Final[dict[str, Promise]] = {
    "expected `clear_at` on the calm side of `value`": _(
        "“Calm again at” must lie on the calm side of the value; the value itself counts as calm."
    ),
    "expected `offset_before` shorter than `due`": _(
        "It is asked for earlier by more than the deadline itself; allow more time."
    ),
    "expected `due`: a repeating obligation needs an interval": _("What repeats needs a deadline above zero."),
    "expected a time above zero without months": _("The time must be above zero, without months."),
    "expected `sustained_for` without months or years": _("“Sustained for” must be without months."),
}
# What a name of the file must be.
NAMED: Final[dict[str, Promise]] = {
    "a clause of this plan": _("a clause of this plan"), "a level of this plan": _("a level of this plan"),
    "a role of this plan": _("a role of this plan"), "a group of this plan": _("a group of this plan"),
    "a metric of this plan": _("a metric of this plan"), "a ruling of this plan": _("a ruling of this plan"),
    "a fact of this plan": _("a fact of this plan"), "a department of this plan": _("a department of this plan"),
    "a threshold of this plan": _("a threshold of this plan"), "an obligation of this plan": _("an obligation of this plan"),
    "a ladder of this plan": _("a ladder of this plan"), "a category of this plan": _("a category of this plan"),
    "a role of rights": _("a role of rights"), "a known channel": _("a known channel"),
    "a fact with a yes or no": _("a fact with a yes or no"), "a key of this row": _("a key of this row"),
    "a known moment or an event of an incident": _("a known moment or an event of an incident"),
    "a known moment, an event of an incident or 'always'": _("a known moment, an event of an incident or 'always'"),
    "the path of a row of this plan": _("the path of a row of this plan"),
    "the path of a list of this plan": _("the path of a list of this plan"),
    "an event kind, a moment or a declared evidence type": _("an event kind, a moment or a declared evidence type"),
}  # fmt: skip
# What the reading of a file finds most often; what is not among it stands in the words of the file.
OF_FILES: Final[tuple[tuple[re.Pattern[str], Promise], ...]] = tuple((re.compile(found), said) for found, said in (
    (r"expected the key '(?P<key>.+)'", _("expected the key %(key)s")),
    (r"expected no key '(?P<key>.+)' here", _("expected no key %(key)s here")),
    (r"expected an ISO-8601 duration such as PT30M or P3D(, not (?P<value>.+))?", _("expected a duration such as PT30M or P3D")),
    (r"expected one of (?P<words>.+), not (?P<value>.+?)", _("expected one of %(words)s, not %(value)s")),
    (r"expected one of the facts (?P<words>.+), not (?P<value>.+?)", _("expected one of the facts %(words)s, not %(value)s")),
    (r"expected a number for (?P<name>\w+), not (?P<value>.+)", _("expected a number for %(name)s, not %(value)s")),
    (r"expected `op: is` with true or false for (?P<name>\w+)", _("expected `op: is` with true or false for %(name)s")),
    (r"expected at most (?P<most>\d+) rows, found (?P<found>\d+)", _("expected at most %(most)s rows, found %(found)s")),
    (r"expected at most (?P<most>\d+) tests in one rule", _("expected at most %(most)s tests in one rule")),
    (r"expected at most (?P<most>\d+) alternatives in one rule", _("expected at most %(most)s alternatives in one rule")),
    (r"expected one role without a superior, found (?P<found>.+)", _("expected one role without a superior, found %(found)s")),
    (r"expected a chain without a circle; it comes back to (?P<name>.+)",
     _("expected a chain without a circle; it comes back to %(name)s")),
    (r"expected no circle; in the end it needs itself", _("expected no circle; in the end it needs itself")),
    (r"expected every step of a checklist only once", _("expected every step of a checklist only once")),
    (r"expected an act of the product: (?P<words>.+)", _("expected an act of the product: %(words)s")),
    (r"expected `from` before `to`; write a night as two stretches", _("expected `from` before `to`; write a night as two stretches")),
    (r"expected a value that can be: (?P<test>.+) is never met", _("expected a value that can be: %(test)s is never met")),
    (r"a plan of at most (?P<most>\d+) characters", _("expected a plan of at most %(most)s characters")),
    (r"readable YAML: (?P<why>.+)", _("expected readable YAML: %(why)s")),
    (r"a value written out: anchors and aliases are not allowed",
     _("expected a value written out: anchors and aliases are not allowed")),
    (r"a value without the tag (?P<tag>.+)", _("expected a value without the tag %(tag)s")),
    (r"one document nested at most (?P<most>\d+) deep", _("expected one document nested at most %(most)s deep")),
    (r"text without control characters", _("expected a text without control characters")),
    (r"a mapping with the sections of a plan", _("expected the sections of a plan")),
    (r"Input should be a valid string", _("expected a text")),
    (r"Input should be a valid (?:number|integer)(?:, .+)?", _("expected a number")),
    (r"Input should be a valid boolean(?:, .+)?", _("expected true or false")),
    (r"Input should be a valid (?:list|tuple)", _("expected a list")),
    (r"Input should be (?:a valid dictionary(?: or .+)?|an object)", _("expected keys with their values")),
    (r"Input should be '(?P<words>.+)'", _("expected one of '%(words)s'")),
    (r"Input should be greater than or equal to (?P<n>\S+)", _("expected at least %(n)s")),
    (r"Input should be less than or equal to (?P<n>\S+)", _("expected at most %(n)s")),
    (r"Input should be greater than (?P<n>\S+)", _("expected more than %(n)s")),
    (r"Input should be less than (?P<n>\S+)", _("expected less than %(n)s")),
    (r"String should have at least \d+ characters?", _("expected a text that is not empty")),
    (r"String should have at most (?P<most>\d+) characters?", _("expected at most %(most)s characters")),
    (r"(?:Tuple|List) should have at least (?P<n>\d+) items? after validation, not \d+", _("expected at least %(n)s of it")),
    (r"String should match pattern '(?P<form>.+)'", _("expected the form %(form)s")),
))  # fmt: skip
NOT: Final = re.compile(r"expected (?P<what>.+), not (?P<value>.+?)")


def fault_said(expected: str) -> str:
    """A fault in the reader's language; empty where there are no words for it but those of the file."""
    if said := OF_FORMS.get(expected):
        return str(said)
    if (get_language() or "").startswith("en"):
        return ""
    if (found := NOT.fullmatch(expected)) and (what := _named(found["what"])):
        return gettext("expected %(what)s, not %(value)s") % {"what": what, "value": found["value"]}
    for pattern, words in OF_FILES:
        if match := pattern.fullmatch(expected):
            return str(words) % match.groupdict()
    return ""


def _named(what: str) -> str:
    if what in NAMED:
        return str(NAMED[what])
    kinds = what.split(" or ")
    return gettext(" or ").join(str(NAMED[kind]) for kind in kinds) if NAMED.keys() >= {*kinds} else ""


def fault_line(fault: PlanError) -> str:
    """A whole fault: the file, its line, where in the plan, under which clause, and what was expected there."""
    where = fault.where or gettext("the file")
    if fault.clause:
        where = gettext("%(where)s (clause %(clause)s)") % {"where": where, "clause": fault.clause}
    return f"{fault.file}:{fault.line}: {where}: {fault_said(fault.expected) or fault.expected}"


def faults_said(faulty: PlanErrors) -> str:
    return "\n".join(map(fault_line, faulty.errors))
