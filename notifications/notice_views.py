"""Pages of the notices desk (clause 3.4)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.errors import Conflict, HotlineError
from incidents import selectors as incidents
from incidents.selectors import Incident
from notifications import notice_selectors as selectors
from notifications import services
from notifications.domain.notices import RIGHT, Act
from notifications.models import Notice
from notifications.notice_forms import NewNoticeForm, NoticeForm, PublishForm
from people.endpoints import PageRequest, change_once, page, posts, world_of

SHOWN = 100


@page("notice.view")
def desk(request: PageRequest) -> HttpResponse:
    """What waits for me first, then the notices of the world, or of one incident."""
    incident = _incident(request)
    world = incident.world if incident else world_of(request)
    state = request.GET.get("state", "")
    state = state if state in Notice.State.values else ""
    rows = selectors.notices_in(world.pk, state=state, incident_id=incident.pk if incident else None)[:SHOWN]
    waiting = [notice for notice in selectors.notices_in(world.pk)[:SHOWN] if selectors.waits_for(notice, request.by)]
    shown = {
        "notices": rows,
        "waiting": waiting if not state else [],
        "incident": incident,
        "world": world,
        "wanted": state,
        "states": Notice.State.choices,
        "kinds": Notice.Kind.choices,
        "holding": selectors.holding_offered(incident) if incident else selectors.holding_ready(world.pk),
        "open_incidents": incidents.open_incidents(world),
    }
    return render(request, "notifications/notices.html", shown)


def _incident(request: PageRequest) -> Incident | None:
    number = request.GET.get("incident", "")
    return incidents.by_number(number) if number else None


# --- drafting ----------------------------------------------------------------------------------------------------------
@page("notice.draft", posting="notice.draft")
def new(request: PageRequest) -> HttpResponse:
    """A new notice, filled in from the plan's template and the record; `?incident=` names whose, none is a general one."""
    incident = _incident(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Notice.Kind.values else _likely(incident)
    if request.method == "POST":
        return _drafted(request, incident)
    initial = {**selectors.notice_prefilled(incident, kind), "kind": kind, "based_on": 0}
    return _blank(request, incident, kind, NewNoticeForm(initial=initial))


def _likely(incident: Incident | None) -> str:
    """The kind most likely wanted: the first word of an incident is its impact, the next an update."""
    if incident is None:
        return Notice.Kind.HOLDING
    told = any(notice.state == Notice.State.PUBLISHED for notice in selectors.notices_of(incident.pk))
    return Notice.Kind.UPDATE if told else Notice.Kind.IMPACT


def _blank(
    request: PageRequest, incident: Incident | None, kind: str, form: NewNoticeForm, status: int = 200
) -> HttpResponse:
    world = incident.world if incident else world_of(request)
    shown = {"form": form, "incident": incident, "world": world, "kind": kind, "kinds": Notice.Kind.choices}
    return render(request, "notifications/notice_new.html", shown, status=status)


def _drafted(request: PageRequest, incident: Incident | None) -> HttpResponse:
    form = NewNoticeForm(request.POST)
    kind = request.POST.get("kind", "")
    if not form.is_valid():
        return _blank(request, incident, kind, form, status=400)
    data = form.cleaned_data
    world = incident.world if incident else world_of(request)

    def change() -> tuple[str, int]:
        notice = services.notice_draft(
            world=world, incident=incident, kind=data["kind"], zh=data["zh"], en=data["en"], by=request.by
        )
        if "submit" in request.POST:
            services.notice_submit(notice_id=notice.pk, by=request.by)
        return f"notice:{notice.pk}", 303

    try:
        made = change_once(request, change)
    except HotlineError as error:
        if error.status in (403, 404):
            raise
        form.blame(error)
        return _blank(request, incident, kind, form, status=error.status)
    messages.success(request, _("Done and on record."))
    return redirect("notice", pk=int(made.reference.removeprefix("notice:")))


# --- one notice --------------------------------------------------------------------------------------------------------
@page("notice.view")
def one(request: PageRequest, pk: int) -> HttpResponse:
    """Both texts side by side, who did what, and what is open to me."""
    return _sheet(request, selectors.notice_by_id(pk))


def _sheet(request: PageRequest, notice: Notice, *, status: int = 200, **more: Any) -> HttpResponse:
    acts = {one.act.value: one for one in selectors.notice_acts(notice, request.by)}
    bars = {one.bar for one in acts.values() if one.bar}
    shown = {
        "notice": notice,
        "incident": notice.incident,
        "acts": {name for name, one in acts.items() if one.bar is None},
        "bars": [services.notices.BARRED[bar] for bar in sorted(bars)],
        "history": selectors.notice_history(notice),
        "form": NoticeForm.of(notice),
        "publish_form": PublishForm(notice=notice, initial={"revision": notice.revision}),
        # The page is marked and goes on in the notice's own world.
        "practice_world": None if notice.world.is_real else notice.world,
        **more,
    }
    return render(request, "notifications/notice.html", shown, status=status)


@posts("notice.draft")
def edit(request: PageRequest, pk: int) -> HttpResponse:
    """Save both texts as a draft of a new revision; with the other button hand them to legal at once."""
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _sheet(request, selectors.notice_by_id(pk), form=form, editing=True, status=400)
    data = form.cleaned_data

    def change() -> tuple[str, int]:
        saved = services.notice_edit(
            notice_id=pk, zh=data["zh"], en=data["en"], based_on=data["based_on"], by=request.by
        )
        if "submit" in request.POST:
            services.notice_submit(notice_id=pk, by=request.by, revision=saved.revision)
        return f"notice:{pk}", 303

    try:
        change_once(request, change)
    except HotlineError as error:
        if error.status in (403, 404):
            raise
        form.blame(error)
        now = selectors.notice_by_id(pk)
        stale = error.status == Conflict.status and error.code == "notice.stale"
        return _sheet(request, now, form=form.on(now), editing=True, stale=stale, status=error.status)
    messages.success(request, _("Done and on record."))
    return redirect("notice", pk=pk)


Change = Callable[[PageRequest, Notice], object]


def _submit(request: PageRequest, notice: Notice) -> object:
    return services.notice_submit(notice_id=notice.pk, by=request.by, revision=_number(request, "revision"))


def _approve(request: PageRequest, notice: Notice) -> object:
    return services.notice_approve(
        notice_id=notice.pk,
        revision=_number(request, "revision") or 0,
        content_hash=request.POST.get("content_hash", ""),
        opinion=request.POST.get("opinion", ""),
        by=request.by,
    )


def _return(request: PageRequest, notice: Notice) -> object:
    return services.notice_return(notice_id=notice.pk, reason=request.POST.get("reason", ""), by=request.by)


def _publish(request: PageRequest, notice: Notice) -> object:
    return services.notice_publish(
        notice_id=notice.pk,
        revision=_number(request, "revision"),
        incident_id=_number(request, "incident"),
        by=request.by,
    )


def _withdraw(request: PageRequest, notice: Notice) -> object:
    return services.notice_withdraw(notice_id=notice.pk, reason=request.POST.get("reason", ""), by=request.by)


CHANGES: dict[Act, Change] = {
    Act.SUBMIT: _submit,
    Act.APPROVE: _approve,
    Act.RETURN: _return,
    Act.PUBLISH: _publish,
    Act.WITHDRAW: _withdraw,
}


def act_view(act: Act) -> Callable[..., HttpResponse]:
    """The address of an act's form: back to the notice when it is done, the notice with what is wrong when it is not."""

    @posts(RIGHT[act])
    def acted(request: PageRequest, pk: int) -> HttpResponse:
        notice = selectors.notice_by_id(pk)

        def change() -> tuple[str, int]:
            CHANGES[act](request, notice)
            return f"notice:{pk}", 303

        try:
            change_once(request, change)
        except HotlineError as error:
            if error.status == 404:
                raise
            problems = [str(row["message"]) for row in error.errors] or [error.sentence()]
            now = selectors.notice_by_id(pk)
            return _sheet(request, now, problems=problems, said=request.POST, status=error.status)
        messages.success(request, _("Done and on record."))
        return redirect("notice", pk=pk)

    return acted  # type: ignore[return-value]


def _number(request: PageRequest, name: str) -> int | None:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
