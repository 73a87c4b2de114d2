"""What the states of an incident are called and drawn as, and the values of the level facts in words: `{% load labels %}`."""

from typing import Any, NamedTuple

from django import template
from django.template import Context
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from common.actor import authority_read
from common.bilingual import in_language
from common.errors import Missing
from engine.models import Stream
from escalation.card_words import source_said
from escalation.never_words import never_said
from incidents.selectors import Incident
from people.selectors import authority_name
from plans.domain import Plan
from plans.selectors import current, plan_of

register = template.Library()
register.simple_tag(never_said)


class Look(NamedTuple):
    label: str | Promise
    icon: str
    tone: str


PHASES = {
    "reported": Look(_("Reported"), "circle-dashed", "warn"),
    "verified": Look(_("Verified"), "zoom-check", "info"),
    "warning": Look(_("Warning"), "alert-triangle", "warn"),
    "response": Look(_("Response"), "urgent", "bad"),
    "monitoring": Look(_("Monitoring"), "eye", "info"),
    "ended": Look(_("Ended"), "flag", "ok"),
    "closed": Look(_("Closed"), "archive", "quiet"),
    "dismissed": Look(_("Dismissed"), "ban", "quiet"),
}
OBLIGATIONS = {
    "open": Look(_("Due"), "clock", "info"),
    "fulfilled": Look(_("Done"), "circle-check", "ok"),
    "overdue": Look(_("Overdue"), "clock-exclamation", "bad"),
    "superseded": Look(_("Superseded"), "minus", "quiet"),
    "waived": Look(_("Waived"), "ban", "quiet"),
}
READINGS = {
    "normal": Look(pgettext_lazy("reading", "Normal"), "circle-check", "ok"),
    "near": Look(_("Near the threshold"), "alert-triangle", "warn"),
    "over": Look(_("Over the threshold"), "alert-octagon", "bad"),
    "unknown": Look(_("No data"), "help", "unknown"),
}
WARNINGS = {
    "blue": Look(_("Blue warning"), "bell", "blue"),
    "yellow": Look(_("Yellow warning"), "bell-ringing", "yellow"),
}
OUTCOMES = {
    "lifted": Look(_("Lifted"), "circle-check", "ok"),
    "response": Look(_("A response was started"), "urgent", "info"),
    "dismissed": Look(_("Dismissed"), "ban", "quiet"),
}
# What a log is about, by kind and key; an incident's is called by its number.
STREAMS = {
    ("signals", "watches"): _("Signals: thresholds watched"),
    ("signals", "sources"): _("Signals: sources and their tokens"),
    ("resources", "resources"): _("Equipment and stores"),
    ("people", "people"): _("People, roles and accounts"),
    ("notices", "notices"): _("Notices of no incident"),
    ("drill", "seats"): _("Seats of the drill"),
    ("watchdog", "watchdog"): _("What the watchdog saw"),
    ("readiness", "readiness"): _("Readiness"),
}
RATIOS = frozenset({"complaints_excess", "hotlines_down_share"})
UNITS = {
    **dict.fromkeys(RATIOS, "{n} %"),
    "recovery_hours": _("{n} h"),
    "node_daily_calls": _("{n} calls a day"),
}
VALUES = {
    "node": _("single node"), "nodes": _("several nodes of one region"), "region": _("single region"), "regions": _("several regions"),
    "nationwide": _("nationwide"), "general": _("general business"), "core": _("core business"),
    "none": pgettext_lazy("risk", "none"), "low": _("low"), "medium": _("medium"), "high": _("high"),
    True: _("yes"), False: _("no"),
}  # fmt: skip
OPS = {
    ">": _("more than {value}"),
    ">=": _("at least {value}"),
    "<": _("less than {value}"),
    "<=": _("at most {value}"),
    "==": "{value}",
}
# The same of a word on a scale, which has no "more": "Several regions or graver".
OPS_OF_WORDS = {
    ">": _("graver than “{value}”"),
    ">=": _("{value} or graver"),
    "<": _("milder than “{value}”"),
    "<=": _("{value} or milder"),
}


@register.filter
def phase_look(phase: str) -> Look:
    return PHASES[phase]


@register.filter
def obligation_look(state: str) -> Look:
    return OBLIGATIONS[state]


@register.filter
def reading_look(state: str) -> Look:
    return READINGS[state]


@register.filter
def warning_look(colour: str) -> Look:
    return WARNINGS[colour]


@register.filter
def outcome_look(outcome: str) -> Look:
    return OUTCOMES[outcome]


class LevelLook(NamedTuple):
    """`grade`: 1 the gravest level of its plan, 2 the next, 3 every other; 0: no level."""

    label: str | Promise
    grade: int


def level_look(level: str | None, plan: Plan | None) -> LevelLook:
    """A level as its plan calls it; one that the plan does not know stands under its key."""
    if not level:
        return LevelLook(_("No level"), 0)
    spec = plan.levels.get(level) if plan else None
    if plan is None or spec is None:
        return LevelLook(level, 3)
    return LevelLook(in_language(spec.title.as_dict()), plan.grade(level))


def level_label(level: str | None, plan: Plan | None) -> str | Promise:
    return level_look(level, plan).label


@register.simple_tag(takes_context=True)
def level_here(context: Context, level: str | None) -> LevelLook:
    """A level in the words of the plan of the page's `incident`; on a page of none, of the plan in force."""
    return level_look(level, plan_here(context))


@register.simple_tag(takes_context=True)
def pinned_here(context: Context) -> str:
    """What a link to the plan needs to open the version that the page's `incident` keeps to, or that the page shows."""
    incident, shown = context.get("incident"), context.get("pinned")
    version = incident.plan_version if isinstance(incident, Incident) else shown
    return f"?pinned={version}" if version else ""


def plan_here(context: Context) -> Plan | None:
    incident = context.get("incident")
    try:
        return plan_of(incident.plan_version) if isinstance(incident, Incident) else current()
    except Missing:
        return None


def value_text(fact: str, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = f"{round(value * 100, 1):g}" if fact in RATIOS else f"{round(value, 1):g}"
        return str(UNITS[fact]).format(n=number) if fact in UNITS else number
    return str(VALUES.get(value, value))


register.filter(source_said)


@register.filter
def fact_value(row: dict[str, Any]) -> str:
    """The value of a dimension or measure of the decision card (`plans.domain.levels.Card.as_dict()`)."""
    return in_language(row["shown"]) if row.get("shown") else value_text(row["fact"], row["value"])


@register.filter
def shift_text(shift: dict[str, Any]) -> str:
    """What a fact would have to become: "at least 50 %", "Several regions or graver"."""
    if shift.get("alone"):
        return fact_value(shift)
    ops = OPS_OF_WORDS if isinstance(shift["value"], str) else OPS
    return str(ops.get(shift["op"], "{value}")).format(value=fact_value(shift))


GROUPS = {
    None: Look(_("On standby"), "clock-pause", "quiet"),
    "standby": Look(_("On standby"), "clock-pause", "quiet"),
    "activated": Look(_("Activated"), "bell-ringing", "warn"),
    "working": Look(_("At work"), "tool", "info"),
    "done": Look(_("Done"), "circle-check", "ok"),
}
CONDITIONS = {
    "met": Look(_("Met"), "circle-check", "ok"),
    "unmet": Look(_("Not met"), "alert-circle", "bad"),
    "unknown": Look(_("Unknown"), "help", "unknown"),
}


@register.filter
def group_look(status: str | None) -> Look:
    """A group without a word yet is on standby."""
    return GROUPS[status or None]


@register.filter
def condition_look(met: str) -> Look:
    return CONDITIONS[met]


@register.filter
def name_of(key: str, names: dict[str, dict[str, str]]) -> str:
    """A place's name in the reader's language; its key when it has none."""
    return in_language(names[key]) if key in names else key


SPANS = {
    "overdue": Look(_("Overdue"), "clock-exclamation", "bad"),
    "soon": Look(_("Due within 30 minutes"), "hourglass", "warn"),
    "later": Look(_("Later"), "clock", "info"),
    "none": Look(_("Without a clock"), "clock-pause", "quiet"),
}


@register.filter
def span_look(span: str) -> Look:
    return SPANS[span]


@register.filter
def web_link(url: str) -> str:
    """An address that may stand in a link: http and https only; anything else is no link at all."""
    return url if url.lower().startswith(("https://", "http://")) else ""


@register.filter
def words_of(text: str) -> list[str]:
    """The words of a template's own list."""
    return text.split()


@register.filter
def stream_name(stream: Stream) -> str:
    """A log's name; one that is not known here is shown by its keys rather than hidden."""
    match stream.kind:
        case "incident":
            return gettext("Incident %(number)s") % {"number": stream.key}
        case "plan":
            return str(_("The plan and its versions"))
        case _:
            return str(STREAMS.get((stream.kind, stream.key), f"{stream.kind}: {stream.key}"))


@register.filter
def matter_name(row: dict[str, str]) -> str:
    """As `stream_name`, of a log that may be gone and is known by its kind and key."""
    return stream_name(Stream(kind=row["kind"], key=row["key"]))


DECISIONS = {
    "level.decided": _("Level decided"),
    "response.started": _("Response started"),
    "effect.evaluated": _("Effect evaluated"),
    "response.ended": _("Response ended"),
    "incident.dismissed": _("Dismissed"),
}


@register.filter
def decision_label(kind: str) -> str | Promise:
    return DECISIONS[kind]


def authority_label(authority: str, plan: Plan | None) -> str:
    """A role of the plan, or one of rights as the plan calls it; what it does not know stands for itself. A deputy's says whose."""
    role, _person = authority_read(authority)
    title = plan and (plan.roles[role].title if role in plan.roles else plan.called_by_right.get(role))
    return authority_name(authority, {role: in_language(title.as_dict())} if title else {}) or role


def owner_label(owner: str, plan: Plan | None) -> str:
    """Whose a group chat is: a group of the plan by its name, else as `authority_label`."""
    spec = plan.groups.get(owner) if plan else None
    return in_language(spec.title.as_dict()) if spec else authority_label(owner, plan)


@register.simple_tag(takes_context=True)
def authority_here(context: Context, authority: str) -> str:
    """In the words of the plan of the page's `incident`."""
    return authority_label(authority, plan_here(context))


@register.simple_tag(takes_context=True)
def owner_here(context: Context, owner: str) -> str:
    return owner_label(owner, plan_here(context))
