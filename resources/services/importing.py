"""A spreadsheet into the ledger in two steps: looked at row by row, then applied whole or not at all."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from common.actor import Actor
from common.errors import Conflict, Invalid
from engine import worlds
from engine.events import Payload
from engine.log import Entry, log_append_many
from people.rights import require
from plans.selectors import cites
from resources.events import LedgerImported
from resources.models import Equipment, LedgerImport, Movement
from resources.services.equipment import (
    added_event,
    change_apply,
    changed_event,
    movement,
    redate,
    resources_stream,
)
from resources.services.sheets import COLUMNS, COMPUTED, NEEDED, LedgerSheet, Planned, dataset_of, headings
from resources.services.workbook import rows_of

BATCH = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell, for the person who has the spreadsheet open."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would do to the ledger as it stands. With a problem, nothing."""

    added: list[Planned]
    changed: list[Planned]
    unchanged: int
    problems: list[Problem]

    @property
    def does_something(self) -> bool:
        return bool(self.added or self.changed)


@transaction.atomic
def import_upload(*, content: bytes, file_name: str, by: Actor) -> LedgerImport:
    """Keep a file's rows to be looked at; the same file again is the same upload as long as it was not applied.

    Raises Invalid or TooLarge for what is no workbook of ours; the ledger is not touched.
    """
    by = require(by, "equipment.manage")
    rows = rows_of(content, headings())
    there = {key for _number, cells in rows for key in cells}
    missing = [str(COLUMNS[key]) for key in NEEDED if key not in there]
    if rows and missing:
        listed = pgettext("between the items of a list", ", ").join(missing)
        raise Invalid("workbook.columns", _("These columns are missing: %(columns)s."), columns=listed)
    if not rows:
        raise Invalid("workbook.no_rows", _("The sheet has headings and no items below them."))
    sha256 = hashlib.sha256(content).hexdigest()
    standing = LedgerImport.objects.filter(uploaded_by_id=by.id, sha256=sha256, applied_at=None).first()
    return standing or LedgerImport.objects.create(
        uploaded_by_id=by.id,
        uploaded_at=worlds.now(worlds.real()),
        file_name=file_name[-120:],
        sha256=sha256,
        rows=rows,
    )


def import_plan(upload: LedgerImport) -> Plan:
    """Look at every row. Reads only; takes a second for a thousand rows, so no transaction should be open around it."""
    rows = [(number, cells) for number, cells in upload.rows]
    dataset, columns = dataset_of(rows)
    numbers = [number for number, _cells in rows]
    sheet = LedgerSheet(columns, numbers)
    result = sheet.import_data(dataset, dry_run=False, use_transactions=False)
    for error in [*result.base_errors, *(e for row in result.error_rows for e in row.errors)]:
        raise error.error  # a fault of ours, not of the file
    labels = {**COLUMNS, **COMPUTED, "store_id": COLUMNS["store"], "keeper_id": COLUMNS["keeper"]}
    problems = [
        Problem(numbers[invalid.number - 1], str(labels.get(field, field)), str(message))
        for invalid in result.invalid_rows
        for field, messages in invalid.error.message_dict.items()
        for message in messages
    ]
    added = [planned for planned in sheet.planned if planned.changes is None]
    changed = [planned for planned in sheet.planned if planned.changes is not None]
    return Plan(added, changed, sheet.unchanged, problems)


@transaction.atomic
def import_apply(*, import_id: int, plan: Plan, by: Actor) -> LedgerImport:
    """Write a plan that was looked at. Raises Conflict, with nothing done, when the file is faulty, was applied before, or the
    ledger has changed under it.
    """
    by = require(by, "equipment.manage")
    uploads = LedgerImport.objects.select_for_update(no_key=True)
    upload = uploads.get(pk=import_id, uploaded_by_id=by.id)
    if upload.applied_at is not None:
        raise Conflict("ledger_import.applied", _("This file was imported already."))
    if plan.problems:
        raise Conflict("ledger_import.faulty", _("Rows of the file are wrong. Mend them and upload the file again."))
    events: list[Payload] = [
        LedgerImported(upload=upload.pk, sha256=upload.sha256, added=len(plan.added), changed=len(plan.changed))
    ]
    events += _change(plan.changed, by)
    events += _add(plan.added, by)
    stream = resources_stream()
    for first in range(0, len(events), BATCH):
        entries = [Entry(payload, clause=cites("equipment")) for payload in events[first : first + BATCH]]
        log_append_many(stream, entries, by=by)
    upload.applied_at = worlds.now(worlds.real())
    upload.added, upload.changed = len(plan.added), len(plan.changed)
    upload.save(update_fields=["applied_at", "added", "changed"])
    return upload


STALE = _("The ledger changed after you looked at the rows. Look at them again before you import them.")


def _change(planned: Iterable[Planned], by: Actor) -> Iterable[Payload]:
    wanted = {one.item.pk: one for one in planned}
    rows = Equipment.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    for row in rows:
        one = wanted[row.pk]
        if row.version != one.item.version or not row.in_service:
            raise Conflict("ledger_import.stale", STALE)
        changes = one.changes or {}
        before = change_apply(row, changes, by=by)
        yield changed_event(row, before, changes)


def _add(planned: list[Planned], by: Actor) -> Iterable[Payload]:
    rows = [one.item for one in planned]
    for row in rows:
        redate(row)
    at = worlds.now(worlds.real())
    try:
        with transaction.atomic():
            Equipment.objects.bulk_create(rows, batch_size=500)
    except IntegrityError:
        raise Conflict("ledger_import.stale", STALE) from None
    lines = [movement(row, Movement.Kind.ADDED, row.quantity, by=by, at=at) for row in rows]
    Movement.objects.bulk_create(lines, batch_size=500)
    return [added_event(row) for row in rows]
