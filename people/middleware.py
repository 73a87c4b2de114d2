"""Everyone is spoken to in a language of his choice."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


class SpeakTheirLanguage:
    """The language cookie first, then the person's preference, then what LocaleMiddleware took from Accept-Language.

    Programs with a token are not known yet at this point; `people.endpoints` does the same for them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and request.user.is_authenticated:
            speak(request, request.user.language)
        return self.get_response(request)


def speak(request: HttpRequest, language: str) -> None:
    translation.activate(language)
    request.LANGUAGE_CODE = translation.get_language()
