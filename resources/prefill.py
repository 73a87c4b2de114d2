"""What the usage record already knows of an inspection: a start to read, complete and correct."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from resources.models import Condition, Equipment, Movement
from resources.selectors import inspected_last, used_since

LONGEST = 300  # as the record holds
BETWEEN = "; "


def inspection_begun(row: Equipment) -> tuple[str, str]:
    """The note an inspection begins with, what was done with the item since the last one, and what was found then; each may be empty."""
    last = inspected_last(row.pk)
    returns, taken = [], 0
    for one in used_since(row.pk, last):
        taken += one.quantity if one.kind == Movement.Kind.WITHDRAWN else 0
        if one.kind == Movement.Kind.RETURNED and (one.note or one.condition not in ("", Condition.GOOD)):
            returns.append(_("returned %(at)s: %(found)s") % {"at": _day(one.at), "found": _found(one)})
    lines = [_("withdrawn since the last inspection: %(count)s") % {"count": taken}] if taken else []
    said = _("Last time, %(at)s: %(said)s") % {"at": _day(last.at), "said": _found(last)} if last else ""
    return BETWEEN.join(_newest(lines, returns)), said


def _newest(lines: list[str], returns: list[str]) -> list[str]:
    """The lines and as many of the newest returns, in their order, as there is room for; with how many older ones were left out.
    One that alone is too long is cut."""
    room = LONGEST - len(BETWEEN.join((*lines, "")))
    if len(BETWEEN.join(returns)) <= room:
        return [*lines, *returns]
    room -= len(_left_out(len(returns))) + len(BETWEEN)
    kept: list[str] = []
    for found in reversed(returns):
        fits = len(BETWEEN.join((found, *kept))) <= room
        if not fits and kept:
            break
        kept.insert(0, found if fits else f"{found[: room - 1]}…")
    left = len(returns) - len(kept)
    return [*lines, *([_left_out(left)] if left else []), *kept]


def _left_out(count: int) -> str:
    return _("earlier returns left out: %(count)s") % {"count": count}


def _found(one: Movement) -> str:
    condition = str(one.get_condition_display()) if one.condition else _("as it should be")
    return f"{condition} ({one.note})" if one.note else condition


def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")
