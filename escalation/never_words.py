"""Why an obligation was never owed, as a sentence for whoever asks afterwards."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.bilingual import in_language
from plans.domain import Plan, WhyNot
from plans.moment_words import moment_said


def never_said(row: Mapping[str, Any], plan: Plan) -> str:
    """`row` is one of `selectors.never_owed`."""
    levels = {key: in_language(level.title.as_dict()) for key, level in plan.levels.items()}
    anchors = [str(moment_said(moment, levels)) for moment in row["anchors"]]
    match WhyNot(row["why"]):
        case WhyNot.NO_MOMENT:
            return _("What starts it did not happen: %(moments)s.") % {"moments": _listed(anchors)}
        case WhyNot.DISMISSED:
            return _("The incident was dismissed as a false alarm.")
        case WhyNot.LEVEL:
            owed = [levels[key] for key in row["levels"] if key in levels]
            return _("It is owed at these levels only: %(levels)s.") % {"levels": _listed(owed)}
        case WhyNot.NOT_MAJOR:
            return _("It is owed for a major fault only.")
        case WhyNot.MAJOR:
            return _("It is owed for an ordinary fault only.")
        case WhyNot.THEN:
            return _("What starts it came while the plan did not ask for it; it asks for it since.")


def _listed(words: list[str]) -> str:
    return pgettext("between the items of a list", ", ").join(words)
