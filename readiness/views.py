"""Pages of readiness: what is owed while nothing happens, and who proved what."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from common.errors import Conflict, HotlineError, Invalid, TooLarge
from engine import worlds
from engine.models import World
from escalation.file_fields import AddFilesForm
from escalation.files import file_answer
from escalation.services.files import uploads_of
from people.calendars import calendar_renew
from people.endpoints import PUBLIC, PageRequest, blame, change_once, home_in, page, posts, world_of
from people.rights import allowed_somewhere
from plans.selectors import current, unanswered_now
from readiness import calendars, selectors
from readiness.domain.moves import State
from readiness.forms import DrillForm, FilterForm, ProofForm, WaiveForm
from readiness.known import DRILL
from readiness.prefill import begun
from readiness.selectors import Shown
from readiness.services import acting


@page("readiness.view")
def readiness(request: PageRequest) -> HttpResponse:
    """What is overdue and what comes next, by owner and clause; what is kept item by item; the newest of what was."""
    world = world_of(request)
    form = FilterForm(request.GET, plan=current())
    every = selectors.missed_once(selectors.owed(request.by, world))
    found = begun((one for one in every if _wanted(one, form)), request.by)
    shown = {
        "world": world,
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "overdue": [one for one in found if one.row.state == State.OVERDUE],
        "coming": [one for one in found if one.row.state == State.OPEN and one.row.due_at],
        "unclocked": [one for one in found if not one.row.due_at],
        "by_item": selectors.kept_by_item(world),
        "tally": _tally(every),
        "history": selectors.history(world),
        "unanswered": unanswered_now(current()) if world.is_real else (),
        "calendar": request.build_absolute_uri(calendars.link_of(request.user)),
    }
    return render(request, "readiness/readiness.html", shown)


def _wanted(one: Shown, form: FilterForm) -> bool:
    """Of a filter nobody can choose, nothing is hidden."""
    said = form.cleaned_data if form.is_valid() else {}
    whose, clause, state = said.get("whose", ""), said.get("clause", ""), said.get("state", "")
    return (
        (one.mine if whose == "mine" else not whose or whose in one.row.owners)
        and (not clause or clause in one.rule.clauses)
        and (not state or state == one.row.state)
    )


def _tally(found: list[Shown]) -> dict[str, int]:
    late = [one for one in found if one.row.state == State.OVERDUE]
    soon = [one for one in found if one.row.state == State.OPEN and one.row.due_at]
    return {"overdue": len(late), "coming": len(soon), "mine": sum(one.mine for one in found)}


@page("readiness.view")
def rule(request: PageRequest, rule: str) -> HttpResponse:
    return _rule(request, rule, world_of(request))


def _rule(
    request: PageRequest,
    key: str,
    world: World,
    *,
    status: int = 200,
    tried: dict[int, forms.Form] | None = None,
    adding: AddFilesForm | None = None,
) -> HttpResponse:
    """One row of the plan: what it asks, what stands with what one can do, and every turn that was. `tried` and `adding` are
    forms that were refused."""
    found, plan = selectors.rule_named(key, world)
    now = worlds.now(world)
    standing = selectors.standing(world.pk).filter(rule=key)
    rows = begun(selectors.missed_once(selectors.shown(request.by, standing, now)), request.by)
    may_waive = allowed_somewhere(request.by, "readiness.waive")
    tried = tried or {}
    cards = []
    for one in rows:
        refused = tried.get(one.row.pk)
        proof = refused if isinstance(refused, ProofForm) else proof_form(one, note=one.start)
        waive = refused if isinstance(refused, WaiveForm) else WaiveForm(auto_id=f"waive-{one.row.pk}-%s")
        cards.append(
            {
                "one": one,
                "proof": proof if one.mine and one.by_word else None,
                "drills": _drills(one, refused),
                "waive": waive if may_waive and not one.mine and one.row.due_at else None,
            }
        )
    proved = selectors.proved_by(request.by, world, key)
    shown = {
        "world": world,
        "rule": found,
        "title": found.title.as_dict(),
        "owners": [plan.role(owner).title.as_dict() for owner in found.owners],
        "accepted": [plan.evidence[kind].as_dict() for kind in found.evidence if kind in plan.evidence],
        "clauses": [plan.clauses[clause] for clause in found.clauses],
        "cards": cards,
        "history": selectors.history(world, key, limit=100),
        "files": [shown for shown in selectors.files(world) if shown.rule == key],
        "add_files": adding or (AddFilesForm(proved=proved) if proved else None),
        "add_to": _at(reverse("readiness-add-files", args=[key]), world),
    }
    return render(request, "readiness/rule.html", shown, status=status)


def _drills(one: Shown, refused: forms.Form | None) -> list[dict[str, object]]:
    """What may be named as the drill of a turn, each with its form where it proves it; the one refused as it was sent."""
    rows: list[dict[str, object]] = []
    for drill in selectors.drills_of(one.row):
        number = drill.incident.number
        sent = isinstance(refused, DrillForm) and refused.data.get("drill") == number
        form = refused if sent else DrillForm(initial={"drill": number}, auto_id=f"drill-{one.row.pk}-{number}-%s")
        rows.append({"drill": drill, "form": form if one.mine and (sent or drill.doubt is None) else None})
    return rows


def proof_form(one: Shown, data: QueryDict | None = None, note: str = "") -> ProofForm:
    """`note`: what it begins with."""
    return ProofForm(data, rule=one.rule, plan=one.plan, auto_id=f"prove-{one.row.pk}-%s", initial={"note": note})


def _page_of(pk: int) -> str:
    return _in_world(selectors.turn(pk))


def _in_world(row: selectors.ReadinessTurn) -> str:
    return _at(reverse("readiness-rule", args=[row.rule]), row.world)


def _at(address: str, world: World) -> str:
    return address if world.is_real else f"{address}?world={world.key}"


def _refused(
    request: PageRequest, form: forms.Form, act: Callable[[], selectors.ReadinessTurn]
) -> tuple[int, HotlineError | None] | None:
    """Do what the form asks once; None when it is done, else the status and the error, which the form then shows."""

    def change() -> tuple[str, int]:
        return f"readiness:{act().pk}", 303

    if not form.is_valid():
        return 400, None
    try:
        change_once(request, change)
    except (Invalid, Conflict, TooLarge) as error:
        blame(form, error)
        return error.status, error
    return None


def _acted(
    request: PageRequest,
    row: selectors.ReadinessTurn,
    form: forms.Form,
    act: Callable[[], selectors.ReadinessTurn],
    said: str,
) -> HttpResponse:
    """Do what the form asks once and go back; when it cannot be done, the form again as typed, with why."""

    refused = _refused(request, form, act)
    if refused is None:
        messages.success(request, said)
        return redirect(home_in(row.world) if request.POST.get("from") == "home" else _in_world(row))
    status, error = refused
    if isinstance(form, DrillForm) and isinstance(error, Invalid):
        messages.error(request, error.sentence())  # no drill of that number is on the page to say it beside
    if not selectors.turn(row.pk).stands:
        # Somebody was faster: there is no form left to show it in.
        messages.error(request, _("This was settled or ended meanwhile; reload the page."))
    return _rule(request, row.rule, row.world, status=status, tried={row.pk: form})


@posts("readiness.fulfil", shown_at=_page_of)
def fulfil(request: PageRequest, pk: int) -> HttpResponse:
    row = selectors.turn(pk)
    (one,) = selectors.shown(request.by, [row], worlds.now(row.world))
    drill = request.POST.get("evidence") == DRILL
    form: forms.Form = DrillForm(request.POST) if drill else proof_form(one, request.POST)

    def act() -> selectors.ReadinessTurn:
        files = uploads_of(request.FILES.getlist("files"))
        return acting.readiness_fulfil(turn_id=pk, by=request.by, **{**form.cleaned_data, "files": files})

    return _acted(request, row, form, act, _("Done and on record."))


@posts("readiness.fulfil")
def add_files(request: PageRequest, rule: str) -> HttpResponse:
    """Files that came after the proof of a turn; its clock stays as it was."""
    world = world_of(request)
    form = AddFilesForm(request.POST, proved=selectors.proved_by(request.by, world, rule))

    def act() -> selectors.ReadinessTurn:
        said, files = form.cleaned_data, uploads_of(request.FILES.getlist("files"))
        return acting.readiness_evidence_add(turn_id=said["turn"], note=said["note"], by=request.by, files=files)

    if refused := _refused(request, form, act):
        return _rule(request, rule, world, status=refused[0], adding=form)
    messages.success(request, _("Kept, and on record as added later."))
    return redirect(f"{_at(reverse('readiness-rule', args=[rule]), world)}#room-files")


@page("readiness.view")
def evidence_file(request: PageRequest, pk: int) -> HttpResponse:
    """A file that proved a turn, to save."""
    return file_answer(selectors.file(world_of(request), pk))


@posts("readiness.waive", shown_at=_page_of)
def waive(request: PageRequest, pk: int) -> HttpResponse:
    row = selectors.turn(pk)
    form = WaiveForm(request.POST, auto_id=f"waive-{pk}-%s")

    def act() -> selectors.ReadinessTurn:
        return acting.readiness_waive(turn_id=pk, by=request.by, **form.cleaned_data)

    return _acted(request, row, form, act, _("Waived; the reason is on record. The next turn comes as it would."))


@never_cache
@page(PUBLIC)
def calendar(request: PageRequest, token: str) -> HttpResponse:
    """What one person owes, for their own calendar program, by a signed address; `?all`: what everybody owes."""
    found = calendars.calendar_of(calendars.linked(token), everything="all" in request.GET)
    return HttpResponse(found, content_type="text/calendar; charset=utf-8")


@posts("readiness.view")
def renew(request: PageRequest) -> HttpResponse:
    calendar_renew(by=request.by)
    messages.success(request, _("Your calendars have new addresses; the old ones are not valid any more."))
    return redirect("readiness")
