"""Shapes that the API of several rooms takes and answers with."""

from typing import Any

from rest_framework import serializers
from rest_framework.parsers import BaseParser


class BilingualOut(serializers.Serializer):
    zh = serializers.CharField()
    en = serializers.CharField()


class RejectedOut(serializers.Serializer):
    """One of several that were sent and why it was not kept, beside those that were."""

    index = serializers.IntegerField()
    code = serializers.CharField()
    error = serializers.CharField()


class Untouched(BaseParser):
    """Leaves the body as it came, to a view that reads its bytes itself."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> dict[str, Any]:
        return {}
