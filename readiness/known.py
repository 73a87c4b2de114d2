"""What the product itself knows of a readiness obligation: then nobody's word is needed, and none is taken against it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both
from people import rostered
from plans.domain import ObligationRule


@dataclass(frozen=True, slots=True)
class Known:
    """`holds`: whether it is as the plan asks. `page`: where it is mended."""

    kind: str
    holds: bool
    said: Both
    page: str


def _roster(now: datetime) -> Known | None:
    """No gap for two weeks in any duty (3.1, 7.2, 8.1, 9.3); a company whose roster is kept elsewhere gives its word."""
    duties = rostered.duties()
    if not duties:
        return None
    gaps = sum(len(one.gaps) for one in rostered.shown(duties, now, now + rostered.AHEAD, now))
    if gaps:
        said = both(_("The duty roster has %(gaps)s gaps within 14 days."), gaps=gaps)
    else:
        said = both(_("The duty roster has no gap within 14 days (%(duties)s duties)."), duties=len(duties))
    return Known("roster", not gaps, said, "/people/duty/")


# Kind of proof of the plan → what knows it.
FACTS: Final[dict[str, Callable[[datetime], Known | None]]] = {"roster": _roster}
# Kept line by line, each with dates of its own: no turn of the whole is opened (decision 0010).
KEPT_BY_ITEM: Final = "ledger"
# Never somebody's word.
BY_ITSELF: Final = frozenset({*FACTS, KEPT_BY_ITEM})


def known_of(rule: ObligationRule, now: datetime) -> Known | None:
    """What is known of it now; None when the product cannot tell."""
    found = (FACTS[kind](now) for kind in rule.evidence if kind in FACTS)
    return next((known for known in found if known is not None), None)
