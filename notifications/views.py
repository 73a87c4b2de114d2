"""Pages of messages and summaries."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache

from common.bilingual import in_language
from common.errors import Conflict, HotlineError, Missing
from incidents import selectors as incidents
from notifications import known, pressing, reach, selectors, services
from notifications.domain.unanswered import Line, Outcome
from notifications.forms import CallForm, KnownForm, SummaryForm
from notifications.models import Summary
from people import selectors as people
from people.endpoints import PUBLIC, PageRequest, blame, change_once, page, posts, world_of


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# --- messages ---------------------------------------------------------------------------------------------------------
@page("message.view")
def inbox(request: PageRequest) -> HttpResponse:
    """One's own messages of all worlds, or of the world the page is in."""
    world_id = world_of(request).pk if "world" in request.GET else None
    own = selectors.inbox(request.user.pk, before=_before(request), world_id=world_id)
    shown = {"deliveries": own, "more": own[-1].message_id if len(own) == selectors.PAGE else None}
    return render(request, "notifications/inbox.html", shown)


@page("message.read_all")
def everything(request: PageRequest) -> HttpResponse:
    """What was told to whom in a world."""
    found = selectors.messages_in(world_of(request).pk, before=_before(request))
    shown = {"found": found, "more": found[-1].pk if len(found) == selectors.PAGE else None}
    return render(request, "notifications/all.html", shown)


@page("message.read_all")
def receipts(request: PageRequest, message: int) -> HttpResponse:
    """Who was told, who acknowledged, who was not reached."""
    found = selectors.message_by_id(message)
    roles = selectors.role_names(found.incident)
    deliveries = selectors.receipts(found.pk)
    whose = selectors.chat_owners(found.incident) if any(row.chat for row in deliveries) else {}
    shared = selectors.letters_shared(deliveries)
    rows = []
    for delivery in deliveries:
        names = whose if delivery.chat else roles
        role = in_language(names[delivery.role]) if delivery.role in names else delivery.role
        rows.append({"delivery": delivery, "role": role, "others": shared.get(delivery.pk, [])})
    shown = {
        "message": found,
        "rows": rows,
        "pressed": pressing.pressed(found),
        "calls": pressing.calls_of(found.pk),
        "next_look": pressing.next_look(found),
    }
    return render(request, "notifications/receipts.html", shown)


@page("message.read_all")
def who_knew(request: PageRequest) -> HttpResponse:
    """How far each message had come to each person at an instant: for whoever answers for it afterwards."""
    form = KnownForm(request.GET, people=[(one.username, one.display_name) for one in people.people()])
    found = None
    if form.is_valid():
        try:
            found = _known(request, form.cleaned_data)
        except Missing as error:
            form.add_error("incident", error.sentence())
    query = request.GET.copy()
    query.pop("before", None)
    shown = {"form": form, "found": found, "at": form.cleaned_data.get("at"), "query": query.urlencode()}
    return render(request, "notifications/known.html", shown, status=400 if form.errors else 200)


def _known(request: PageRequest, said: dict[str, Any]) -> known.Page:
    incident = incidents.by_number(said["incident"].strip()) if said["incident"].strip() else None
    return known.known(
        incident.world_id if incident else world_of(request).pk,
        user_id=people.user_by_name(said["person"]).pk if said["person"] else None,
        incident_id=incident.pk if incident else None,
        at=said["at"],
        before=_before(request),
    )


@page("message.call")
def to_ring(request: PageRequest) -> HttpResponse:
    """Messages that too few have answered: whose telephone lists are to be worked."""
    return render(request, "notifications/to_ring.html", {"found": pressing.unanswered_in(world_of(request).pk)})


@page("message.call")
def not_reached(request: PageRequest) -> HttpResponse:
    """Whom the messages of the last day did not reach, by which tier and which ways they were tried (3.2, 8.1)."""
    tiers = selectors.tier_names()
    wanted = request.GET.get("tier", "")
    wanted = wanted if wanted in {*tiers, reach.OTHER} else ""
    rows = reach.unreached(world_of(request).pk, request.by, wanted)
    roles: dict[int | None, Any] = {}
    shown = []
    for row in rows:
        incident = row.message.incident
        names = roles.setdefault(incident.pk if incident else None, selectors.role_names(incident))
        shown.append(
            {
                "of": row,
                "role": in_language(names[row.role]) if row.role in names else row.role,
                "tier": in_language(selectors.tier_names(incident).get(row.tier, {"zh": row.tier, "en": row.tier})),
            }
        )
    found = {"rows": shown, "tiers": tiers, "wanted": wanted, "other": reach.OTHER}
    return render(request, "notifications/not_reached.html", found)


@page("message.call", posting="message.call")
def calls(request: PageRequest, message: int) -> HttpResponse:
    """The telephone list of a message (8.1): who is still to be rung, and a call's outcome in one tap."""
    form = CallForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            if form.is_valid():
                said = {"message_id": message, "user_id": form.cleaned_data.pop("user"), **form.cleaned_data}
                change_once(request, lambda: (f"call:{services.call_record(by=request.by, **said).pk}", 201))
                messages.success(request, _("The call is on record."))
                return redirect("message-calls", message=message)
        except HotlineError as error:
            blame(form, error)
    listed = pressing.telephone_list(message, request.by)
    found = selectors.message_by_id(message)
    roles = selectors.role_names(found.incident)
    people = [
        {"listed": row, "role": in_language(roles[row.role]) if row.role in roles else row.role} for row in listed
    ]
    shown = {"message": found, "people": people, "form": form, "lines": list(Line), "outcomes": list(Outcome)}
    return render(request, "notifications/calls.html", shown, status=400 if form.is_bound else 200)


@never_cache
@page(PUBLIC, posting=PUBLIC)
def answer_by_link(request: PageRequest, token: str) -> HttpResponse:
    """The page behind the link in a mail. Opening it answers nothing: scanners of mail open every link; its button does."""
    delivery = services.linked(token)
    with override(delivery.person.language):
        if request.method == "POST":
            # Without a message named, all of the letter; one that cannot be read is none of them.
            one = request.POST.get("message", "")
            readable = one.isascii() and one.isdigit() and len(one) < 19
            services.message_answer_by_link(token=token, message_id=int(one) if readable else 0 if one else None)
        brought = pressing.brought_by(delivery)
        left = sum(not one.answered for one in brought)
        return render(
            request, "notifications/answer.html", {"message": delivery.message, "brought": brought, "left": left}
        )


@page("message.read_all")
def sink(request: PageRequest) -> HttpResponse:
    """The mailbox of the e-mail sink."""
    world_id = world_of(request).pk if "world" in request.GET else None
    return render(request, "notifications/sink.html", {"mails": selectors.sunk_mail(world_id)})


@posts("message.acknowledge")
def acknowledge(request: PageRequest, message: int) -> HttpResponse:
    services.message_acknowledge(message_id=message, by=request.by)
    return _back(request)


@posts("message.view")
def read(request: PageRequest, message: int) -> HttpResponse:
    services.message_read(message_id=message, by=request.by)
    return _back(request)


def _back(request: PageRequest) -> HttpResponse:
    """Where the form stood: the inbox, or a page that shows a message."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return redirect(target if safe else "messages")


# --- summaries --------------------------------------------------------------------------------------------------------
@page("incident.view")
def summaries(request: PageRequest, number: str) -> HttpResponse:
    incident = incidents.by_number(number)
    shown = {"incident": incident, "summaries": selectors.summaries_of(incident.pk)}
    return render(request, "notifications/summaries.html", shown)


@page("incident.view")
def summary(request: PageRequest, number: str, summary: int) -> HttpResponse:
    return _desk(request, _summary(number, summary))


def _summary(number: str, summary: int) -> Summary:
    return selectors.summary_of(incidents.by_number(number).pk, summary)


def _desk(request: PageRequest, found: Summary, form: SummaryForm | None = None, status: int = 200) -> HttpResponse:
    """The summary with its form; `stale` shows what somebody else saved beside what this person wrote."""
    stale = form is not None and status == Conflict.status and found.is_draft
    shown = {
        "summary": found,
        "incident": found.incident,
        "summary_form": form or SummaryForm.of(found),
        "stale": stale,
    }
    return render(request, "notifications/summary_page.html", shown, status=status)


@posts("summary.edit")
def summary_edit(request: PageRequest, number: str, summary: int) -> HttpResponse:
    """Save both texts."""
    return _written(request, number, summary, publishing=False)


@posts("summary.publish")
def summary_publish(request: PageRequest, number: str, summary: int) -> HttpResponse:
    """Publish what stands in the form: what was changed there is saved first, together with the publication."""
    return _written(request, number, summary, publishing=True)


def _written(request: PageRequest, number: str, summary_id: int, *, publishing: bool) -> HttpResponse:
    found = _summary(number, summary_id)
    form = SummaryForm(request.POST)
    if not form.is_valid():
        return _desk(request, found, form, status=400)

    def change() -> tuple[str, int]:
        saved = services.summary_edit(summary_id=found.pk, by=request.by, **form.cleaned_data)
        if publishing:
            to = selectors.summary_audience(found.incident)
            services.summary_publish(summary_id=found.pk, revision=saved.revision, by=request.by, to=to)
        return f"summary:{found.pk}", 200

    try:
        change_once(request, change)
    except HotlineError as error:
        form.add_error(None, error.sentence())
        now = _summary(number, summary_id)
        return _desk(request, now, form.on(now), status=error.status)
    said = _("The summary is published and on its way.") if publishing else _("The summary is saved.")
    messages.success(request, said)
    return redirect("summary", number=number, summary=summary_id)
