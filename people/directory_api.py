"""The API by which the company's map, accounts and contacts are kept up to date; reading them is `GET people`."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid
from people import directory, selectors, services
from people.api import GroupOut, OnePerson, PersonOut
from people.directory_forms import KINDS, RESERVED, Kind
from people.endpoints import SIGNED_IN, ActionEndpoint, ChangeEndpoint
from people.models import Contact, Department, Region, WorkGroupMember


# --- the map ----------------------------------------------------------------------------------------------------------
def _by_key(model: Any, **kwargs: Any) -> Any:
    return serializers.SlugRelatedField("key", queryset=model.objects.all(), **kwargs)


class PlaceIn(serializers.Serializer):
    name_zh = serializers.CharField(max_length=80)
    name_en = serializers.CharField(max_length=80)
    based_on = serializers.CharField(
        max_length=16,
        allow_blank=True,
        help_text="`reading` of what you read; empty for one that is not there yet",
    )


class HotlineIn(PlaceIn):
    region = _by_key(Region, default=None, allow_null=True)


class NodeIn(PlaceIn):
    region = _by_key(Region)
    business = serializers.SlugField(max_length=40)
    daily_calls = serializers.IntegerField(min_value=0, max_value=10_000_000)


class GroupIn(PlaceIn):
    lead_department = _by_key(Department, default=None, allow_null=True)
    chat_url = serializers.URLField(max_length=200, allow_blank=True, default="")
    meeting_url = serializers.URLField(max_length=200, allow_blank=True, default="")


class PlaceOut(serializers.Serializer):
    key = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField(), help_text="{zh, en}")
    reading = serializers.SerializerMethodField(help_text="to send as `based_on` with the next change")

    def get_reading(self, row: Any) -> str:
        return directory.reading(row)


class OnePlace(ChangeEndpoint):
    """One thing on the company's map; PUT makes it or changes it as it reads from now on."""

    right: ClassVar[Any] = {"GET": "user.manage", "PUT": "user.manage"}
    kind: ClassVar[Kind]

    def get(self, request: Request, key: str) -> Response:
        return Response(PlaceOut(selectors.place_named(self.kind.model, key)).data)

    def put(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        if kwargs["key"] in RESERVED:
            raise Invalid("directory.reserved", _("This key is the address of a page; choose another one."))
        self.kind.keep(key=kwargs["key"], by=self.by, **data)
        return f"{self.kind.key}:{kwargs['key']}"

    def answer(self, reference: str) -> Any:
        return PlaceOut(selectors.place_named(self.kind.model, reference.partition(":")[2])).data


def _endpoint(name: str, body: type[PlaceIn]) -> type[OnePlace]:
    """Of one kind, with names of its own in the schema."""

    class Endpoint(OnePlace):
        kind, serializer_class = KINDS[name], body

        @extend_schema(responses=PlaceOut, operation_id=f"people_{name}_read")
        def get(self, request: Request, key: str) -> Response:
            return super().get(request, key)

        @extend_schema(request=body, responses=PlaceOut, operation_id=f"people_{name}_keep")
        def put(self, request: Request, **kwargs: Any) -> Response:
            return super().put(request, **kwargs)

    Endpoint.__name__, Endpoint.__doc__ = f"One{name.title()}", OnePlace.__doc__
    return Endpoint


PLACES = {
    name: _endpoint(name, body)
    for name, body in (
        ("departments", PlaceIn), ("groups", GroupIn), ("regions", PlaceIn), ("hotlines", HotlineIn), ("nodes", NodeIn),
    )
}  # fmt: skip


# --- seats ------------------------------------------------------------------------------------------------------------
class SeatIn(serializers.Serializer):
    username = serializers.CharField(max_length=40)
    role = serializers.ChoiceField(WorkGroupMember.Seat.choices, default=WorkGroupMember.Seat.MEMBER.value)


class SeatEndIn(serializers.Serializer):
    username = serializers.CharField(max_length=40)


class OfGroup(ActionEndpoint):
    right = "user.manage"

    def answer(self, reference: str) -> Any:
        return GroupOut(selectors.group_named(reference.removeprefix("group:"))).data


@extend_schema(request=SeatIn, responses=GroupOut)
class Seat(OfGroup):
    """Give somebody a seat in a work group; a new lead makes the former one deputy."""

    serializer_class = SeatIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        group = selectors.place_named(KINDS["groups"].model, kwargs["key"])
        user = selectors.user_by_name(data["username"])
        directory.group_member_set(group=group, user=user, role=data["role"], by=self.by)
        return f"group:{group.key}"


@extend_schema(request=SeatEndIn, responses=GroupOut)
class EndSeat(OfGroup):
    """Take somebody's seat away; roles stay until they are ended."""

    serializer_class = SeatEndIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        group = selectors.place_named(KINDS["groups"].model, kwargs["key"])
        directory.group_member_end(group=group, user=selectors.user_by_name(data["username"]), by=self.by)
        return f"group:{group.key}"


# --- accounts and contacts ----------------------------------------------------------------------------------------------
class UserChangeIn(serializers.Serializer):
    display_name = serializers.CharField(max_length=80)
    language = serializers.ChoiceField(["zh-hans", "en"])
    department = _by_key(Department, allow_null=True)


@extend_schema(methods=["PUT"], request=UserChangeIn, responses=PersonOut)
class OneUser(ChangeEndpoint):
    """An account as it reads from now on; its user name stays."""

    right: ClassVar[Any] = {"PUT": "user.manage"}
    serializer_class = UserChangeIn
    answer = OnePerson.answer

    def put(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        user = selectors.user_by_name(kwargs["username"])
        return f"user:{services.user_change(user=user, by=self.by, **data).pk}"


class ContactIn(serializers.Serializer):
    kind = serializers.ChoiceField(Contact.Kind.choices)
    value = serializers.CharField(max_length=200, write_only=True)


@extend_schema(request=ContactIn, responses=PersonOut)
class SetContact(OnePerson):
    """Where a person is reached by phone or e-mail from now on; answered masked."""

    right = "user.manage"
    serializer_class = ContactIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        user = selectors.user_by_name(kwargs["username"])
        return f"user:{services.contact_set(user=user, by=self.by, **data).user_id}"


@extend_schema(request=ContactIn, responses=PersonOut)
class SetOwnContact(OnePerson):
    """Where one is reached oneself from now on; answered masked."""

    right = SIGNED_IN
    serializer_class = ContactIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        assert self.by.id is not None, "the door lets nobody in without a name"
        user = selectors.person(self.by.id)
        return f"user:{services.contact_set(user=user, by=self.by, **data).user_id}"


class RemoveContactIn(serializers.Serializer):
    confirmed = serializers.BooleanField(
        default=False, help_text="also the last one of somebody who holds a role, whom tiers of the plan tell"
    )


@extend_schema(request=RemoveContactIn, responses=PersonOut)
class RemoveContact(OnePerson):
    """Take a phone number or mail address away: one's own, or anybody's by who manages accounts."""

    right = SIGNED_IN
    serializer_class = RemoveContactIn

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        contact = selectors.contact(kwargs["contact"])
        return f"user:{services.contact_remove(contact=contact, by=self.by, **data).pk}"
