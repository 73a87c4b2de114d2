"""Proofs and files as evidence for programs."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from common.parsers import BoundedJSONParser
from escalation.api import OnObligation, ProofIn
from escalation.files import file_answer, file_of, files_of
from escalation.services import proving
from escalation.services.files import MOST_AT_ONCE, Upload, uploads_of
from incidents.selectors import by_number
from people.endpoints import ActionEndpoint, Endpoint


class FilesIn(serializers.Serializer):
    files = serializers.ListField(
        child=serializers.FileField(), required=False, max_length=MOST_AT_ONCE, help_text="what proves it, kept whole"
    )


class ProofWithFilesIn(FilesIn, ProofIn):
    """As `ProofIn`, with files."""


class Fulfil(OnObligation):
    """Attach a declared kind of proof: a meeting held, a report sent; files with it as `multipart/form-data`. Event kinds are proved
    by doing the act."""

    right = "obligation.fulfil"
    serializer_class: ClassVar[type[serializers.BaseSerializer]] = ProofIn
    parser_classes = (BoundedJSONParser, MultiPartParser)
    files = ("files",)

    @extend_schema(request={"application/json": ProofIn, "multipart/form-data": ProofWithFilesIn})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        files = uploads_of(self.request.FILES.getlist("files"))
        row = proving.obligation_fulfil(obligation_id=kwargs["pk"], by=self.by, files=files, **data)
        return f"obligation:{row.pk}"


class AddedIn(FilesIn):
    """Files that came after the proof, with a word of what they show."""

    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class AddedLater(ActionEndpoint):
    """Files added to what was proved, whatever it was that was owed."""

    serializer_class: ClassVar[type[serializers.BaseSerializer]] = AddedIn
    parser_classes = (MultiPartParser,)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        return self.add(kwargs["pk"], note=data["note"], files=uploads_of(self.request.FILES.getlist("files")))

    def add(self, pk: int, *, note: str, files: list[Upload]) -> str:
        """Keep them; returns the reference of what was proved."""
        raise NotImplementedError


@extend_schema(request={"multipart/form-data": AddedIn})
class AddFiles(AddedLater, OnObligation):
    """Add files to what was proved. The proof and its clock stay as they were; each file is on record as added later."""

    right = "obligation.fulfil"

    def add(self, pk: int, **given: Any) -> str:
        return f"obligation:{proving.evidence_add(obligation_id=pk, by=self.by, **given).pk}"


class FileOut(serializers.Serializer):
    """A file kept as evidence; name and word are empty once they are erased. `seq`: its event, which holds the digest; `later`: it
    was added after the proof."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    word = serializers.CharField()
    rule = serializers.CharField()
    obligation = serializers.IntegerField()
    media = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    seq = serializers.IntegerField()
    later = serializers.BooleanField()


class FilesOf(Endpoint):
    """What is kept as evidence of an incident, the oldest first."""

    right = "incident.view"

    @extend_schema(responses={200: FileOut(many=True)})
    def get(self, request: Request, number: str) -> Response:
        return Response([shown.as_dict() for shown in files_of(by_number(number).stream_id)])


class OneFile(Endpoint):
    """The bytes of one of them."""

    right = "incident.view"

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, number: str, pk: int) -> HttpResponse:
        return file_answer(file_of(by_number(number).stream_id, pk))
