"""The group chats of the settings, and the button that tries one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.bilingual import in_language
from common.errors import Conflict
from notifications import selectors
from notifications.chat_settings import chats_shown
from notifications.services.trying import chat_try
from people.endpoints import PageRequest, change_once, page, posts


@page("operations.view")
def chats(request: PageRequest) -> HttpResponse:
    """Which chats there are, what became of the last message and of the last test; looked at again while a test is on its way."""
    shown, bad = chats_shown()
    titles = selectors.chat_owners(None)
    rows = [(one, in_language(titles[one.chat.owner]) if one.chat.owner in titles else "") for one in shown]
    state = {"chats": rows, "bad": bad, "waits": any(one.waits for one in shown)}
    return render(request, "notifications/chats.html", state)


@posts("operations.act")
def test(request: PageRequest, name: str) -> HttpResponse:
    """Say a test message in one chat."""
    try:
        change_once(request, lambda: (f"message:{chat_try(name=name, by=request.by).message_id}", 201))
    except Conflict as error:
        messages.error(request, error.sentence())
    else:
        messages.success(request, _("A test message is on its way; what becomes of it appears here."))
    return redirect("chats")
