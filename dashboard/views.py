"""Pages that show several rooms at once."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dashboard.brief import duty_brief
from dashboard.changes import begins_so, changes_for_proof
from dashboard.dossier import dossier_of, times_of
from dashboard.dossier_paper import paper_response, seal_words
from dashboard.home import home_state
from dashboard.record import Record
from dashboard.selectors import board_state, clocks_of, room_state
from dashboard.specimens import THEMES, specimens
from engine import worlds
from engine.clearance import held_since
from engine.log import log_verify
from engine.selectors import alarms_standing, set_aside_waiting, streams, worlds_open
from engine.services import set_aside_return
from escalation.selectors import obligation_of, plan_for, proofs_of
from incidents.selectors import by_number
from notifications.alarm_words import alarm_text
from notifications.notice_selectors import notices_of
from people.endpoints import SIGNED_IN, PageRequest, change_once, page, posts, world_of
from people.rights import allowed_somewhere
from people.rostered import duty_named
from people.services import handovers as services


@page(SIGNED_IN)
def home(request: PageRequest) -> HttpResponse:
    """My obligations now: what my roles owe, across incidents, the most pressing first, with one-tap acts; `?incident=` in one."""
    if not allowed_somewhere(request.by, "obligation.view"):
        # Who has no part in the plan begins where their own work is.
        return redirect("operations" if allowed_somewhere(request.by, "operations.view") else "people")
    number = request.GET.get("incident", "")
    only = by_number(number) if number else None
    world = only.world if only else world_of(request)
    with worlds.seen_at_once(world.pk):
        return render(request, "dashboard/home.html", home_state(request.by, world, only=only))


@page("incident.view")
def room(request: PageRequest, number: str) -> HttpResponse:
    """The incident room: where it stands, what is owed, what the plan proposes, who does what, what happened."""
    incident = by_number(number)
    with worlds.seen_at_once(incident.world_id):
        return render(request, "dashboard/room.html", room_state(incident, request.by))


@page("incident.view")
def clocks(request: PageRequest, number: str) -> HttpResponse:
    """Every running clock of one incident, to be read across a room; `?wall` for the wall."""
    return render(request, "dashboard/clocks.html", {**clocks_of(by_number(number)), "wall": "wall" in request.GET})


@page("incident.view")
def obligation_changes(request: PageRequest, pk: int) -> HttpResponse:
    """Part of a page: what changed since an obligation's last proof, for the dialog in which the next is written."""
    row, rule, plan = obligation_of(pk)
    shown = {
        "changes": changes_for_proof(row.incident, plan, rule, Record([row.incident])),
        "into": f"prove-{row.pk}-reason",
        "offered": not begins_so(plan, rule, proofs_of(rule, plan)),
    }
    return render(request, "dashboard/changes.html", shown)


@page("dossier.view")
def dossier(request: PageRequest, number: str) -> HttpResponse:
    """All that the record holds of an incident, to read and to print."""
    incident = by_number(number)
    found = dossier_of(incident)
    shown = {
        "incident": incident,
        "dossier": found,
        "plan": plan_for(incident),
        "times": times_of(incident),
        "notices": notices_of(incident.pk),
        "seal_words": seal_words(found["seal"]),
        "log": {"events": found["events"][::-1], "names": found["names"]},
    }
    return render(request, "dashboard/dossier.html", shown)


@page("dossier.view")
def dossier_document(request: PageRequest, number: str) -> HttpResponse:
    """The same as a Word document, to take along."""
    return paper_response(by_number(number))


@page("board.view")
def board(request: PageRequest) -> HttpResponse:
    """The command board for a desk; `?wall` for the wall."""
    world = world_of(request)
    return render(
        request, "dashboard/board.html", {"world": world, "state": board_state(world), "wall": "wall" in request.GET}
    )


@posts("duty.take")
def handover_draft(request: PageRequest, key: str) -> HttpResponse:
    """The brief of a shift handed over, begun from the record; the form on the page of the duty posts here."""
    duty = duty_named(key)

    def draft() -> tuple[str, int]:
        return f"handover:{services.handover_draft(duty_id=duty.pk, brief=duty_brief(), by=request.by).pk}", 303

    change_once(request, draft)
    messages.success(request, _("Drafted from the record; read and complete it, then hand over."))
    return redirect("handovers", key)


@page("operations.view")
def operations(request: PageRequest) -> HttpResponse:
    """What whoever runs the product must see: alarms, what was set aside, worlds, logs."""
    state = {
        "alarms": [(alarm, alarm_text(alarm)) for alarm in alarms_standing()],
        "held": held_since() is not None,
        "set_aside": set_aside_waiting(),
        "worlds": [(world, worlds.now(world)) for world in worlds_open()],
        "streams": streams()[:50],
    }
    return render(request, "dashboard/operations.html", state)


@posts("operations.act")
def set_aside_back(request: PageRequest, pk: int) -> HttpResponse:
    set_aside_return(item_id=pk)
    messages.success(request, _("Put back; it is tried again at once."))
    return redirect("operations")


@posts("log.verify")
def verify_log(request: PageRequest, pk: int) -> HttpResponse:
    """Read a stream from its start and say whether it is whole."""
    tampered = log_verify(streams().get(pk=pk))
    if tampered is None:
        messages.success(request, _("The log is whole: every event follows from the one before."))
    else:
        messages.error(
            request,
            _("The log was tampered with at event %(seq)s: %(why)s.") % {"seq": tampered.seq, "why": tampered.why},
        )
    return redirect("operations")


@page(SIGNED_IN, posting=SIGNED_IN)
def design(request: PageRequest) -> HttpResponse:
    """Every component in all its states, in each theme; its one form changes nothing and says so."""
    if request.method == "POST":
        messages.success(request, _("This was only a specimen; nothing was changed."))
        return redirect("design")
    theme = request.GET.get("theme", "")
    state = specimens(worlds.now(worlds.real())) | {"shown_theme": theme if theme in THEMES else ""}
    return render(request, "dashboard/design.html", state)
