"""Who and where: persons and their roles, departments, groups, regions, hotlines, nodes, and how to reach a person."""

import uuid
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from people import secrecy
from people.models.bilingual import Bilingual
from people.models.browsers import Browser
from people.models.roster import (
    CalendarLink,
    Deputy,
    Duty,
    DutyTurn,
    Handover,
    Leave,
    Override,
    Rotation,
    RotationMember,
    Swap,
)
from people.rights import ROLES

__all__ = [
    "ApiToken",
    "Bilingual",
    "Browser",
    "CalendarLink",
    "Contact",
    "Department",
    "Deputy",
    "Duty",
    "DutyTurn",
    "Handover",
    "Hotline",
    "Leave",
    "Node",
    "Override",
    "Region",
    "RoleHolding",
    "Rotation",
    "RotationMember",
    "Swap",
    "User",
    "UserManager",
    "WorkGroup",
    "WorkGroupMember",
]


class Department(Bilingual):
    key = models.SlugField(max_length=40, unique=True)


class Region(Bilingual):
    key = models.SlugField(max_length=40, unique=True)


class Hotline(Bilingual):
    """A number customers call; without a region it serves the whole country."""

    key = models.SlugField(max_length=40, unique=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True, related_name="hotlines")


class Node(Bilingual):
    """A technical place that can fail alone: a switch, a site, a platform."""

    key = models.SlugField(max_length=40, unique=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="nodes")
    business = models.SlugField(max_length=40, help_text="a business type of the plan")
    daily_calls = models.PositiveIntegerField(help_text="the node's own mean daily volume, clause 1.2")


class UserManager(BaseUserManager["User"]):
    """Accounts are made by `people.services.user_create`; this is what Django's commands expect beside it."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        fields.setdefault("display_name", username)
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person, or a machine that holds the role `source`. Never deleted: the log names people by id."""

    username = models.CharField(
        _("user name"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*$", _("Use small letters, digits, dots and dashes."))],
    )
    display_name = models.CharField(_("name"), max_length=80)
    language = models.CharField(
        _("language"), max_length=8, choices=[("zh-hans", _("Chinese")), ("en", _("English"))], default="zh-hans"
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("department")
    )
    is_active = models.BooleanField(default=True)
    left_at = models.DateTimeField(null=True, blank=True, help_text="when the account was shut")

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(language__in=["zh-hans", "en"]), name="user_language_known")]

    def __str__(self) -> str:
        return self.display_name

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class WorkGroup(Bilingual):
    """A group of the plan's organisation (2.2): it has a lead department, a chat and a meeting room."""

    key = models.SlugField(max_length=40, unique=True)
    lead_department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True)
    chat_url = models.URLField(blank=True)
    meeting_url = models.URLField(blank=True)
    members: models.ManyToManyField = models.ManyToManyField(
        User, through="WorkGroupMember", related_name="work_groups"
    )


class WorkGroupMember(models.Model):
    """Who sits in a group. This is the directory; what a member may do comes from role holdings."""

    class Seat(models.TextChoices):
        LEAD = "lead", _("Lead")
        DEPUTY = "deputy", _("Deputy")
        MEMBER = "member", _("Member")

    group = models.ForeignKey(WorkGroup, on_delete=models.PROTECT, related_name="seats")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="seats")
    role = models.CharField(max_length=8, choices=Seat.choices, default=Seat.MEMBER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "user"], name="group_member_once"),
            models.UniqueConstraint(fields=["group"], condition=Q(role="lead"), name="group_one_lead"),
            models.CheckConstraint(condition=Q(role__in=["lead", "deputy", "member"]), name="group_seat_known"),
        ]


class RoleHolding(models.Model):
    """A person holds a role of rights from `since` to `until`, everywhere or narrowed to one region or one group.

    Rows are history: they are ended, never deleted. Nobody assigns or ends a role of his own, by constraint.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="holdings")
    role = models.CharField(max_length=24)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, null=True, blank=True)
    group = models.ForeignKey(WorkGroup, on_delete=models.PROTECT, null=True, blank=True)
    since = models.DateTimeField(db_default=Now())
    until = models.DateTimeField(null=True)
    assigned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "region", "group"],
                condition=Q(until=None),
                nulls_distinct=False,
                name="holding_once",
            ),
            models.CheckConstraint(condition=Q(role__in=sorted(ROLES)), name="holding_role_known"),
            models.CheckConstraint(condition=Q(region=None) | Q(group=None), name="holding_one_narrowing"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="holding_ends_after_start"),
            # NULL passes: the product itself assigns the first roles.
            models.CheckConstraint(condition=~Q(assigned_by=F("user")), name="holding_not_from_self"),
            models.CheckConstraint(condition=~Q(ended_by=F("user")), name="holding_not_ended_by_self"),
        ]
        # `holders(role)` finds who must be told by this.
        indexes = [models.Index(fields=["role"], condition=Q(until=None), name="holding_current_by_role")]
        triggers = [pgtrigger.Protect(name="holding_is_history", operation=pgtrigger.Delete)]

    @property
    def role_name(self) -> str:
        return str(ROLES[self.role])


class Contact(models.Model):
    """How to reach a person. The database never sees the plain value: it is sealed with this row's id, owner, kind."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone")
        EMAIL = "email", _("E-mail")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    sealed = models.BinaryField()
    key_id = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="contact_one_of_a_kind"),
            models.CheckConstraint(condition=Q(kind__in=["phone", "email"]), name="contact_kind_known"),
        ]

    def seal(self, plain: str) -> None:
        sealed = secrecy.seal(plain, bound_to=self._binding)
        self.key_id, self.sealed = sealed.key_id, sealed.text

    def opened(self) -> str:
        """The plain value, for whoever delivers messages and for `contact_reveal`; raises secrecy.Broken."""
        return secrecy.unseal(secrecy.Sealed(self.key_id, bytes(self.sealed)), bound_to=self._binding)

    @property
    def masked(self) -> str:
        return secrecy.masked(self.opened())

    @property
    def _binding(self) -> str:
        return f"contact:{self.pk}:{self.user_id}:{self.kind}"


class ApiToken(models.Model):
    """A secret a program signs in with as its user; we keep its digest only."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
