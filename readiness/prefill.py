"""What the record already knows of a proof of readiness: a start to read, complete and correct, never a proof by itself."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from readiness.models import ReadinessTurn
from readiness.selectors import history
from resources.selectors import inspected_since

MOST = 10  # items named; whoever inspected a whole store writes so


def prefilled(turn: ReadinessTurn, user_id: int | None) -> str:
    """What was said the last time, and which items of the ledger this person has inspected since: since the last proof, or since the
    turn began where there was none. Empty where the record knows nothing of either."""
    proved = next((past for past in history(turn.world, turn.rule) if past.row.state == "fulfilled"), None)
    lines = []
    since = turn.anchored_at
    if proved is not None and proved.row.ended_at is not None:
        since = proved.row.ended_at
        if proved.said:
            lines.append(_("Last time, %(at)s: %(said)s") % {"at": _day(since), "said": proved.said})
    found = inspected_since(user_id, since, MOST) if turn.world.is_real and user_id is not None else []
    for one in found:
        said = {"at": _day(one.at), "number": one.equipment.number, "what": one.equipment.name}
        line = _("Inspected %(at)s: %(number)s %(what)s, %(condition)s") % {
            **said,
            "condition": one.get_condition_display() if one.condition else _("as it should be"),
        }
        lines.append(f"{line} ({one.note})" if one.note else line)
    return "\n".join(lines)


def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")
