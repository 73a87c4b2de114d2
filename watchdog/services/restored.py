"""An older backup is noticed, and letters are held until a person decides.

    missing    [{world, kind, key, first, last, exported_at, stands_at}]    `world` is a key; what `engine.heads.Lost` says

Workers and the watchdog compare; the watchdog alone writes what is exported.
"""

import logging
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.actor import SYSTEM, Actor
from common.clock import utc_text, wall
from common.errors import Conflict, Invalid
from engine import clearance, worlds
from engine.alarms import alarm_clear, alarm_raise
from engine.bell import ring_after_commit
from engine.heads import HeadsFile, Kept, Lost, heads_now, lost, moved_since
from engine.log import log_append, stream_open
from engine.models import World
from notifications.services.dropping import letters_drop
from people.rights import require
from watchdog.events import LettersHeld, LettersReleased
from watchdog.models import Hold

log = logging.getLogger(__name__)

ALARM, REF = "letters.held", "all"
FOLDER_ALARM, DAMAGED_ALARM = "heads.unwritten", "heads.damaged"
# Of an old backup every log is behind; the counts are whole.
MOST: Final = 2000
LONGEST_REASON: Final = 1000
EVERY_SECONDS: Final = 1.0


class Comparing:
    """Holds the database against the file of its installation, look after look."""

    def __init__(self, folder: str | None = None) -> None:
        self._said = folder
        self._file: HeadsFile | None = None

    @property
    def folder(self) -> Path | None:
        said = settings.HEADS_DIR if self._said is None else self._said
        return Path(said) if said else None

    def look(self, *, exports: bool = False, now: datetime | None = None) -> None:
        """Compare; clear or hold what leaves the house; `exports`: write what moved since, as one process does."""
        here = clearance.standing()
        if self.folder is None:
            clearance.clear()
            return
        kept = self._read(self.folder, str(here.key))
        if here.held_at is not None:
            self._join(kept)
            return
        decided = kept is not None and _decided(kept)
        if decided or self._agrees(kept, here, exports):
            clearance.clear()
            if exports:
                self._export(kept, now or wall(), anew=decided)

    def _read(self, folder: Path, installation: str) -> Kept | None:
        path = HeadsFile(folder, installation).path
        if self._file is None or self._file.path != path:
            self._file = HeadsFile(folder, installation)
        try:
            return self._file.read()
        except OSError as error:
            _unwritten(error)
            return None

    def _join(self, kept: Kept | None) -> None:
        """Letters are held already: what a person decides is to hold for this file too, where it says the same."""
        known = Hold.objects.filter(released_at=None).values_list("generations", flat=True).first()
        if kept is not None and known is not None and kept.generation not in known:
            gone = lost(kept, heads_now())
            if gone:
                hold_open(Hold.Why.BEHIND, gone, kept)

    def _agrees(self, kept: Kept | None, here: clearance.Standing, exports: bool) -> bool:
        """Whether nothing speaks against letters leaving; what does holds them."""
        if kept is None:
            return self._without(here, exports)
        if kept.damaged:
            alarm_raise(DAMAGED_ALARM, REF, n=kept.damaged)
        else:
            alarm_clear(DAMAGED_ALARM, REF)
        gone = lost(kept, heads_now())
        if gone:
            hold_open(Hold.Why.BEHIND, gone, kept)
        return not gone

    def _without(self, here: clearance.Standing, exports: bool) -> bool:
        """Nothing is there to compare with. A worker may stand on a machine without the folder: it leaves this to the watchdog."""
        if here.cleared or here.exported_at is None:
            return True
        if exports:
            hold_open(Hold.Why.NO_HEADS, [], None, exported_at=here.exported_at)
        return False

    def _export(self, kept: Kept | None, at: datetime, *, anew: bool) -> None:
        assert self._file is not None
        heads = heads_now()
        try:
            if anew:
                log.warning("heads that no longer count are kept in %s", self._file.begin_anew(heads.values(), at))
            else:
                self._file.write(moved_since(kept, heads), at)
        except OSError as error:
            _unwritten(error)
            return
        clearance.exported()
        alarm_clear(FOLDER_ALARM, REF)


class InWorkers:
    """What the sweep does of it: compare as its process begins, and whenever the clearance is void."""

    def __init__(self) -> None:
        self.comparing, self._next, self._begun = Comparing(), 0.0, False

    def __call__(self) -> int:
        if time.monotonic() >= self._next:
            if not self._begun or not clearance.is_cleared():
                self.comparing.look()
            self._begun, self._next = True, time.monotonic() + EVERY_SECONDS
        return 0


def _unwritten(error: OSError) -> None:
    log.warning("heads of the logs cannot be kept outside (%s)", error)
    alarm_raise(FOLDER_ALARM, REF, error=type(error).__name__)


def _decided(kept: Kept) -> bool:
    """Whether a person let letters go knowing what this file says."""
    return Hold.objects.filter(generations__contains=[kept.generation], released_at__isnull=False).exists()


@transaction.atomic
def hold_open(why: Hold.Why, gone: list[Lost], kept: Kept | None, *, exported_at: datetime | None = None) -> None:
    """No message leaves the house from here on. Found by another process too, or beside another folder, it stays one hold."""
    generations = [kept.generation] if kept is not None else []
    if not clearance.hold():
        row = Hold.objects.select_for_update(no_key=True).filter(released_at=None).first()
        if row is not None and not set(generations) <= set(row.generations):
            row.generations = [*row.generations, *generations]
            row.save(update_fields=["generations"])
        return
    at = datetime.fromisoformat(kept.newest) if kept is not None else exported_at
    row = Hold.objects.create(why=why, exported_at=at, missing=_listed(gone), generations=generations)
    events = sum(item.last - item.first + 1 for item in gone)
    payload = LettersHeld(
        hold=row.pk, why=why.value, streams=len(gone), events=events, exported_at=utc_text(at) if at else None
    )
    _log(payload, SYSTEM)
    alarm_raise(ALARM, REF, n=len(gone))
    log.error("letters are held (%s): %s logs lack events that had been exported", why.value, len(gone))


def _listed(gone: list[Lost]) -> list[dict[str, Any]]:
    known = dict(World.objects.values_list("pk", "key"))
    rows = [{**asdict(item), "world": known.get(item.world, str(item.world))} for item in gone[:MOST]]
    return sorted(rows, key=lambda row: (row["world"], row["kind"], row["key"]))


@transaction.atomic
def letters_release(*, by: Actor, reason: str, drop_before: datetime | None = None) -> Hold:
    """Let messages leave again; those that wait from before `drop_before` (wall time) are given up instead, each where it is seen.

    What the database holds now is the truth from here on. Raises Conflict when nothing is held.
    """
    by = require(by, "letters.release")
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON:
        raise Invalid("invalid", _("Say why, in at most %(most)s characters."), most=LONGEST_REASON)
    if drop_before is not None and drop_before > wall():
        raise Invalid("letters.drop_in_future", _("Choose a time in the past: what is written later must leave."))
    row = Hold.objects.select_for_update(no_key=True).filter(released_at=None).first()
    if row is None:
        raise Conflict("letters.not_held", _("No messages are held; somebody else has decided already."))
    row.dropped = letters_drop(before=drop_before) if drop_before is not None else 0
    row.decision = Hold.Decision.GO if drop_before is None else Hold.Decision.DROP
    row.drop_before, row.released_at, row.released_by = drop_before, wall(), by.id
    row.save(update_fields=["dropped", "decision", "drop_before", "released_at", "released_by"])
    clearance.release()
    alarm_clear(ALARM, REF)
    payload = LettersReleased(
        hold=row.pk,
        decision=row.decision,
        drop_before=utc_text(drop_before) if drop_before else None,
        dropped=row.dropped,
        reason=reason,
    )
    _log(payload, by)
    ring_after_commit("sends")
    return row


def _log(payload: LettersHeld | LettersReleased, by: Actor) -> None:
    log_append(stream_open(worlds.real(), "watchdog", "watchdog"), payload, by=by)
