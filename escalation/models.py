"""What follows from an incident: proposals of a level, obligations with their clocks, and warnings."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from common.actor import Actor


class Moment(models.Model):
    """When a moment of the plan first occurred in an incident."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT)
    moment = models.CharField(max_length=32)
    at = models.DateTimeField()
    event = models.ForeignKey("engine.Event", on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "moment"], name="moment_first_once")]


class Proposal(models.Model):
    """A decision card that proposed another level than the one before it; kept as it was shown."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT)
    event = models.OneToOneField("engine.Event", on_delete=models.PROTECT)
    level = models.CharField(max_length=16)
    card = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["incident", "-made_at"], name="proposal_newest")]


class Obligation(models.Model):
    """One turn of something owed. Times are in the incident's world.

    `open` → `overdue` → `fulfilled` (late), or `open` → `fulfilled`; either → `superseded` or `waived`. Taking note never
    stops its clock, only what the plan takes for it does.
    """

    class State(models.TextChoices):
        OPEN = "open"
        OVERDUE = "overdue"
        FULFILLED = "fulfilled"
        SUPERSEDED = "superseded"
        WAIVED = "waived"

    STANDING = (State.OPEN, State.OVERDUE)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="obligations")
    rule = models.CharField(max_length=64)
    owners = ArrayField(models.CharField(max_length=40))
    clause = models.CharField(max_length=16)
    turn = models.IntegerField(default=1)
    anchored_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    anchor_event = models.ForeignKey("engine.Event", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    overdue_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    proof_event = models.ForeignKey("engine.Event", null=True, on_delete=models.PROTECT, related_name="+")
    step = models.SmallIntegerField(default=0, help_text="how many of the next ones up have been told")

    class Meta:
        constraints = [
            # An event opens a turn of a rule once, however often it is reacted to.
            models.UniqueConstraint(fields=["incident", "rule", "anchor_event", "turn"], name="obligation_turn_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "overdue"], ended_at=None)
                | models.Q(state__in=["fulfilled", "superseded", "waived"], ended_at__isnull=False),
                name="obligation_ends_when_ended",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="fulfilled") | models.Q(proof_event__isnull=False),
                name="obligation_needs_proof",
            ),
        ]
        indexes = [
            # "My obligations" and the board read what stands, by due time.
            models.Index(
                fields=["due_at"], condition=models.Q(state__in=["open", "overdue"]), name="obligation_standing"
            ),
            models.Index(fields=["incident", "rule"], name="obligation_of_rule"),
        ]


class Taking(models.Model):
    """Somebody said that he is at an obligation; the newest one counts. Once a person and turn: nobody holds a ladder for ever."""

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="takings")
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(help_text="time of the incident's world")
    held_until = models.DateTimeField(
        null=True, help_text="the next one up hears no earlier; null: nothing was climbing"
    )

    append_only = True

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["obligation", "user"], name="taking_once_a_person"),
            models.CheckConstraint(
                condition=models.Q(held_until=None) | models.Q(held_until__gt=models.F("at")), name="taking_holds_ahead"
            ),
        ]
        triggers = [pgtrigger.Protect(name="taking_stays", operation=pgtrigger.Update | pgtrigger.Delete)]


# --- warnings (4.3, 5) -------------------------------------------------------------------------------------------------
def _person(**kwargs: object) -> models.ForeignKey:
    return models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", **kwargs)  # type: ignore[arg-type]


class EarlyWarning(models.Model):
    """The warning of an incident, from its issue to its lifting, a response or a dismissal. Its colour only rises.

    `contents` are reach, duration and measures, each {zh, en}; what a person typed is the same in both. `told` are
    [user id, plan role]: who hears of the lifting (ruling on contradiction 29).
    """

    class Colour(models.TextChoices):
        BLUE = "blue", pgettext_lazy("warning", "Blue")
        YELLOW = "yellow", pgettext_lazy("warning", "Yellow")

    class Outcome(models.TextChoices):
        LIFTED = "lifted"
        RESPONSE = "response"
        DISMISSED = "dismissed"

    incident = models.OneToOneField("incidents.Incident", on_delete=models.PROTECT, related_name="+")
    colour = models.CharField(max_length=8, choices=Colour)
    contents = models.JSONField()
    issued_at = models.DateTimeField()
    issued_by = _person(null=True, help_text="null: the automatic pre-response")
    limit_at = models.DateTimeField(null=True, help_text="null: the plan sets no limit")
    told = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, null=True)  # noqa: DJ001 - null: it stands

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(colour__in=["blue", "yellow"]), name="warning_colour_known"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome=None)
                | Q(ended_at__isnull=False, outcome__isnull=False, outcome__in=["lifted", "response", "dismissed"]),
                name="warning_ends_with_outcome",
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="warning_colour_rises", field="colour", transitions=[("blue", "yellow")]),
            pgtrigger.Protect(name="warning_stays", operation=pgtrigger.Delete),
        ]


class WarningExtension(models.Model):
    """The one extension of a warning (ruling on contradiction 11); its key refuses a second."""

    warning = models.OneToOneField(EarlyWarning, on_delete=models.PROTECT, related_name="extension")
    at = models.DateTimeField()
    by_user = _person(null=True)
    reason = models.TextField()
    limit_before = models.DateTimeField()
    limit_after = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(limit_after__gt=F("limit_before")), name="warning_extension_is_later"),
            models.CheckConstraint(condition=~Q(reason=""), name="warning_extension_has_reason"),
        ]


class WarningData(models.Model):
    """What a responsible department reported in an hour (4.3). `covers` are the turns of the obligation it settles for it."""

    warning = models.ForeignKey(EarlyWarning, on_delete=models.PROTECT, related_name="data")
    department = models.CharField(max_length=40)
    at = models.DateTimeField()
    by_user = _person(null=True)
    availability = models.TextField()
    spares = models.TextField()
    forecast = models.TextField()
    covers = ArrayField(models.IntegerField(), default=list)

    class Meta:
        indexes = [models.Index(fields=["warning", "-at"], name="warning_data_newest")]


class PreparationTask(models.Model):
    """One item of the preparation (5.2): one person, one task, one time. A person who left is refused by the database too."""

    warning = models.ForeignKey(EarlyWarning, on_delete=models.PROTECT, related_name="tasks")
    item = models.CharField(max_length=64, help_text="a preparation item of the plan")
    role = models.CharField(max_length=40, help_text="the role of the plan that owns it")
    person = _person(null=True, help_text="null: nobody holds the role")
    due_at = models.DateTimeField()
    latest_at = models.DateTimeField(help_text="when the whole list is due")
    done_at = models.DateTimeField(null=True)
    done_by = _person(null=True)
    word = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warning", "item"], name="preparation_task_once"),
            models.CheckConstraint(condition=Q(due_at__lte=F("latest_at")), name="preparation_task_within_the_list"),
            models.CheckConstraint(condition=Q(done_at=None) | ~Q(word=""), name="preparation_task_done_with_a_word"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="preparation_task_for_someone_here",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("person_id"),
                func="IF NEW.person_id IS NOT NULL AND NOT (SELECT is_active FROM people_user WHERE id = NEW.person_id)"
                " THEN RAISE EXCEPTION 'a task cannot be given to somebody who left'; END IF; RETURN NEW;",
            )
        ]


class LiftApplication(models.Model):
    """The technical group applies, headquarters decides: two persons, by constraint (5.3)."""

    class State(models.TextChoices):
        APPLIED = "applied"
        APPROVED = "approved"
        REFUSED = "refused"

    warning = models.ForeignKey(EarlyWarning, on_delete=models.PROTECT, related_name="applications")
    applied_by = _person()
    applied_in_place_of = _person(null=True)
    applied_at = models.DateTimeField()
    note = models.TextField()
    conditions = models.JSONField(help_text="the three as the plan judged them when it was made")
    state = models.CharField(max_length=8, choices=State, default=State.APPLIED)
    decided_by = _person(null=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warning"], condition=Q(state="applied"), name="lift_one_application"),
            models.UniqueConstraint(fields=["warning"], condition=Q(state="approved"), name="lift_approved_once"),
            models.CheckConstraint(
                condition=Q(state="applied", decided_by=None, decided_at=None)
                | Q(state__in=["approved", "refused"], decided_by__isnull=False, decided_at__isnull=False),
                name="lift_decided_by_someone",
            ),
            # NULL passes and may: nobody has decided yet.
            models.CheckConstraint(condition=~Q(decided_by=F("applied_by")), name="lift_takes_two_persons"),
            models.CheckConstraint(
                condition=Q(applied_in_place_of=None) | Q(decided_by=None) | ~Q(decided_by=F("applied_in_place_of")),
                name="lift_applied_in_whose_place",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="lift_refused_with_reason"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="lift_decided_once", field="state", transitions=[("applied", "approved"), ("applied", "refused")]
            )
        ]

    def barred(self, by: Actor) -> bool:
        """Whether who acts, or in whose place, is who applied, or in whose place: then another person decides."""
        return bool(by.persons & {self.applied_by_id, self.applied_in_place_of_id})


# --- the plan an incident is carried on by ------------------------------------------------------------------------------
class PlanMove(models.Model):
    """Moving an incident to another version of the plan: asked for by one person, approved or refused by another."""

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("move of an incident", "Asked for")
        APPROVED = "approved", pgettext_lazy("move of an incident", "Approved")
        REFUSED = "refused", pgettext_lazy("move of an incident", "Refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("move of an incident", "Taken back")

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="+")
    before = models.ForeignKey("plans.PlanVersion", on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey("plans.PlanVersion", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    reason = models.TextField()
    asked_by = _person()
    asked_in_place_of = _person(null=True)
    asked_at = models.DateTimeField(help_text="time of the incident's world")
    decided_by = _person(null=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident"], condition=Q(state="asked"), name="plan_move_one_at_a_time"),
            models.CheckConstraint(condition=~Q(before=F("after")), name="plan_move_goes_somewhere"),
            models.CheckConstraint(
                condition=Q(state="asked", decided_by=None, decided_at=None)
                | Q(state__in=["approved", "refused", "withdrawn"], decided_by__isnull=False, decided_at__isnull=False),
                name="plan_move_decided_whole",
            ),
            # Two people; who asked may only take it back.
            models.CheckConstraint(
                condition=Q(state__in=["asked", "withdrawn"]) | ~Q(decided_by=F("asked_by")),
                name="plan_move_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "withdrawn"])
                | Q(asked_in_place_of=None)
                | ~Q(decided_by=F("asked_in_place_of")),
                name="plan_move_asked_in_whose_place",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="plan_move_moves",
                field="state",
                transitions=[("asked", "approved"), ("asked", "refused"), ("asked", "withdrawn")],
            ),
            pgtrigger.Protect(
                name="plan_move_as_asked",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "incident", "before", "after", "reason", "asked_by", "asked_in_place_of", "asked_at"
                ),
            ),
            pgtrigger.Protect(name="plan_move_stays", operation=pgtrigger.Delete),
        ]

    def barred(self, by: Actor) -> bool:
        """Whether who acts, or in whose place, is who asked, or in whose place: then another person decides."""
        return bool(by.persons & {self.asked_by_id, self.asked_in_place_of_id})


class EvidenceFile(models.Model):
    """A file that was kept as evidence. Its name and the word with it stand in its event, where they can be erased."""

    stream = models.ForeignKey("engine.Stream", on_delete=models.PROTECT, related_name="+")
    obligation = models.BigIntegerField(
        help_text="the turn it proves: of an incident, or of readiness, as its stream is"
    )
    size = models.BigIntegerField()
    media = models.CharField(max_length=80)
    sha256 = models.CharField(max_length=64)
    by_user = models.ForeignKey("people.User", on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(help_text="time of the stream's world")
    event = models.OneToOneField("engine.Event", on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(size__gt=0), name="evidence_file_holds_something")]
        triggers = [pgtrigger.Protect(name="evidence_file_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    @classmethod
    def next_number(cls) -> int:
        """Its event, which comes first, names it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [cls._meta.db_table])
            return int(cursor.fetchone()[0])


class FileContent(models.Model):
    """The bytes of a file: apart, so that a list of files reads none."""

    file = models.OneToOneField(EvidenceFile, on_delete=models.PROTECT, primary_key=True, related_name="content")
    content = models.BinaryField()

    append_only = True

    class Meta:
        triggers = [pgtrigger.Protect(name="file_content_stays", operation=pgtrigger.Update | pgtrigger.Delete)]
