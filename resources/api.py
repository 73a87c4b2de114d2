"""The API of the equipment ledger (clause 8.3)."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid
from people.endpoints import ActionEndpoint, ChangeEndpoint, Endpoint
from plans.selectors import cites
from resources import selectors, services
from resources.answers import XLSX, xlsx_response
from resources.domain.dates import Verdict, fitness
from resources.domain.item import LONGEST, MOST_MONTHS, MOST_PIECES
from resources.models import Category, Condition, Equipment, Movement, Store, Unit
from resources.selectors import STATES, Filter
from resources.services.equipment import LONGEST_NOTE

PAGE, MOST_A_PAGE = 50, 200


# --- what is shown ----------------------------------------------------------------------------------------------------
class KeeperOut(serializers.Serializer):
    """The phone is confidential (8.3): masked here, revealed by `people/contacts/{contact}/reveal` with a reason."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="display_name")
    active = serializers.BooleanField(source="is_active")


class VerdictOut(serializers.Serializer):
    state = serializers.CharField(help_text="never, fine, soon, expired")
    by = serializers.DateField(allow_null=True)
    days = serializers.IntegerField(allow_null=True, help_text="until the date; negative once it is past")
    clause = serializers.CharField()


class ItemOut(serializers.ModelSerializer):
    names = serializers.DictField(child=serializers.CharField(), read_only=True, help_text="{zh, en}")
    store: serializers.RelatedField = serializers.SlugRelatedField("key", read_only=True)
    keeper = KeeperOut(read_only=True)
    in_store = serializers.IntegerField(read_only=True)
    inspection = serializers.SerializerMethodField()
    replacement = serializers.SerializerMethodField()

    class Meta:
        model = Equipment
        fields = (
            "id", "number", "names", "category", "specification", "quantity", "quantity_out", "in_store", "unit", "store",
            "use_conditions", "transport_conditions", "purchased_on", "inspect_months", "renew_months",
            "last_inspected_on", "inspection", "replacement", "condition", "keeper", "status", "version",
        )  # fmt: skip
        read_only_fields = fields

    def _fitness(self, row: Equipment) -> Any:
        today = self.context.get("today") or selectors.today()
        return fitness(inspect_by=row.inspect_by, replace_by=row.replace_by, today=today)

    @extend_schema_field(VerdictOut)
    def get_inspection(self, row: Equipment) -> Any:
        return self._said(self._fitness(row).inspection)

    @extend_schema_field(VerdictOut)
    def get_replacement(self, row: Equipment) -> Any:
        return self._said(self._fitness(row).replacement)

    def _said(self, verdict: Verdict) -> Any:
        return VerdictOut({"state": verdict.state, "by": verdict.by, "days": verdict.days, "clause": self._clause}).data

    @cached_property
    def _clause(self) -> str:
        """Asked once for a whole list: it is one serializer that shows its rows."""
        return cites("equipment")


class MovementOut(serializers.ModelSerializer):
    incident: serializers.RelatedField = serializers.SlugRelatedField("number", read_only=True)

    class Meta:
        model = Movement
        fields = (
            "id", "kind", "quantity", "quantity_after", "out_after", "at", "by", "authority", "incident", "condition", "note",
        )  # fmt: skip
        read_only_fields = fields


class StoreOut(serializers.ModelSerializer):
    names = serializers.DictField(child=serializers.CharField(), read_only=True, help_text="{zh, en}")

    class Meta:
        model = Store
        fields = ("key", "names")
        read_only_fields = fields


class LedgerOut(serializers.Serializer):
    items = ItemOut(many=True)
    count = serializers.IntegerField(help_text="of the whole ledger as filtered")
    next = serializers.IntegerField(allow_null=True, help_text="the next page's number, or null")


# --- what is sent -----------------------------------------------------------------------------------------------------
def _typed(field: str) -> serializers.CharField:
    return serializers.CharField(max_length=LONGEST[field], default="", allow_blank=True)


class StoreKey(serializers.SlugRelatedField):
    default_error_messages = {"does_not_exist": _("There is no such store; see the list of stores.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("key", queryset=Store.objects.all(), **kwargs)


class ItemIn(serializers.Serializer):
    number = serializers.CharField(max_length=40)
    name_zh = serializers.CharField(max_length=80)
    name_en = serializers.CharField(max_length=80)
    category = serializers.ChoiceField(Category.choices)
    specification = _typed("specification")
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PIECES)
    unit = serializers.ChoiceField(Unit.choices, default=Unit.PIECE)
    store = StoreKey()
    use_conditions = _typed("use_conditions")
    transport_conditions = _typed("transport_conditions")
    purchased_on = serializers.DateField()
    inspect_months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS, default=None, allow_null=True)
    renew_months = serializers.IntegerField(min_value=1, max_value=MOST_MONTHS, default=None, allow_null=True)
    last_inspected_on = serializers.DateField(default=None, allow_null=True)
    keeper = serializers.IntegerField(min_value=1, max_value=2**62, help_text="id of a person with the role keeper")


class ItemChangeIn(ItemIn):
    """Only the fields to be changed, and the version they were read at."""

    based_on = serializers.IntegerField(help_text="the version that was read")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name, field in fields.items():
            if name != "based_on":
                field.required, field.default = False, serializers.empty
        return fields


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    """Serializer fields as the services name them."""
    renamed = dict(data)
    if "store" in renamed:
        renamed["store_id"] = renamed.pop("store").pk
    if "keeper" in renamed:
        renamed["keeper_id"] = renamed.pop("keeper")
    return renamed


# --- the ledger -------------------------------------------------------------------------------------------------------
FILTERS = [
    OpenApiParameter("expired", str, description="only what is past its inspection or its replacement"),
    OpenApiParameter("state", str, enum=STATES, description="without it: all that is in service"),
    OpenApiParameter("category", str, enum=Category.values),
    OpenApiParameter("store", str, description="key of a store"),
    OpenApiParameter("q", str, description="words of number, names, specification or keeper"),
    OpenApiParameter("keeper", int, description="id of a person"),
]


def _wanted(request: Request) -> Filter:
    state = "expired" if "expired" in request.GET else request.GET.get("state", "")
    category = request.GET.get("category", "")
    known = [("state", state, STATES), ("category", category, Category.values)]
    errors = [
        {"field": field, "code": "unknown", "message": _("There is no such value; see the description of the API.")}
        for field, value, values in known
        if value and value not in values
    ]
    if errors:
        raise Invalid("query.wrong", _("Some values are not right; see errors."), errors=errors)
    return Filter(
        words=request.GET.get("q", "").replace("\x00", ""),
        category=category,
        store=request.GET.get("store", "").replace("\x00", ""),
        state=state,
        keeper=_number(request, "keeper"),
    )


def _number(request: Request, name: str) -> int | None:
    text = request.GET.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        rows = [{"field": name, "code": "invalid", "message": _("This must be a whole number.")}]
        raise Invalid("query.wrong", _("Some values are not right; see errors."), errors=rows)
    return int(text)


class AnswersItem:
    """Actions that answer with the item they were about."""

    def answer(self, reference: str) -> Any:
        return ItemOut(selectors.equipment(int(reference.removeprefix("equipment:")))).data


class Ledger(AnswersItem, ActionEndpoint):
    """The lines of the ledger, expired ones first; a new line by POST."""

    right = {"GET": "equipment.view", "POST": "equipment.manage"}
    serializer_class = ItemIn
    success = 201

    @extend_schema(
        responses=LedgerOut,
        parameters=[*FILTERS, OpenApiParameter("page", int), OpenApiParameter("limit", int, description="1 to 200")],
    )
    def get(self, request: Request) -> Response:
        page = max(_number(request, "page") or 1, 1)
        limit = min(max(_number(request, "limit") or PAGE, 1), MOST_A_PAGE)
        today = selectors.today()
        rows = selectors.ledger(_wanted(request), on=today)
        count, first = rows.count(), min(page - 1, 10**9) * limit
        more = first + limit < count
        items = ItemOut(rows[first : first + limit], many=True, context={"today": today}).data
        return Response({"items": items, "count": count, "next": page + 1 if more else None})

    @extend_schema(request=ItemIn, responses={201: ItemOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"equipment:{services.equipment_add(**_columns(data), by=self.by).pk}"


class Workbook(BaseRenderer):
    """Lets a program ask for the workbook by its media type; the view answers with it whole."""

    media_type, format, charset = XLSX, "xlsx", None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> Any:
        return JSONRenderer().render(data)


class Export(Endpoint):
    """The ledger as filtered, as .xlsx; text that a spreadsheet would take for a formula is escaped."""

    right = "equipment.view"
    renderer_classes = [Workbook, JSONRenderer]

    @extend_schema(responses={(200, XLSX): OpenApiTypes.BINARY}, parameters=FILTERS)
    def get(self, request: Request) -> HttpResponse:
        return xlsx_response(selectors.ledger(_wanted(request)))


class Stores(Endpoint):
    right = "equipment.view"

    @extend_schema(responses=StoreOut(many=True))
    def get(self, request: Request) -> Response:
        return Response(StoreOut(selectors.stores(), many=True).data)


class Item(AnswersItem, ChangeEndpoint):
    """One line; PATCH changes the fields that are sent, based on the version that was read."""

    right = {"GET": "equipment.view", "PATCH": "equipment.manage"}
    serializer_class = ItemChangeIn

    @extend_schema(responses=ItemOut)
    def get(self, request: Request, equipment: int) -> Response:
        return Response(ItemOut(selectors.equipment(equipment)).data)

    @extend_schema(request=ItemChangeIn, responses=ItemOut)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        row = services.equipment_change(equipment_id=kwargs["equipment"], by=self.by, **_columns(data))
        return f"equipment:{row.pk}"


class Record(Endpoint):
    """The usage record of an item, newest first."""

    right = "equipment.view"

    @extend_schema(responses=MovementOut(many=True))
    def get(self, request: Request, equipment: int) -> Response:
        return Response(MovementOut(selectors.record(selectors.equipment(equipment).pk), many=True).data)


# --- acts -------------------------------------------------------------------------------------------------------------
def _note() -> serializers.CharField:
    return serializers.CharField(max_length=LONGEST_NOTE, default="", allow_blank=True)


class WithdrawIn(serializers.Serializer):
    quantity = serializers.IntegerField(max_value=MOST_PIECES)
    incident = serializers.CharField(
        default="", allow_blank=True, max_length=40, help_text="number of an open incident"
    )
    note = _note()


class ReturnIn(WithdrawIn):
    incident = serializers.CharField(default="", allow_blank=True, max_length=40, help_text="what it was taken for")
    condition = serializers.ChoiceField(Condition.choices, default=Condition.GOOD)


class InspectIn(serializers.Serializer):
    condition = serializers.ChoiceField(Condition.choices)
    on = serializers.DateField(default=None, allow_null=True, help_text="today when left out")
    note = _note()


class RetireIn(serializers.Serializer):
    reason = serializers.CharField(max_length=LONGEST_NOTE)


class OnItem(AnswersItem, ActionEndpoint):
    """An act on one line; `do` is the service that does it."""

    do: ClassVar[Callable[..., Equipment]]

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return f"equipment:{self.do(equipment_id=kwargs['equipment'], by=self.by, **data).pk}"


@extend_schema(request=WithdrawIn, responses=ItemOut)
class Withdraw(OnItem):
    right = "equipment.withdraw"
    serializer_class = WithdrawIn
    do = staticmethod(services.equipment_withdraw)


@extend_schema(request=ReturnIn, responses=ItemOut)
class Return(OnItem):
    right = "equipment.withdraw"
    serializer_class = ReturnIn
    do = staticmethod(services.equipment_return)


@extend_schema(request=InspectIn, responses=ItemOut)
class Inspect(OnItem):
    right = "equipment.inspect"
    serializer_class = InspectIn
    do = staticmethod(services.equipment_inspect)


@extend_schema(request=RetireIn, responses=ItemOut)
class Retire(OnItem):
    right = "equipment.manage"
    serializer_class = RetireIn
    do = staticmethod(services.equipment_retire)
