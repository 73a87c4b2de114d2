"""What the usage record already knows of an inspection: a start to read, complete and correct."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from resources.models import Condition, Equipment, Movement
from resources.selectors import inspected_last, used_since

LONGEST = 300  # as the record holds


def inspection_begun(row: Equipment) -> tuple[str, str]:
    """The note an inspection begins with, what was done with the item since the last one, and what was found then; each may be empty."""
    last = inspected_last(row.pk)
    lines, taken = [], 0
    for one in used_since(row.pk, last):
        taken += one.quantity if one.kind == Movement.Kind.WITHDRAWN else 0
        if one.kind == Movement.Kind.RETURNED and (one.note or one.condition not in ("", Condition.GOOD)):
            lines.append(_("returned %(at)s: %(found)s") % {"at": _day(one.at), "found": _found(one)})
    if taken:
        lines.insert(0, _("withdrawn since the last inspection: %(count)s") % {"count": taken})
    while lines and len("; ".join(lines)) > LONGEST:
        lines.pop()
    said = _("Last time, %(at)s: %(said)s") % {"at": _day(last.at), "said": _found(last)} if last else ""
    return "; ".join(lines), said


def _found(one: Movement) -> str:
    condition = str(one.get_condition_display()) if one.condition else _("as it should be")
    return f"{condition} ({one.note})" if one.note else condition


def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")
