"""What the record already knows of a proof of readiness: a start to read, complete and correct, never a proof by itself."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from common.actor import Actor
from readiness.models import ReadinessTurn
from readiness.selectors import Shown, proved_last
from resources.selectors import Movement, inspected_since

MOST = 10  # items named; whoever inspected a whole store writes so


def begun(found: Iterable[Shown], by: Actor) -> list[Shown]:
    """The same turns, those this person may prove in words with what the form begins with."""
    found = list(found)
    starts = prefilled([one.row for one in found if one.mine and one.by_word], by.id)
    return [replace(one, start=starts.get(one.row.pk, "")) for one in found]


def prefilled(turns: Sequence[ReadinessTurn], user_id: int | None) -> dict[int, str]:
    """Turn → what was said the last time, and which items of the ledger this person has inspected since: since the last proof, or
    since the turn began where there was none. Empty where the record knows nothing of either."""
    if not turns:
        return {}
    proved = proved_last(turns)
    since = {turn.pk: proved[turn.pk][0] if turn.pk in proved else turn.anchored_at for turn in turns}
    real = any(turn.world.is_real for turn in turns)
    items = inspected_since(user_id, min(since.values()), MOST) if real and user_id is not None else []
    begun = {}
    for turn in turns:
        last = [_last(*proved[turn.pk])] if turn.pk in proved else []
        begun[turn.pk] = "\n".join(
            line for line in [*last, *(_line(one) for one in items if one.at > since[turn.pk])] if line
        )
    return begun


def _last(at: datetime, said: str) -> str:
    """What that proof had itself begun with is left out: it would grow from turn to turn."""
    marks = tuple(_mark(language) for language, _name in settings.LANGUAGES)
    own = "\n".join(line for line in said.splitlines() if not line.startswith(marks))
    return _("Last time, %(at)s: %(said)s") % {"at": _day(at), "said": own} if own.strip() else ""


def _mark(language: str) -> str:
    with override(language):
        return _("Last time, %(at)s: %(said)s").partition("%(at)s")[0]


def _line(one: Movement) -> str:
    line = _("Inspected %(at)s: %(number)s %(what)s, %(condition)s") % {
        "at": _day(one.at),
        "number": one.equipment.number,
        "what": one.equipment.name,
        "condition": one.get_condition_display() if one.condition else _("as it should be"),
    }
    return f"{line} ({one.note})" if one.note else line


def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")
