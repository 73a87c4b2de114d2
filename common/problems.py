"""Errors of the API in one shape: RFC 9457 problem details, in the caller's language."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from common.database import note, out_of_reach
from common.errors import BUSY, RETRY_AFTER, HotlineError, body_too_large

MEDIA_TYPE = "application/problem+json"


def problem(*, code: str, title: str, status: int, errors: list[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """The body: `type` and `code` are stable, `title` is a sentence for a person, `errors` names fields or items."""
    body: dict[str, Any] = {"type": f"urn:hotline-ep:{code}", "code": code, "title": title, "status": status}
    if errors:
        body["errors"] = [{key: str(value) if key == "message" else value for key, value in e.items()} for e in errors]
    return body


def problem_of(error: HotlineError) -> dict[str, Any]:
    return problem(code=error.code, title=error.sentence(), status=error.status, errors=error.errors)


def problem_response(body: dict[str, Any]) -> JsonResponse:
    """For views outside DRF."""
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE)


def _field_errors(detail: Any, field: str = "") -> list[Mapping[str, Any]]:
    """DRF's nested details, flattened: one row a message, `field` as a dotted path."""
    if isinstance(detail, Mapping):
        return [row for key, value in detail.items() for row in _field_errors(value, f"{field}.{key}".strip("."))]
    if isinstance(detail, list):
        return [row for value in detail for row in _field_errors(value, field)]
    return [{"field": field, "code": getattr(detail, "code", "invalid"), "message": str(detail)}]


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler."""
    if isinstance(error, RequestDataTooBig):
        error = body_too_large()
    if isinstance(error, HotlineError):
        set_rollback()
        return _response(problem_of(error))
    if out_of_reach(error):
        note(error)
        set_rollback()
        return _response(problem_of(BUSY), {"Retry-After": RETRY_AFTER})
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        body = problem(
            code="invalid",
            title=_("Some values are not right; see errors."),
            status=400,
            errors=_field_errors(error.detail),
        )
    else:
        body = problem(code=_code(error), title=_title(error), status=response.status_code)
    kept = {name: response[name] for name in ("WWW-Authenticate", "Retry-After", "Allow") if name in response}
    return _response(body, kept)


def _response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _code(error: Exception) -> str:
    if isinstance(error, Http404):
        return "not_found"
    if isinstance(error, PermissionDenied):
        return "not_allowed"
    detail = getattr(error, "detail", None)
    return str(getattr(detail, "code", None) or "error")


def _title(error: Exception) -> str:
    if isinstance(error, Http404):
        return _("There is nothing at this address.")
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return _("Sign in, or send a valid token.")
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return _("Your role does not allow this.")
    return str(getattr(error, "detail", error))
