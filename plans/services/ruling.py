"""Recording a ruling in a draft: what was decided about a finding, by whom and why."""

from collections.abc import Sequence
from typing import Any

import yaml
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid
from people.rights import require
from plans.domain import Plan, lint
from plans.domain.editing import NotThere, value_set
from plans.models import PlanVersion
from plans.services.acting import no_version, read_plan, same_text
from plans.services.drafting import version_edit


@transaction.atomic
def ruling_record(
    *,
    number: int,
    kind: str,
    subjects: Sequence[str],
    ruling: dict[str, str],
    why: dict[str, str],
    based_on: int,
    by: Actor,
) -> PlanVersion:
    """Add a ruling to a draft that answers one of its open findings; it is signed with the name of who records it.

    `ruling` and `why` are {zh, en}. Raises Invalid when a text is missing, Conflict when the finding is not there any more.
    """
    require(by, "plan.edit")
    version = PlanVersion.objects.filter(number=number).first()
    if version is None:
        raise no_version()
    same_text(version, based_on)
    _said(
        {
            f"{name}_{language}": text[language]
            for name, text in (("ruling", ruling), ("why", why))
            for language in ("zh", "en")
        }
    )
    plan = read_plan(version.text, version.file_name)
    key = (kind, tuple(sorted(subjects)))
    finding = next((f for f in lint(plan).open if (f.kind, f.subjects) == key), None)
    if finding is None:
        raise Conflict("plan.no_finding", _("This finding is not open any more; read the findings again."))
    row = {
        "kind": "N",
        "clauses": list(finding.clauses),
        "finding": finding.said.as_dict(),
        "ruling": ruling,
        "by": {"zh": by.name, "en": by.name},
        "why": why,
        "answers": [{"kind": finding.kind, "of": list(finding.subjects), "seen": finding.fingerprint}],
    }
    standing = finding.ruling.id if finding.ruling else None
    text = _with_ruling(version.text, plan, standing, row)
    return version_edit(number=number, text=text, based_on=based_on, by=by)


def _with_ruling(text: str, plan: Plan, standing: str | None, row: dict[str, Any]) -> str:
    """The text with a new ruling under the next number; where one had answered it as it was, that one is rewritten."""
    number = standing or str(1 + max((int(key) for key in plan.rulings if key.isdigit()), default=0))
    if standing is not None:
        # It may answer other findings as well, which it goes on answering.
        answered = row["answers"][0]
        others = [
            answer.model_dump()
            for answer in plan.rulings[standing].answers
            if (answer.kind, tuple(sorted(answer.of))) != (answered["kind"], tuple(answered["of"]))
        ]
        row = row | {"answers": [*others, answered]}
    try:
        return value_set(text, ["rulings", number], row)
    except (NotThere, yaml.YAMLError):
        raise Invalid(
            "plan.by_hand", _("The section of rulings is not written as a mapping; add the ruling in the text.")
        ) from None


def _said(texts: dict[str, str]) -> None:
    errors = [
        {"field": field, "code": "required", "message": _("Write between 1 and 2,000 characters.")}
        for field, text in texts.items()
        if not text.strip() or len(text) > 2000
    ]
    if errors:
        raise Invalid("invalid", _("Some values are not right; see errors."), errors=errors)
