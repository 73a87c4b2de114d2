"""The API about people: the directory for those with a part in the plan, accounts and roles for the security administrator."""

from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from people import selectors, services
from people.endpoints import ActionEndpoint, Endpoint, Nothing
from people.models import Contact, Department, Region, RoleHolding, User, WorkGroup, WorkGroupMember
from people.rights import ROLES


# --- what is shown ---------------------------------------------------------------------------------------------------
def key_of() -> Any:
    """A department, region or group by its key; null when there is none."""
    return serializers.SlugRelatedField("key", read_only=True)


class HoldingOut(serializers.ModelSerializer):
    region = key_of()
    group = key_of()

    class Meta:
        model = RoleHolding
        fields = ("id", "role", "role_name", "region", "group", "since", "until")
        read_only_fields = fields


class ContactOut(serializers.ModelSerializer):
    class Meta:
        model = Contact
        fields = ("id", "kind", "masked")
        read_only_fields = fields


class PersonOut(serializers.ModelSerializer):
    department = key_of()
    roles = HoldingOut(source="held", many=True, read_only=True)
    contacts = ContactOut(many=True, read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "language", "is_active", "department", "roles", "contacts")
        read_only_fields = fields


class SeatOut(serializers.ModelSerializer):
    class Meta:
        model = WorkGroupMember
        fields = ("user", "role")
        read_only_fields = fields


class GroupOut(serializers.ModelSerializer):
    lead_department = key_of()
    names = serializers.DictField(child=serializers.CharField(), read_only=True)
    members = SeatOut(source="seated", many=True, read_only=True)

    class Meta:
        model = WorkGroup
        fields = ("key", "names", "lead_department", "chat_url", "meeting_url", "members")
        read_only_fields = fields


class DirectoryOut(serializers.Serializer):
    people = PersonOut(many=True)
    groups = GroupOut(many=True)
    roles = serializers.DictField(child=serializers.CharField(), help_text="role → its name in your language")
    names = serializers.DictField(
        child=serializers.DictField(child=serializers.DictField(child=serializers.CharField())),
        help_text="departments, regions, groups, hotlines, nodes → key → {zh, en}",
    )


class Directory(Endpoint):
    """People with their roles and masked contacts, groups, and the names of places."""

    right = "people.view"

    @extend_schema(responses=DirectoryOut)
    def get(self, request: Request) -> Response:
        shown = {
            "people": selectors.people(),
            "groups": selectors.groups(),
            "roles": selectors.role_labels(),
            "names": selectors.names(),
        }
        return Response(DirectoryOut(shown).data)


# --- accounts --------------------------------------------------------------------------------------------------------
class UserIn(serializers.Serializer):
    username = serializers.CharField(max_length=40)
    display_name = serializers.CharField(max_length=80)
    language = serializers.ChoiceField(["zh-hans", "en"], default="zh-hans")
    department = serializers.SlugRelatedField("key", queryset=Department.objects.all(), default=None, allow_null=True)
    password = serializers.CharField(
        max_length=200, write_only=True, default=None, allow_null=True, trim_whitespace=False
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With the password hashed, before the transaction of the change begins."""
        return attrs | {"hashed": make_password(attrs["password"])}


class OnePerson(ActionEndpoint):
    """Actions that answer with the person they were about."""

    def answer(self, reference: str) -> Any:
        user_id = int(reference.removeprefix("user:"))
        return PersonOut(selectors.person(user_id)).data


class Users(OnePerson):
    right = {"GET": "user.manage", "POST": "user.manage"}
    serializer_class = UserIn
    success = 201

    @extend_schema(responses=PersonOut(many=True))
    def get(self, request: Request) -> Response:
        return Response(PersonOut(selectors.people(), many=True).data)

    @extend_schema(request=UserIn, responses={201: PersonOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"user:{services.user_create(**data, by=self.by).pk}"


@extend_schema(request=Nothing, responses=PersonOut)
class Deactivate(OnePerson):
    right = "user.manage"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        user = selectors.user_by_name(kwargs["username"])
        return f"user:{services.user_deactivate(user=user, by=self.by).pk}"


# --- roles -----------------------------------------------------------------------------------------------------------
class RoleIn(serializers.Serializer):
    role = serializers.ChoiceField(list(ROLES))
    region = serializers.SlugRelatedField("key", queryset=Region.objects.all(), default=None, allow_null=True)
    group = serializers.SlugRelatedField("key", queryset=WorkGroup.objects.all(), default=None, allow_null=True)


class OneHolding(ActionEndpoint):
    """Actions that answer with the role holding they were about."""

    def answer(self, reference: str) -> Any:
        return HoldingOut(selectors.holding(int(reference.removeprefix("role:")))).data


@extend_schema(request=RoleIn, responses={201: HoldingOut})
class AssignRole(OneHolding):
    right = "role.assign"
    serializer_class = RoleIn
    success = 201

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        user = selectors.user_by_name(kwargs["username"])
        return f"role:{services.role_assign(user=user, **data, by=self.by).pk}"


@extend_schema(request=Nothing, responses=HoldingOut)
class EndRole(OneHolding):
    right = "role.assign"

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        holding = selectors.holding(kwargs["holding"])
        return f"role:{services.role_end(holding=holding, by=self.by).pk}"


# --- contacts --------------------------------------------------------------------------------------------------------
class RevealIn(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class RevealOut(serializers.Serializer):
    kind = serializers.CharField()
    value = serializers.CharField()


@extend_schema(request=RevealIn, responses=RevealOut)
class Reveal(ActionEndpoint):
    """The plain contact of a person, once; the reason is put on record."""

    right = "contact.reveal"
    serializer_class = RevealIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        contact = selectors.contact(kwargs["contact"])
        services.contact_reveal(contact=contact, reason=data["reason"], by=self.by)
        return f"contact:{contact.pk}"

    def answer(self, reference: str) -> Any:
        contact = selectors.contact(UUID(reference.removeprefix("contact:")))
        return {"kind": contact.kind, "value": contact.opened()}
