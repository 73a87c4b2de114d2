"""Bodies of the API: JSON of a size and depth that can be read, and of characters that can be kept."""

import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

from common.errors import body_too_large

# NUL is no character of PostgreSQL's texts, half a surrogate pair none of UTF-8; JSON can spell both.
UNKEPT = re.compile("[\x00\ud800-\udfff]")


class BoundedJSONParser(JSONParser):
    """DRF's parser, which takes a body of any length, fails on one nested too deeply and hands on what cannot be kept."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {})["request"]
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length[:20]) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise body_too_large()
        try:
            said = super().parse(stream, media_type, parser_context)
            unkept = sorted({*_unkept(said, "")})
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
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
