"""A spreadsheet into the ledger for programs: sent and looked at, then applied whole or not at all (clause 8.3)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from people.endpoints import ActionEndpoint, Endpoint
from resources import selectors, services
from resources.models import LedgerImport
from resources.services.importing import Plan
from resources.services.workbook import MOST_BYTES


class ImportIn(serializers.Serializer):
    file = serializers.FileField(help_text="an .xlsx workbook of at most 5,000 rows and 2 MB")


class ImportProblemOut(serializers.Serializer):
    row = serializers.IntegerField(help_text="as the spreadsheet counts")
    column = serializers.CharField(help_text="its heading, in your language")
    message = serializers.CharField()


class ImportRowOut(serializers.Serializer):
    row = serializers.IntegerField()
    number = serializers.CharField(source="item.number")
    columns = serializers.ListField(child=serializers.CharField(), help_text="what would change; empty for a new item")


class ImportOut(serializers.Serializer):
    """What the file would do; with a problem, nothing. Once it is applied, only how many lines it added and changed."""

    id = serializers.IntegerField()
    file_name = serializers.CharField()
    applied_at = serializers.DateTimeField(allow_null=True)
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField(allow_null=True)
    added_rows = ImportRowOut(many=True)
    changed_rows = ImportRowOut(many=True)
    problems = ImportProblemOut(many=True)


def _out(found: LedgerImport, plan: Plan | None) -> Any:
    done = plan is None
    seen = plan or Plan([], [], 0, [])
    return ImportOut(
        {
            "id": found.pk,
            "file_name": found.file_name,
            "applied_at": found.applied_at,
            "added": found.added if done else len(seen.added),
            "changed": found.changed if done else len(seen.changed),
            "unchanged": None if done else seen.unchanged,
            "added_rows": seen.added,
            "changed_rows": seen.changed,
            "problems": seen.problems,
        }
    ).data


class Imports(Endpoint):
    """Send a workbook; the ledger is not touched. The same file again is the same import as long as it is not applied."""

    right = {"POST": "equipment.manage"}
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": ImportIn}, responses={201: ImportOut})
    def post(self, request: Request) -> Response:
        body = ImportIn(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        # One byte more than is allowed is enough to know that it is too much.
        found = services.import_upload(content=file.read(MOST_BYTES + 1), file_name=file.name, by=self.by)
        return Response(_out(found, services.import_plan(found)), status=201)


class OneImport(Endpoint):
    """What the file would do to the ledger as it now stands."""

    right = {"GET": "equipment.manage"}

    @extend_schema(responses=ImportOut)
    def get(self, request: Request, upload: int) -> Response:
        found = selectors.ledger_import(upload, by_id=self.by.id)
        return Response(_out(found, None if found.applied_at else services.import_plan(found)))


class ImportApply(ActionEndpoint):
    """Apply the file whole; refused when a cell is wrong, when it was applied, and when the ledger changed meanwhile."""

    right = "equipment.manage"

    @extend_schema(request=None, responses=ImportOut)
    def post(self, request: Request, **kwargs: Any) -> Response:
        # The rows are judged before the transaction opens: a long look holds no lock.
        found = selectors.ledger_import(kwargs["upload"], by_id=self.by.id)
        return self.changed(request, **kwargs, plan=services.import_plan(found))

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        done = services.import_apply(import_id=kwargs["upload"], plan=kwargs["plan"], by=self.by)
        return f"ledger_import:{done.pk}"

    def answer(self, reference: str) -> Any:
        found = selectors.ledger_import(int(reference.removeprefix("ledger_import:")), by_id=self.by.id)
        return _out(found, None)
