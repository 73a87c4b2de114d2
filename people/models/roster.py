"""Who is on duty (3.1, 7.2, 8.1, 9.3): duties with rotations, what is laid over them, who is away, and what was in fact."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.domain.moves import HANDOVER_MOVES, SWAP_MOVES, HandoverState, SwapState
from people.domain.roster import Why
from people.models.bilingual import Bilingual
from people.rights import GRANTS, ROLES


def person(**more: object) -> models.ForeignKey:
    return models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="+", **more)  # type: ignore[arg-type]


def pairs(moves: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    """Legal moves as a state machine of the database takes them."""
    return sorted((str(before), str(after)) for before, after in moves)


class Duty(Bilingual):
    """A place that must never be empty. `followed_to`: until when its history is written; `version` counts changes to it."""

    key = models.SlugField(max_length=40, unique=True)
    owner_role = models.CharField(max_length=24)
    stood_by = ArrayField(models.CharField(max_length=24), help_text="roles whose holders may stand it")
    clause = models.CharField(max_length=8, blank=True, default="")
    position = models.SmallIntegerField(default=0)
    followed_to = models.DateTimeField()
    version = models.IntegerField(default=1)

    class Meta:
        ordering = ("position", "key")
        constraints = [
            models.CheckConstraint(condition=Q(owner_role__in=sorted(GRANTS["duty.manage"])), name="duty_owner_known")
        ]
        triggers = [pgtrigger.Protect(name="duty_stays", operation=pgtrigger.Delete)]

    @property
    def owner_name(self) -> str:
        return str(ROLES[self.owner_role])


class Rotation(models.Model):
    """People who take turns from `anchor` on. No days: every day; no times: all day. The first by `position` that reaches an
    instant decides.

    One entered ahead counts from `begins_at`, until when the one it `replaces` does; taken back before, it never counted.
    """

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="rotations")
    position = models.SmallIntegerField(default=0)
    anchor = models.DateTimeField()
    turn_hours = models.PositiveSmallIntegerField()
    days = ArrayField(models.SmallIntegerField(), default=list, blank=True, help_text="0 is Monday")
    from_time = models.TimeField(null=True, blank=True)
    to_time = models.TimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True)
    begins_at = models.DateTimeField(null=True, help_text="null: from when it was made")
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="successors")
    version = models.IntegerField(default=1)

    def ahead(self, now: datetime) -> bool:
        """Whether it was entered ahead and does not count yet."""
        return self.begins_at is not None and self.begins_at > now

    @property
    def taken_back(self) -> bool:
        """Whether it was ended before it counted."""
        return self.begins_at is not None and self.ended_at is not None and self.ended_at <= self.begins_at

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(turn_hours__gte=1, turn_hours__lte=2016), name="rotation_turn_of_hours"),
            models.CheckConstraint(
                condition=Q(replaces=None) | Q(begins_at__isnull=False), name="rotation_successor_begins"
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(ended_at=None) | Q(ended_at__gt=F("begins_at")),
                name="rotation_one_successor",
            ),
            models.CheckConstraint(
                condition=Q(from_time=None, to_time=None) | Q(from_time__isnull=False, to_time__isnull=False),
                name="rotation_times_whole",
            ),
        ]
        triggers = [pgtrigger.Protect(name="rotation_stays", operation=pgtrigger.Delete)]


class RotationMember(models.Model):
    """Who takes which turn; a person may stand there more than once."""

    rotation = models.ForeignKey(Rotation, on_delete=models.PROTECT, related_name="members")
    place = models.SmallIntegerField()
    user = person()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rotation", "place"], name="rotation_place_once")]


class Span(models.Model):
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        abstract = True


class Swap(Span):
    """One asks another to stand a span for them, perhaps against a span of the other's; the other accepts or declines."""

    class State(models.TextChoices):
        ASKED = SwapState.ASKED.value, pgettext_lazy("swap", "waits for an answer")
        ACCEPTED = SwapState.ACCEPTED.value, pgettext_lazy("swap", "accepted")
        DECLINED = SwapState.DECLINED.value, pgettext_lazy("swap", "declined")
        WITHDRAWN = SwapState.WITHDRAWN.value, pgettext_lazy("swap", "withdrawn")

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="swaps")
    asked_by = person()
    asked_of = person()
    back_starts_at = models.DateTimeField(null=True)
    back_ends_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="swap_ends_after_start"),
            models.CheckConstraint(condition=~Q(asked_by=F("asked_of")), name="swap_two_people"),
            models.CheckConstraint(
                condition=Q(back_starts_at=None, back_ends_at=None)
                | Q(back_starts_at__isnull=False, back_ends_at__isnull=False, back_ends_at__gt=F("back_starts_at")),
                name="swap_back_whole",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at=None)
                | Q(state__in=["accepted", "declined", "withdrawn"], answered_at__isnull=False),
                name="swap_answered_whole",
            ),
        ]
        triggers = [
            pgtrigger.FSM(name="swap_moves", field="state", transitions=pairs(SWAP_MOVES)),
            pgtrigger.Protect(name="swap_stays", operation=pgtrigger.Delete),
        ]


class Override(Span):
    """A person for a span, over the rotation: set by who answers for the duty, by a swap, or taken on the spot."""

    class Kind(models.TextChoices):
        OVERRIDE = Why.OVERRIDE.value, _("Override")
        SWAP = Why.SWAP.value, _("Swap")
        TAKEN = Why.TAKEN.value, _("Taken over")

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="overrides")
    user = person()
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.CharField(max_length=200, blank=True, default="")
    swap = models.ForeignKey(Swap, on_delete=models.PROTECT, null=True, related_name="overrides")
    set_by = person(null=True)
    set_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="override_ends_after_start"),
            models.CheckConstraint(condition=Q(kind__in=["override", "swap", "taken"]), name="override_kind_known"),
            models.CheckConstraint(
                condition=Q(kind="swap", swap__isnull=False) | (~Q(kind="swap") & Q(swap=None)),
                name="override_of_its_swap",
            ),
        ]
        # A roster asks for what still counts.
        indexes = [models.Index(fields=["duty", "ends_at"], condition=Q(cancelled_at=None), name="override_standing")]
        triggers = [pgtrigger.Protect(name="override_stays", operation=pgtrigger.Delete)]


class Leave(Span):
    """A person is away, from every duty. Why is nobody's business here. The deputy, if one is named, is told, owes and may act in
    the person's place for exactly that time (docs/decisions/0037)."""

    user = person()
    deputy = person(null=True)
    set_by = person(null=True)
    set_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="leave_ends_after_start"),
            # NULL passes: nobody is named.
            models.CheckConstraint(condition=~Q(deputy=F("user")), name="leave_deputy_is_another"),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(cancelled_at=None), name="leave_standing")]
        triggers = [
            pgtrigger.Protect(name="leave_stays", operation=pgtrigger.Delete),
            # Another deputy is another row, so that who stood in for whom at an instant can be read.
            pgtrigger.Protect(
                name="leave_as_it_was",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("user", "deputy", "starts_at", "ends_at"),
            ),
            pgtrigger.Protect(
                name="leave_taken_back_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__cancelled_at__isnull=False),
            ),
        ]


class Deputy(models.Model):
    """Who stands in for a person on any leave for which nobody else is named. Ended, never deleted."""

    user = person()
    deputy = person()
    named_by = person(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(until=None), name="deputy_one_now"),
            models.CheckConstraint(condition=~Q(deputy=F("user")), name="deputy_is_another"),
            # NULL passes: the product itself names the first.
            models.CheckConstraint(condition=~Q(named_by=F("deputy")), name="deputy_not_by_self"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="deputy_ends_after_start"),
        ]
        triggers = [
            pgtrigger.Protect(name="deputy_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="deputy_as_it_was",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("user", "deputy", "named_by", "since"),
            ),
            pgtrigger.Protect(
                name="deputy_over_is_over",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__until__isnull=False),
            ),
        ]


class DutyTurn(models.Model):
    """Who was on duty in fact, nobody included. Written when turns change; a later roster does not rewrite it."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="turns")
    user = person(null=True)
    meant = person(null=True)  # whom a deputy stands in for
    why = models.CharField(max_length=10, choices=[(why.value, why.value) for why in Why])
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["duty"], condition=Q(until=None), name="duty_turn_one_now"),
            models.UniqueConstraint(fields=["duty", "since"], name="duty_turn_one_beginning"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="duty_turn_lasts"),
            models.CheckConstraint(
                condition=Q(user=None, why__in=["away", "gone", "unfilled"])
                | Q(user__isnull=False, why__in=["rotation", "override", "swap", "taken", "deputy"]),
                name="duty_turn_why",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="duty_turn_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="duty_turn_as_it_was",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("duty", "user", "meant", "why", "since"),
            ),
            pgtrigger.Protect(
                name="duty_turn_over_is_over",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__until__isnull=False),
            ),
        ]


class Handover(models.Model):
    """A shift given to the next person: a brief drafted from the log, edited, handed over, accepted."""

    class State(models.TextChoices):
        DRAFTED = HandoverState.DRAFTED.value, pgettext_lazy("handover", "drafted")
        HANDED_OVER = HandoverState.HANDED_OVER.value, pgettext_lazy("handover", "handed over")
        ACCEPTED = HandoverState.ACCEPTED.value, pgettext_lazy("handover", "accepted")
        LAPSED = HandoverState.LAPSED.value, pgettext_lazy("handover", "never accepted")

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="handovers")
    ends_at = models.DateTimeField(help_text="when the shift handed over ends")
    from_user = person()
    to_user = person(null=True)
    brief = models.TextField()
    state = models.CharField(max_length=12, choices=State, default=State.DRAFTED)
    drafted_at = models.DateTimeField()
    handed_over_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["duty"], condition=Q(state__in=["drafted", "handed_over"]), name="handover_one_open"
            ),
            models.CheckConstraint(
                condition=Q(state="drafted", handed_over_at=None, accepted_at=None)
                | Q(state="handed_over", handed_over_at__isnull=False, accepted_at=None)
                | Q(state="accepted", handed_over_at__isnull=False, accepted_at__isnull=False, to_user__isnull=False)
                | Q(state="lapsed", accepted_at=None),
                name="handover_state_whole",
            ),
            # NULL passes: nobody is named yet.
            models.CheckConstraint(condition=~Q(from_user=F("to_user")), name="handover_two_people"),
        ]
        triggers = [
            pgtrigger.FSM(name="handover_moves", field="state", transitions=pairs(HANDOVER_MOVES)),
            pgtrigger.Protect(
                name="handover_as_given",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__brief__df=pgtrigger.F("new__brief")) & ~pgtrigger.Q(old__state="drafted"),
            ),
            pgtrigger.Protect(name="handover_stays", operation=pgtrigger.Delete),
        ]


class CalendarLink(models.Model):
    """Which of a person's calendar addresses is the valid one: a new one ends those given out before."""

    user = models.OneToOneField("people.User", on_delete=models.PROTECT, related_name="+")
    number = models.IntegerField(default=1)
