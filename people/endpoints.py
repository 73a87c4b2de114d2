"""What every room's views are made of: endpoints and pages that know who asks, by which right, in which world."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, wraps
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import msgspec
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRedirect
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.actor import Actor
from common.database import note, out_of_reach
from common.errors import BUSY, RETRY_AFTER, HotlineError, Invalid, Missing, NotAllowed
from common.problems import problem_of, problem_response
from engine import worlds
from engine.idempotency import Answer, fingerprint_of, once
from engine.models import World
from people.middleware import speak
from people.models import ApiToken, User
from people.permissions import PUBLIC, SIGNED_IN, Declared, actor_on, declared, pass_door

__all__ = [
    "PUBLIC",
    "SIGNED_IN",
    "ActionEndpoint",
    "ChangeEndpoint",
    "EditEndpoint",
    "Endpoint",
    "Nothing",
    "PageRequest",
    "blame",
    "busy",
    "change_once",
    "home_in",
    "page",
    "posts",
    "public",
    "world_of",
]


def world_of(request: Request | HttpRequest) -> World:
    """The world named by `?world=`, else the real one; raises Missing."""
    key = request.GET.get("world")
    return worlds.by_key(key) if key else worlds.real()


def home_in(world: World) -> str:
    """The address of one's own list, in the world one acted in."""
    return reverse("home") + ("" if world.is_real else f"?world={world.key}")


def refuse_nul(path: str, *said: QueryDict) -> None:
    """Raise Invalid naming the field that holds a NUL character, which no text of the database can; bodies in JSON are
    refused by their serializers."""
    fields = [
        name for words in said for name, values in words.lists() if any("\x00" in text for text in (name, *values))
    ]
    if fields or "\x00" in path:
        sentence = _("There is a NUL character in what was sent, which cannot be kept; remove it and send again.")
        errors = [{"field": name.replace("\x00", ""), "code": "null_character", "message": sentence} for name in fields]
        raise Invalid("null_character", sentence, errors=errors)


# --- API --------------------------------------------------------------------------------------------------------------
class Endpoint(APIView):
    """Declare `right`: a right, PUBLIC, SIGNED_IN, or a dict of these by method."""

    right: ClassVar[Declared]

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        says_nothing = "Accept-Language" not in request.headers and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES
        if isinstance(request.auth, ApiToken) and says_nothing:
            speak(request._request, request.auth.user.language)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        refuse_nul(request.path, request.query_params)

    @cached_property
    def by(self) -> Actor:
        if not self.request.user.is_authenticated:
            raise NotAuthenticated
        return actor_on(self.request)

    @cached_property
    def world(self) -> World:
        return world_of(self.request)


MOST_NAMED = 20
LONGEST_NAME = 64


def unknown_fields(body: Any, sent: Any) -> Iterator[str]:
    """What a body says under names that nothing reads, by the paths errors have: left unread, what a program meant would be lost
    and nobody told. A serializer that `takes_more` says itself what it does not know."""
    if isinstance(body, serializers.ListSerializer) and isinstance(sent, list):
        for number, one in enumerate(sent):
            yield from (f"{number}.{name}" for name in unknown_fields(body.child, one))
    elif isinstance(body, serializers.Serializer) and isinstance(sent, Mapping):
        if not getattr(body, "takes_more", False):
            yield from (str(name)[:LONGEST_NAME] for name in sent if name not in body.fields)
        for name, field in body.fields.items():
            if isinstance(field, serializers.BaseSerializer):
                yield from (f"{name}.{inner}" for inner in unknown_fields(field, sent.get(name)))


class Nothing(serializers.Serializer):
    """The body of an action that needs no words."""


class ChangeEndpoint(Endpoint):
    """A change: `serializer_class` checks the body, `act` makes the change, `answer` renders a reference.

    With an `Idempotency-Key` the change happens once: the same request again is answered from the reference, with
    `Idempotency-Replayed: true`; another body under the same key is a Conflict. What `act` does is one transaction.
    """

    serializer_class: ClassVar[type[serializers.BaseSerializer]] = Nothing
    success: ClassVar[int] = 200
    files: ClassVar[tuple[str, ...]] = ()  # names of the files that `act` reads from the request

    def act(self, data: dict[str, Any], **kwargs: Any) -> str:
        """Make the change and return a reference to what it made, such as `incident:2026-0001`."""
        raise NotImplementedError

    def answer(self, reference: str) -> Any:
        """The body for a reference, as it stands now."""
        raise NotImplementedError

    def changed(self, request: Request, **kwargs: Any) -> Response:
        """What a handler of POST or PATCH returns."""
        body = self.serializer_class(data=request.data)
        read_by_itself = self.files if request.FILES else ()
        if unknown := [name for name in unknown_fields(body, request.data) if name not in read_by_itself][:MOST_NAMED]:
            sentence = _("There is no such field; nothing was changed.")
            raise serializers.ValidationError({name: [sentence] for name in unknown}, code="unknown_field")
        body.is_valid(raise_exception=True)

        def change() -> tuple[str, int]:
            return self.act(body.validated_data, **kwargs), self.success

        answer = self._once(request, change)
        replayed = {"Idempotency-Replayed": "true"} if answer.replayed else None
        return Response(self.answer(answer.reference), status=answer.status, headers=replayed)

    def _once(self, request: Request, change: Callable[[], tuple[str, int]]) -> Answer:
        key = request.headers.get("Idempotency-Key")
        # Python's own JSON: it also writes numbers beyond 64 bits, which the facts of a plan may be given.
        words = {name: request.POST.getlist(name) for name in request.POST} if request.FILES else request.data
        sent = json.dumps(words, sort_keys=True).encode() + _files_sent(request)
        return _made(self.by, key, fingerprint_of(request.method or "", request.get_full_path(), sent), change)


class ActionEndpoint(ChangeEndpoint):
    """A change by POST."""

    def post(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)


class EditEndpoint(ChangeEndpoint):
    """A change by PATCH."""

    def patch(self, request: Request, **kwargs: Any) -> Response:
        return self.changed(request, **kwargs)


def _files_sent(request: Request | HttpRequest) -> bytes:
    """The digests of what was sent as files: the same words with another file are another request."""
    digest = hashlib.sha256()
    for name, sent in request.FILES.lists():
        for one in sent:
            digest.update(f"{name}:{one.size}:".encode())
            for chunk in one.chunks():
                digest.update(chunk)
            one.seek(0)
    return digest.digest() if request.FILES else b""


def _made(by: Actor, key: str | None, fingerprint: str, change: Callable[[], tuple[str, int]]) -> Answer:
    if key is not None:
        return once(by=by, key=key, fingerprint=fingerprint, change=change)
    with transaction.atomic():
        return Answer(*change(), replayed=False)


# --- pages ------------------------------------------------------------------------------------------------------------
class PageRequest(HttpRequest):
    """What a view under `page` or `posts` is given; for annotations. On a PUBLIC page `by` is None for strangers."""

    user: User
    by: Actor
    htmx: Any


View = Callable[..., HttpResponseBase]


def page(right: str, *, posting: str | None = None) -> Callable[[View], View]:
    """A page to look at, for who is signed in and holds the right; `posting` is the right its own form takes."""
    return _guard({"GET": right} | ({"POST": posting} if posting else {}))


def posts(right: str, *, shown_at: Callable[..., str] | None = None) -> Callable[[View], View]:
    """A form's address: POST only. Who looks at it, because a refused form stood there, is sent to the page it belongs to:
    the one `shown_at` names for the address's words, else the nearest one above it."""
    return _guard({"POST": right}, shown_at)


def _guard(right: dict[str, str], shown_at: Callable[..., str] | None = None) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            method = "GET" if request.method == "HEAD" else request.method or ""
            wanted = right.get(method)
            if wanted is None and method == "GET":
                signed_in = request.user.is_authenticated
                return _to_its_page(request, shown_at, kwargs) if signed_in else _to_sign_in(request)
            if wanted is None:
                return HttpResponseNotAllowed([*right])
            if wanted != PUBLIC and not request.user.is_authenticated:
                return _to_sign_in(request)
            request.by = actor_on(request) if request.user.is_authenticated else None
            try:
                pass_door(request.by, wanted)
                refuse_nul(request.path, request.GET, request.POST)
                return view(request, *args, **kwargs)
            except HotlineError as error:
                return problem_page(request, error)
            except Error as error:
                if not out_of_reach(error):
                    raise
                note(error)
                return busy(request)

        guarded.right = right  # type: ignore[attr-defined]
        declared(guarded)
        return guarded

    return decorate


def public(view: Callable[[HttpRequest], HttpResponseBase]) -> View:
    """Something for everybody to read: no sign-in, no session (`hotline_ep.public` answers it before there is one)."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        return view(request) if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])

    guarded.right = {"GET": PUBLIC}  # type: ignore[attr-defined]
    return guarded


def change_once(request: PageRequest, change: Callable[[], tuple[str, int]]) -> Answer:
    """A form's change under the key its page carries (`{% idempotency_key %}`), or htmx sends: twice sent, once made."""
    key = request.POST.get("idempotency_key") or request.headers.get("Idempotency-Key")
    words = sorted((name, request.POST.getlist(name)) for name in request.POST if name != "csrfmiddlewaretoken")
    sent = msgspec.json.encode(words) + _files_sent(request)
    fingerprint = fingerprint_of(request.method or "", request.get_full_path(), sent)
    return _made(request.by, key, fingerprint, change)


def blame(form: Any, error: HotlineError) -> None:
    """Put each thing that is wrong beside its field; above the form what has none, and the sentence.

    "Some values are not right" is left out where the values themselves are marked.
    """
    beside = {str(row.get("field", "")).removeprefix("facts."): row for row in error.errors}
    marked = error.code == "invalid" and beside.keys() & form.fields.keys()
    above = [] if marked else [error.sentence()]
    for name, row in beside.items():
        if name in form.fields:
            form.add_error(name, str(row["message"]))
        elif not above or str(row["message"]) not in above[0]:
            above.append(str(row["message"]))
    for sentence in above:
        form.add_error(None, sentence)


def problem_page(request: HttpRequest, error: HotlineError) -> HttpResponse:
    """The page that says what is wrong; a view that can say it beside its form catches the error itself."""
    return render(request, "people/problem.html", {"error": error}, status=error.status)


def busy(request: HttpRequest) -> HttpResponse:
    """503 with when to try again; made without database and session, which may be what is out of reach."""
    if request.path_info.startswith("/api/"):
        answer: HttpResponse = problem_response(problem_of(BUSY))
    else:
        answer = HttpResponse(render_to_string("503.html", {"request": request, "error": BUSY}), status=BUSY.status)
    answer["Retry-After"], answer["Cache-Control"] = RETRY_AFTER, "no-store"
    return answer


def _to_its_page(request: PageRequest, shown_at: Callable[..., str] | None, words: dict[str, Any]) -> HttpResponseBase:
    if shown_at is not None:
        try:
            return redirect(shown_at(**words))
        except Missing:
            return redirect("home")
    world = request.GET.get("world")
    return redirect(
        _page_above(request.path_info, actor_on(request)) + (f"?{urlencode({'world': world})}" if world else "")
    )


def _page_above(path: str, by: Actor) -> str:
    """The nearest page above an address that this person may open; the first page is above all."""
    while len(path) > 1:
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            right = getattr(resolve(path).func, "right", None)
            if isinstance(right, dict) and "GET" in right:
                pass_door(by, right["GET"])
                return path
        except (Resolver404, NotAllowed):
            continue
    return reverse("home")


def _to_sign_in(request: PageRequest) -> HttpResponseBase:
    """Signed in again, the person comes back to the page the request was made on; what was posted is not there to look at."""
    if request.htmx:
        return HttpResponseClientRedirect(settings.LOGIN_URL)
    return redirect_to_login(request.get_full_path() if request.method in ("GET", "HEAD") else _came_from(request))


def _came_from(request: HttpRequest) -> str:
    """The path of ours in `Referer`, else the first page."""
    said = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(said, {request.get_host()}, require_https=request.is_secure()):
        return reverse("home")
    parts = urlsplit(said)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
