"""The board for programs."""

from collections.abc import Collection
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Invalid
from common.shapes import BilingualOut
from dashboard.brief import duty_brief
from dashboard.changes import REPORTED, changes_for, changes_for_proof
from dashboard.dossier import dossier_of
from dashboard.dossier_paper import paper_response
from dashboard.paper import DOCX
from dashboard.prefill import ACTS, act_started, prefilled
from dashboard.record import Record
from dashboard.selectors import board_state
from escalation.selectors import plan_for
from incidents.selectors import by_number
from notifications.domain.changes import KINDS
from people.duty_api import AnswersHandover
from people.duty_shapes import HandoverOut, handover_dict
from people.endpoints import ActionEndpoint, Endpoint
from people.rostered import duty_named
from people.services import handovers


class BoardView(Endpoint):
    """The board's whole state: incidents with clocks, groups and log, readings against thresholds, alarms."""

    right = "board.view"

    @extend_schema(
        parameters=[OpenApiParameter("world", str, description="key of a practice world; the real one without")],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request) -> Response:
        return Response(board_state(self.world), headers={"Cache-Control": "no-store"})


class Dossier(Endpoint):
    """All that the record holds of an incident: decision cards as they were taken with what was decided on them, obligations, who
    was told, notices, reports, the log."""

    right = "dossier.view"

    @extend_schema(responses={200: dict[str, Any]})
    def get(self, request: Request, number: str) -> Response:
        return Response(dossier_of(by_number(number)))


class Document(BaseRenderer):
    """Lets a program ask for the document by its media type; the view answers with it whole."""

    media_type, format, charset = DOCX, "docx", None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> Any:
        return JSONRenderer().render(data)


class DossierPaper(Endpoint):
    """The dossier as a Word document, in the language of `Accept-Language`."""

    right = "dossier.view"
    renderer_classes = [Document, JSONRenderer]

    @extend_schema(responses={(200, DOCX): OpenApiTypes.BINARY})
    def get(self, request: Request, number: str) -> HttpResponse:
        return paper_response(by_number(number))


class Prefill(Endpoint):
    """What the record already knows of a report somebody must write: the same start the pages' forms have. Nothing is invented:
    a field of which nothing is known is not in it, and a cause never is."""

    right = "incident.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("act", str, description="report, evaluate or ending-report: fields of the act"),
            OpenApiParameter("evidence", str, description="a kind of proof of the plan: its text, as `note`"),
        ],
        responses={200: dict[str, str]},
    )
    def get(self, request: Request, number: str) -> Response:
        incident = by_number(number)
        plan, act, evidence = (
            plan_for(incident),
            request.query_params.get("act", ""),
            request.query_params.get("evidence", ""),
        )
        if act and not evidence and act in ACTS:
            return Response(act_started(act, incident, plan))
        if evidence and not act and evidence in plan.evidence:
            text = prefilled(evidence, incident, plan)
            return Response({"note": text} if text else {})
        raise Invalid(
            "prefill.what", _("Name one act (%(acts)s) or one kind of proof of the plan."), acts=", ".join(ACTS)
        )


class ChangeOut(serializers.Serializer):
    kind = serializers.ChoiceField(choices=KINDS)
    text = BilingualOut()


class ChangesOut(serializers.Serializer):
    """`since` is when the report before was made; without one (`reported_before` false) when the response began, else when the
    incident was known."""

    since = serializers.DateTimeField()
    reported_before = serializers.BooleanField()
    lines = ChangeOut(many=True)


class ChangesSince(Endpoint):
    """What changed since the last report of a kind, net, each thing one sentence to keep or to strike: readings, facts, level, tasks,
    what happened, what is owed."""

    right = "incident.view"

    @extend_schema(
        parameters=[
            OpenApiParameter("act", str, enum=sorted(REPORTED), description="a report that is an act"),
            OpenApiParameter("evidence", str, description="a declared kind of proof of the incident's plan"),
            OpenApiParameter(
                "rule", str, description="an obligation of the plan: since its own last proof, of any kind"
            ),
        ],
        responses={200: ChangesOut},
    )
    def get(self, request: Request, number: str) -> Response:
        incident = by_number(number)
        plan, record = plan_for(incident), Record([incident])
        known: dict[str, Collection[str]] = {"act": REPORTED, "evidence": plan.evidence, "rule": plan.obligations}
        asked = {name: request.query_params[name] for name in known if request.query_params.get(name)}
        if len(asked) != 1 or any(what not in known[name] for name, what in asked.items()):
            sentence = _("Name one act (%(acts)s), one kind of proof or one obligation of the plan.")
            raise Invalid("changes.what", sentence, acts=", ".join(REPORTED))
        ((name, what),) = asked.items()
        if name == "rule":
            return Response(changes_for_proof(incident, plan, plan.rule(what), record).as_dict())
        return Response(changes_for(incident, plan, what, record).as_dict())


class HandoverIn(serializers.Serializer):
    brief = serializers.CharField(
        max_length=handovers.LONGEST, required=False, allow_blank=True, help_text="without it, drafted from the record"
    )


class Handovers(AnswersHandover, ActionEndpoint):
    """The handovers of a duty, the newest first; another is begun by whoever is on it, or was a short while ago."""

    right = {"GET": "duty.view", "POST": "duty.take"}
    serializer_class = HandoverIn
    success = 201

    @extend_schema(responses=HandoverOut(many=True))
    def get(self, request: Request, key: str) -> Response:
        return Response([handover_dict(row) for row in handovers.handovers_of(duty_named(key))])

    @extend_schema(request=HandoverIn, responses={201: HandoverOut})
    def post(self, request: Request, **kwargs: Any) -> Response:
        return super().post(request, **kwargs)

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        brief = data.get("brief") or duty_brief()
        duty = duty_named(kwargs["key"])
        return f"handover:{handovers.handover_draft(duty_id=duty.pk, brief=brief, by=self.by).pk}"
