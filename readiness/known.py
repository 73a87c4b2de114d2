"""What the product itself knows of a readiness obligation: then nobody's word is needed, and none is taken against it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.bilingual import Both, both, in_each
from people import rostered
from people.standins import standing_in
from plans.domain import ObligationRule


@dataclass(frozen=True, slots=True)
class Known:
    """`holds`: whether it is as the plan asks. `page`: where it is mended. `about`: the number of the drill that proves it."""

    kind: str
    holds: bool
    said: Both
    page: str
    about: str = ""


def _roster(now: datetime) -> Known | None:
    """No gap for two weeks in any duty (3.1, 7.2, 8.1, 9.3); a company whose roster is kept elsewhere gives its word."""
    duties = rostered.duties()
    if not duties:
        return None
    gaps = sum(len(one.gaps) for one in rostered.shown(duties, now, now + rostered.AHEAD, now))
    unheld = len({one.leave.pk for one in standing_in(now, now + rostered.AHEAD) if one.unheld})
    if gaps:
        said = in_each(
            lambda: (
                ngettext(
                    "The duty roster has %(n)s gap within 14 days.",
                    "The duty roster has %(n)s gaps within 14 days.",
                    gaps,
                )
                % {"n": gaps}
            )
        )
    elif unheld:
        said = in_each(
            lambda: (
                ngettext(
                    "Within 14 days there is %(n)s leave in which nobody answers for the roles of who is away.",
                    "Within 14 days there are %(n)s leaves in which nobody answers for the roles of who is away.",
                    unheld,
                )
                % {"n": unheld}
            )
        )
    else:
        said = in_each(
            lambda: (
                ngettext(
                    "The duty roster has no gap within 14 days (%(n)s duty).",
                    "The duty roster has no gap within 14 days (%(n)s duties).",
                    len(duties),
                )
                % {"n": len(duties)}
            )
        )
    return Known("roster", not gaps and not unheld, said, "/people/duty/")


# Kind of proof of the plan → what knows it.
FACTS: Final[dict[str, Callable[[datetime], Known | None]]] = {"roster": _roster}


def _round_ended(data: Mapping[str, Any]) -> Both | None:
    """A round of contact verification that somebody answered (8.1); who is still unproven stands on its own page."""
    if not data["confirmed"]:
        return None
    said = _("A round of contact verification ended: %(confirmed)s of %(ways)s ways confirmed.")
    return both(said, confirmed=data["confirmed"], ways=data["ways"])


# Event kind → the kind of proof of the plan that it is, and what it says; None: it proves nothing.
BY_EVENT: Final[dict[str, tuple[str, Callable[[Mapping[str, Any]], Both | None]]]] = {
    "verification.ended": ("contacts_round", _round_ended)
}
# A drill that was held, which a person picks (`readiness.drills`).
DRILL: Final = "drill_held"
# Kept line by line, each with dates of its own: no turn of the whole is opened (decision 0010).
KEPT_BY_ITEM: Final = "ledger"
# Never somebody's word.
BY_ITSELF: Final = frozenset({*FACTS, *(kind for kind, _said in BY_EVENT.values()), KEPT_BY_ITEM})
# What is on record here whoever says it; any other kind of proof beside one of these rests on somebody's word.
SEEN: Final = BY_ITSELF | {DRILL}


def proof_in(kind: str, data: Mapping[str, Any]) -> Known | None:
    """What an event proves; None for one that proves nothing."""
    proof, says = BY_EVENT[kind]
    said = says(data)
    return Known(proof, True, said, "") if said else None


def known_of(rule: ObligationRule, now: datetime) -> Known | None:
    """What is known of it now; None when the product cannot tell."""
    found = (FACTS[kind](now) for kind in rule.evidence if kind in FACTS)
    return next((known for known in found if known is not None), None)
