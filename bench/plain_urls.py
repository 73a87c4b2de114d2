from typing import Any, ClassVar

from django.db import models
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class PlainSample(models.Model):
    """A table as one would first write it; made by the bench."""

    metric = models.CharField(max_length=64)
    node = models.CharField(max_length=64)
    at = models.DateTimeField()
    value = models.FloatField()

    objects: ClassVar[models.Manager["PlainSample"]] = models.Manager()

    class Meta:
        app_label = "bench"
        db_table = "bench_plain_sample"
        managed = False


TABLE = (
    "CREATE TABLE bench_plain_sample (id bigserial PRIMARY KEY, metric varchar(64), node varchar(64), at timestamptz, value float8);"
    " CREATE INDEX ON bench_plain_sample (metric, node, at)"
)
LINE = 13.0
crossed: list[str] = []


class SampleSerializer(serializers.ModelSerializer):
    class Meta:
        model = PlainSample
        fields = ("metric", "node", "at", "value")


class Samples(APIView):
    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar[list[Any]] = []

    def post(self, request: Request) -> Response:
        sent: Any = request.data
        body = SampleSerializer(data=sent["samples"], many=True)
        body.is_valid(raise_exception=True)
        rows = PlainSample.objects.bulk_create([PlainSample(**row) for row in body.validated_data])
        for node in {row.node for row in rows}:
            newest = PlainSample.objects.filter(metric="complaints", node=node).order_by("-at").first()
            if newest is not None and newest.value > LINE:
                crossed.append(node)
        return Response({"accepted": len(rows)}, status=202)

    def get(self, request: Request) -> Response:
        return Response({"crossed": crossed[-200:]})


urlpatterns = [path("samples", Samples.as_view())]
