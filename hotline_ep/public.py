"""What is for everybody is answered before anybody's session is looked at: no cookie, nothing that differs between readers."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve
from django.utils.decorators import sync_and_async_middleware

PREFIX = "/status/"


def _answer(request: HttpRequest) -> HttpResponseBase:
    match = resolve(request.path_info)
    return match.func(request, *match.args, **match.kwargs)


@sync_and_async_middleware
def public_first(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Stands before the session: caches may then keep these pages, and they stay up when the rest is busy."""
    if iscoroutinefunction(get_response):

        async def asynchronous(request: HttpRequest) -> HttpResponseBase:
            if request.path_info.startswith(PREFIX):
                return await sync_to_async(_answer)(request)
            return await get_response(request)

        return asynchronous

    def synchronous(request: HttpRequest) -> HttpResponseBase:
        return _answer(request) if request.path_info.startswith(PREFIX) else get_response(request)

    return synchronous
