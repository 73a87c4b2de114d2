"""What everybody may read (clause 3.4): the status page, its feed, and the script partners embed. Needs the database alone."""

import hashlib
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from common.bilingual import in_language
from common.database import note
from engine import worlds
from notifications.models import Notice
from notifications.notice_selectors import PublicState, public_state
from notifications.selectors import service_of
from people.endpoints import public

# A withdrawn notice is gone after this; when we are down, caches may show what they have for a day.
FRESH = "public, max-age=15, stale-while-revalidate=30, stale-if-error=86400"
ZONE = ZoneInfo(settings.TIME_ZONE)
FEED_TYPE = "application/feed+json; charset=utf-8"


@public
def status(request: HttpRequest) -> HttpResponseBase:
    """Where the services stand and what was published, newest first; `?lang=` or Accept-Language choose the language."""
    with translation.override(_language(request)):
        try:
            found, service = public_state(worlds.real()), service_of(None)
        except Error as error:
            note(error)
            return _busy()
        shown = {"found": found, "service": in_language(service.as_dict()), "feed": _address(request, "feed.json")}
        text = render_to_string("notifications/status.html", shown)
        return _cacheable(request, text.encode(), "text/html; charset=utf-8")


@public
def feed(request: HttpRequest) -> HttpResponseBase:
    """The same as JSON Feed 1.1, with both languages in `_hotline`."""
    with translation.override(_language(request)):
        try:
            found = public_state(worlds.real())
        except Error as error:
            note(error)
            return _busy()
        body = json.dumps(_feed(request, found), ensure_ascii=False, indent=1).encode()
        return _open_to_others(_cacheable(request, body, FEED_TYPE))


@public
def popup(request: HttpRequest) -> HttpResponseBase:
    """The script, as the front end was built: `<script type="module" src="…/status/popup.js"></script>`."""
    built = settings.FRONTEND_DIST / "popup.js"
    body = built.read_bytes() if built.is_file() else b""
    return _open_to_others(_cacheable(request, body, "text/javascript; charset=utf-8"))


# --- the language: what is asked for, else what the reader's browser prefers, else Chinese ---------------------------------
def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    wanted = (
        [asked]
        if asked
        else [code for code, _q in parse_accept_lang_header(request.headers.get("accept-language", ""))]
    )
    for code in wanted:
        if code.lower().startswith("en"):
            return "en"
        if code.lower().startswith("zh"):
            return "zh-hans"
    return settings.LANGUAGE_CODE


# --- answers that caches may keep ----------------------------------------------------------------------------------------
def _cacheable(request: HttpRequest, body: bytes, content_type: str) -> HttpResponseBase:
    response = HttpResponse(body, content_type=content_type)
    language = translation.get_language() or settings.LANGUAGE_CODE
    response["Content-Language"] = "zh-Hans" if language.startswith("zh") else "en"
    response["Vary"] = "Accept-Language"
    response["Cache-Control"] = FRESH
    response["X-Content-Type-Options"] = "nosniff"
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = get_conditional_response(request, etag=response["ETag"], response=response) or response
    return answer


def _open_to_others(response: HttpResponseBase) -> HttpResponseBase:
    """Partners' pages read it from their own addresses; it holds nothing that is not public."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _busy() -> HttpResponse:
    """Nothing to go by: say that we do not know, never that all is well."""
    sentence = _("The state of our services cannot be shown right now. Please try again in a minute.")
    response = HttpResponse(sentence, content_type="text/plain; charset=utf-8", status=503)
    response["Retry-After"], response["Cache-Control"] = "15", "no-store"
    return response


# --- the feed ------------------------------------------------------------------------------------------------------------
def _feed(request: HttpRequest, found: PublicState) -> dict[str, Any]:
    standing = {notice.pk for notice in found.standing}
    language = translation.get_language() or settings.LANGUAGE_CODE
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _("Service status of our hotline"),
        "home_page_url": _address(request, ""),
        "feed_url": _address(request, "feed.json"),
        "language": language,
        "items": [_item(request, notice, standing=notice.pk in standing) for notice in found.newest_first],
        "_hotline": {"about": _address(request, ""), "state": found.state},
    }


def _item(request: HttpRequest, notice: Notice, *, standing: bool) -> dict[str, Any]:
    assert notice.published_at is not None, "only what is published is shown"
    title = Notice.Kind(notice.kind).label
    return {
        "id": f"{_address(request, '')}#notice-{notice.pk}",
        "url": f"{_address(request, '')}#notice-{notice.pk}",
        "title": str(title),
        "content_text": notice.text,
        "date_published": _rfc3339(notice.published_at),
        "tags": [str(notice.kind)],
        "_hotline": {"standing": standing, "text": {"zh": notice.text_zh, "en": notice.text_en}},
    }


def _rfc3339(at: datetime) -> str:
    return at.astimezone(ZONE).isoformat(timespec="seconds")


def _address(request: HttpRequest, name: str) -> str:
    return request.build_absolute_uri(f"/status/{name}")
