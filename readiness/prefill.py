"""What the record already knows of a proof of readiness: a start to read, complete and correct, never a proof by itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from common.actor import Actor
from readiness.models import ReadinessTurn
from readiness.selectors import Proof, Shown, proved_last
from resources.selectors import Movement, inspected_since, inspected_until

MOST = 10  # items named; whoever inspected a whole store writes so
LINE = 120  # characters of an item's line, and
QUOTED = 500  # of what is quoted: with all of them, a quarter of what a proof may hold is left to write
LOOKED_AT = (
    3 * MOST
)  # inspections before a proof, to know again what it began with: some were made while the form stood open
QUOTE = "> "  # begins each quoted line


def begun(found: Iterable[Shown], by: Actor) -> list[Shown]:
    """The same turns, those this person may prove in words with what the form begins with."""
    found = list(found)
    starts = prefilled([one.row for one in found if one.mine and one.by_word], by.id)
    return [replace(one, start=starts.get(one.row.pk, "")) for one in found]


def prefilled(turns: Sequence[ReadinessTurn], user_id: int | None) -> dict[int, str]:
    """Turn → what was said anew the last time, and which items of the ledger this person has inspected since: since the last proof,
    or since the turn began where there was none. Empty where the record knows nothing of either."""
    if not turns:
        return {}
    proved = proved_last(turns)
    since = {turn.pk: proved[turn.pk].at if turn.pk in proved else turn.anchored_at for turn in turns}
    real = any(turn.world.is_real for turn in turns)
    items = inspected_since(user_id, min(since.values()), MOST) if real and user_id is not None else []
    begun = {}
    for turn in turns:
        last = _last(proved[turn.pk]) if turn.pk in proved else ""
        begun[turn.pk] = "\n".join(
            line for line in [last, *(_line(one) for one in items if one.at > since[turn.pk])] if line
        )
    return begun


def _last(proof: Proof) -> str:
    """Quoted is what was written anew, each line marked; so the next start knows it from what is written then."""
    own = "\n".join(_own(proof)).strip()
    if not own:
        return ""
    said = _("Last time, %(at)s: %(said)s") % {"at": _day(proof.at), "said": own}
    quoted = "\n".join(f"{QUOTE}{line}" for line in said.splitlines())
    return quoted if len(quoted) <= QUOTED else quoted[: QUOTED - 1].rstrip(f"\n{QUOTE}") + "…"


def _own(proof: Proof) -> list[str]:
    """The lines of a proof that it had not begun with. A line of the ledger that was changed is the person's own."""
    lines = [line for line in proof.said.splitlines() if not line.startswith((QUOTE.strip(), *_in_each(_last_mark)))]
    inspected = _in_each(_line_mark)
    if proof.by is None or not any(line.startswith(inspected) for line in lines):
        return lines
    items = inspected_until(proof.by, proof.at, LOOKED_AT)
    known = {line for one in items for line in _in_each(partial(_line, one))}
    return [line for line in lines if line.strip() not in known]


def _in_each(said: Callable[[], str]) -> tuple[str, ...]:
    """The same in each language: a proof may have begun in another."""
    found = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.append(said())
    return tuple(found)


def _last_mark() -> str:
    """How the quotation of an older proof begins, which was not marked."""
    return _("Last time, %(at)s: %(said)s").partition("%(at)s")[0]


def _line_mark() -> str:
    return _("Inspected %(at)s: %(number)s %(what)s, %(condition)s").partition("%(at)s")[0]


def _line(one: Movement) -> str:
    """One line, whatever was noted."""
    line = _("Inspected %(at)s: %(number)s %(what)s, %(condition)s") % {
        "at": _day(one.at),
        "number": one.equipment.number,
        "what": one.equipment.name,
        "condition": one.get_condition_display() if one.condition else _("as it should be"),
    }
    line = " ".join((f"{line} ({one.note})" if one.note else line).split())
    return line if len(line) <= LINE else f"{line[: LINE - 1].rstrip()}…"


def _day(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d")
