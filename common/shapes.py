"""Shapes that the API of several rooms answers with."""

from rest_framework import serializers


class BilingualOut(serializers.Serializer):
    zh = serializers.CharField()
    en = serializers.CharField()
