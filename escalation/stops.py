"""What stops the clock of an obligation, as its taker is told: a proof with words, the act itself, or either."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from common.errors import Text
from escalation.domain.proofs import Stops, stops
from escalation.selectors import proofs_of
from plans.domain import ObligationRule, Plan

TAKEN: Final[dict[Stops, Text]] = {
    Stops.PROOF: _("You are at it. Its clock goes on; only proof stops it."),
    Stops.ACT: _("You are at it. Its clock goes on; it stops by itself when the thing is done here."),
    Stops.EITHER: _("You are at it. Its clock goes on; it stops when the thing is done here, or by proof."),
}
TAKEN_BEFORE: Final[dict[Stops, Text]] = {
    Stops.PROOF: _("You took this before; only proof stops its clock."),
    Stops.ACT: _("You took this before; its clock stops by itself when the thing is done here."),
    Stops.EITHER: _("You took this before; its clock stops when the thing is done here, or by proof."),
}


def stops_by(rule: ObligationRule, plan: Plan) -> Stops:
    return stops(rule.evidence, proofs_of(rule, plan))
