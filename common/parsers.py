"""Bodies: JSON of a size and depth that can be read, and of characters that can be kept; forms with files only when whole."""

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

from common.errors import body_too_large

# NUL is no character of PostgreSQL's texts, half a surrogate pair none of UTF-8; JSON can spell both.
MOST_AFTER = 1024  # bytes that may follow the end of a form, which RFC 2046 calls its epilogue
UNKEPT = re.compile("[\x00\ud800-\udfff]")


class BoundedJSONParser(JSONParser):
    """DRF's parser, which takes a body of any length, fails on one nested too deeply and hands on what cannot be kept."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        # One byte more than is read tells that there is too much; a body sent in chunks says no length.
        body = stream.read(most + 1)
        if len(body) > most:
            raise body_too_large()
        try:
            said = super().parse(BytesIO(body), media_type, parser_context)
            unkept = sorted({*_unkept(said, "")})
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        except ParseError as error:
            if not isinstance(error.__context__, ValueError):
                raise
            raise ParseError(_("The body is not JSON: %(why)s") % {"why": error.__context__}) from None
        if unkept:
            sentence = _("There is a character in this that cannot be kept: NUL, or half of a surrogate pair.")
            raise ValidationError(dict.fromkeys(unkept, sentence), code="unkept_character")
        return said


def _unkept(said: Any, path: str) -> Iterator[str]:
    """Where such a character stands, as the errors name fields."""
    if isinstance(said, str) and UNKEPT.search(said):
        yield path
    elif isinstance(said, list):
        for number, item in enumerate(said):
            yield from _unkept(item, f"{path}.{number}".strip("."))
    elif isinstance(said, dict):
        for name, value in said.items():
            if UNKEPT.search(name):
                yield path
            yield from _unkept(value, f"{path}.{UNKEPT.sub('?', name)}".strip("."))


class WholeBody(FileUploadHandler):
    """First of the upload handlers. Django takes a multipart body without its end: what a cut left out of it would be missing
    from a proof, or half of what was typed would be kept, and nobody would know."""

    def handle_raw_input(  # type: ignore[override]
        self, input_data: Any, META: Any, content_length: int, boundary: bytes, encoding: str | None = None
    ) -> None:
        body = getattr(input_data, "_stream", input_data)
        if not getattr(body, "seekable", lambda: False)():
            return
        here, end = body.tell(), b"--" + boundary + b"--"
        body.seek(0, 2)
        body.seek(max(here, body.tell() - len(end) - MOST_AFTER))
        whole = end in body.read()
        body.seek(here)
        if not whole:
            raise MultiPartParserError("The form does not end: it was cut off on its way. Send it again.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
