"""What we have and where it is: the ledger of equipment (clause 8.3) with its usage record."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, in_language


class Category(models.TextChoices):
    COMMUNICATIONS = "communications", _("Communications")
    PROTECTION = "protection", _("Protection")
    TECHNICAL = "technical", _("Technical")


class Unit(models.TextChoices):
    PIECE = "piece", _("pieces")
    SET = "set", _("sets")
    DEVICE = "device", _("devices")
    VEHICLE = "vehicle", _("vehicles")
    PAIR = "pair", _("pairs")
    BOX = "box", _("boxes")
    ROLL = "roll", _("rolls")


class Condition(models.TextChoices):
    GOOD = "good", _("Good")
    WORN = "worn", _("Worn, still usable")
    DEFECTIVE = "defective", _("Defective")


class Named(models.Model):
    """Something the company named in both languages."""

    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    class Meta:
        abstract = True

    @property
    def names(self) -> Both:
        return {"zh": self.name_zh, "en": self.name_en}

    @property
    def name(self) -> str:
        return in_language(self.names)

    def __str__(self) -> str:
        return self.name


class Store(Named):
    """A place where equipment is kept."""

    key = models.SlugField(max_length=40, unique=True)

    class Meta:
        triggers = [pgtrigger.Protect(name="store_stays", operation=pgtrigger.Delete)]


class Equipment(Named):
    """One line of the ledger: `quantity` pieces of the same kind, age and store, `quantity_out` of them withdrawn.

    `inspect_by` and `replace_by` follow from the two intervals (ruling on contradiction 30). A retired item stays as it is.
    """

    class Status(models.TextChoices):
        IN_SERVICE = "in_service", _("In service")
        RETIRED = "retired", _("Retired")

    number = models.CharField(max_length=40, unique=True)
    category = models.CharField(max_length=16, choices=Category.choices)
    specification = models.CharField(max_length=300, blank=True)
    quantity = models.IntegerField()
    quantity_out = models.IntegerField(default=0)
    unit = models.CharField(max_length=8, choices=Unit.choices, default=Unit.PIECE)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="equipment")
    use_conditions = models.CharField(max_length=300, blank=True)
    transport_conditions = models.CharField(max_length=300, blank=True)
    purchased_on = models.DateField()
    inspect_months = models.SmallIntegerField(null=True, help_text="inspection interval")
    renew_months = models.SmallIntegerField(null=True, help_text="replacement interval")
    last_inspected_on = models.DateField(null=True)
    inspect_by = models.DateField(null=True)
    replace_by = models.DateField(null=True)
    condition = models.CharField(max_length=9, choices=Condition.choices, default=Condition.GOOD)
    keeper = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.IN_SERVICE)
    version = models.IntegerField(default=1, help_text="counts edits and inspections")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="equipment_some"),
            models.CheckConstraint(
                condition=Q(quantity_out__gte=0, quantity_out__lte=F("quantity")), name="equipment_out_of_what_is_there"
            ),
            models.CheckConstraint(
                condition=Q(status="in_service") | Q(status="retired", quantity_out=0), name="equipment_retired_whole"
            ),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="equipment_category_known"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="equipment_unit_known"),
            models.CheckConstraint(condition=Q(condition__in=Condition.values), name="equipment_condition_known"),
            # NULL passes: no interval.
            models.CheckConstraint(
                condition=Q(inspect_months__gt=0) & Q(renew_months__gt=0), name="equipment_intervals_positive"
            ),
            models.CheckConstraint(
                condition=Q(inspect_months=None, inspect_by=None)
                | Q(inspect_months__isnull=False, inspect_by__isnull=False),
                name="equipment_inspection_dated",
            ),
            models.CheckConstraint(
                condition=Q(renew_months=None, replace_by=None)
                | Q(renew_months__isnull=False, replace_by__isnull=False),
                name="equipment_replacement_dated",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="equipment_stays", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="equipment_keeps_its_number", fields=["number"]),
            pgtrigger.Protect(
                name="equipment_retired_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="retired"),
            ),
        ]

    @property
    def in_store(self) -> int:
        return self.quantity - self.quantity_out

    @property
    def in_service(self) -> bool:
        return self.status == self.Status.IN_SERVICE


class Movement(models.Model):
    """A line of the usage record: what was done with an item, by whom, when. Never changed once written.

    `quantity` counts the pieces concerned; of an adjustment it is the difference.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("Added")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        RETURNED = "returned", _("Returned")
        INSPECTED = "inspected", _("Inspected")
        ADJUSTED = "adjusted", _("Quantity adjusted")
        RETIRED = "retired", _("Retired")

    equipment = models.ForeignKey(Equipment, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    quantity = models.IntegerField()
    quantity_after = models.IntegerField()
    out_after = models.IntegerField()
    at = models.DateTimeField(help_text="world time of the real world")
    by = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")
    authority = models.CharField(max_length=64)
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, null=True, related_name="movements")
    condition = models.CharField(max_length=9, choices=Condition.choices, blank=True, help_text="as found")
    note = models.CharField(max_length=300, blank=True)

    append_only = True

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["added", "withdrawn", "returned", "inspected", "adjusted", "retired"]),
                name="movement_kind_known",
            ),
            models.CheckConstraint(condition=Q(kind="adjusted") | Q(quantity__gt=0), name="movement_of_some"),
            models.CheckConstraint(
                condition=Q(out_after__gte=0, out_after__lte=F("quantity_after")), name="movement_leaves_what_is_there"
            ),
        ]
        # The usage record of an item, newest first; and what is out for an incident.
        indexes = [
            models.Index(fields=["equipment", "-id"], name="movement_of_item"),
            models.Index(fields=["incident"], condition=Q(incident__isnull=False), name="movement_for_incident"),
        ]
        triggers = [pgtrigger.Protect(name="movement_stays", operation=pgtrigger.Update | pgtrigger.Delete)]


class LedgerImport(models.Model):
    """A spreadsheet somebody uploaded: its cells as read, looked at first and applied once, whole or not at all."""

    uploaded_by = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(help_text="world time of the real world")
    file_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    rows = models.JSONField(help_text="[[row number, {column: cell}]]")
    applied_at = models.DateTimeField(null=True)
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)

    class Meta:
        triggers = [
            pgtrigger.Protect(name="ledger_import_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="ledger_import_applied_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__applied_at__isnull=False),
            ),
        ]
