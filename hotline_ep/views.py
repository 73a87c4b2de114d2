"""The pages that belong to no room."""

import sys

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.defaults import page_not_found, server_error

from common.clock import wall
from common.database import note, out_of_reach
from common.problems import problem, problem_response
from engine.clearance import held_since
from people.endpoints import busy
from watchdog.selectors import health


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when this process can read the database, 503 otherwise: what a proxy needs to know. `held`: no letter leaves until a
    person has decided what an older backup means.

    `?deep` asks for the whole product, as a monitor outside does: 503 as well when watchdog, workers or canary prove nothing
    any more or letters are held, each by name. Nothing else is said to strangers.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            held = held_since() is not None
        found = health(wall()) if "deep" in request.GET else None
    except Error as error:
        note(error)
        return JsonResponse({"status": "unavailable"}, status=503)
    if found is None:
        return JsonResponse({"status": "held" if held else "ok"})
    status = "ok" if found.well else "degraded"
    return JsonResponse({"status": status, "parts": found.parts}, status=200 if found.well else 503)


def failed(request: HttpRequest) -> HttpResponse:
    """What nobody caught, which Django is handling now: 503 when the database was out of reach, else 500."""
    error = sys.exc_info()[1]
    if out_of_reach(error):
        note(error)
        return busy(request)
    if request.path_info.startswith("/api/"):
        title = _("Something went wrong here. Nothing was changed; tell the system administrator if it happens again.")
        return problem_response(problem(code="internal", title=title, status=500))
    return server_error(request)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is nothing at this address; programs read it in the shape of all errors."""
    if request.path_info.startswith("/api/"):
        return problem_response(problem(code="missing", title=_("There is nothing at this address."), status=404))
    return page_not_found(request, exception)
