"""What a test-fire tells: a step a stage, and what would follow from the sample, the gravest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.bilingual import Both, both, in_language, listed
from common.errors import Text
from engine.models import Event
from incidents.selectors import of_event
from plans.domain import Plan
from plans.selectors import plan_of


@dataclass(frozen=True, slots=True)
class Step:
    """One stage. `passed` None: it only tells. `facts` are for a program; `says` is the sentence for a person."""

    stage: str
    passed: bool | None
    says: Text
    params: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """In the language now active."""
        return (
            str(self.says) % {name: _spoken(value) for name, value in self.params.items()}
            if self.params
            else str(self.says)
        )


def _spoken(value: Any) -> Any:
    return in_language(value) if isinstance(value, dict) and value.keys() >= {"zh", "en"} else value


# What a person looks at first; within one kind the rows stand as they came.
GRAVEST_STATE: Final = ("over", "near", "unknown", "normal")
GRAVEST_KIND: Final = (
    "level.proposed", "incident.opened", "incident.joined", "incident.facts_recorded", "warning.started", "watch.opened",
    "obligation.opened", "message.queued", "condition.near",
)  # fmt: skip


def gravity(step: Step, plan: Plan) -> tuple[int, float]:
    """Where a row stands among those of its stage: what is gravest first, and of one kind the line that lies furthest out."""
    order, word = (
        (GRAVEST_STATE, step.facts.get("state")) if step.stage == "verdict" else (GRAVEST_KIND, step.facts.get("kind"))
    )
    line = plan.thresholds.get(step.facts.get("threshold", ""))
    far = 0.0 if line is None else line.value if line.direction == "above" else -line.value
    return order.index(word) if word in order else len(order), -far


# Rows of this very transaction: what others commit meanwhile has another number, and is over.
OWN_EVENTS: Final = """
SELECT id FROM engine_event WHERE id > %s AND pg_xact_status(
    (div(pg_current_xact_id()::text::numeric, 4294967296) * 4294967296 + xmin::text::numeric)::text::xid8
) = 'in progress' ORDER BY id
"""
FOLLOWS: Final[dict[str, Text]] = {
    "watch.opened": _("A watch opens on %(threshold)s."),
    "watch.cleared": _("The watch on %(threshold)s is cleared."),
    "series.heard": _("The series is heard again after its silence."),
    "incident.opened": _("An incident opens."),
    "incident.joined": _("It joins the incident that stands, %(incident)s: %(threshold)s."),
    "incident.facts_recorded": _("Facts about the level change: %(changes)s."),
    "warning.started": _("A pre-response begins as a yellow warning."),
    "level.proposed": _("Level %(level)s is proposed."),
    "obligation.opened": _("Due: %(title)s (%(owners)s)."),
    "message.queued": _("A message goes out (%(roles)s); people told: %(people)s."),
    "condition.near": _("A threshold is near: a warning may have to be issued."),
}


SHOWN_OF_EVENT: Final = ("threshold", "level", "title", "people", "rule", "due_at", "owners", "roles")


def last_event() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM engine_event")
        return int(cursor.fetchone()[0])


def followed(before: int, plan: Plan) -> Iterator[Step]:
    with connection.cursor() as cursor:
        cursor.execute(OWN_EVENTS, [before])
        ids = [row[0] for row in cursor.fetchall()]
    if not ids:
        yield Step("consequence", None, _("Nothing follows: no watch opens or clears."))
    events = Event.objects.filter(pk__in=ids).select_related("stream").order_by("pk")
    yield from sorted((_consequence(event, plan) for event in events), key=partial(gravity, plan=plan))


def _consequence(event: Event, plan: Plan) -> Step:
    data = event.data
    facts: dict[str, Any] = {"kind": event.kind, "clause": event.clause or data.get("clause", "")}
    facts |= {name: data[name] for name in SHOWN_OF_EVENT if name in data}
    params: dict[str, Any] = {name: _called(plan, name, facts[name]) for name in SHOWN_OF_EVENT if name in facts}
    if event.kind not in FOLLOWS:
        return Step("consequence", None, _("Also on record: %(kind)s."), {"kind": event.kind}, facts)
    if event.kind == "incident.joined":
        incident = of_event(event)
        facts |= {"incident": incident.number, "threshold": data["trigger"]["threshold"]}
        params = {
            "incident": {code: f"{incident.number} {title}" for code, title in incident.titles.items()},
            "threshold": _called(plan, "threshold", facts["threshold"]),
        }
    elif event.kind == "incident.facts_recorded":
        incident = of_event(event)
        facts |= {"incident": incident.number, "before": data["before"], "after": data["after"]}
        params = {"changes": _changes(plan_of(incident.plan_version), data["before"], data["after"])}
    elif event.kind == "incident.opened":
        params = {}
    return Step("consequence", None, FOLLOWS[event.kind], params, facts)


def _changes(plan: Plan, before: Mapping[str, Any], after: Mapping[str, Any]) -> Both:
    """Each fact with what it was and what it becomes, as its plan calls them."""
    unknown = both(pgettext_lazy("a fact", "unknown"))

    def shown(name: str, value: Any) -> Both:
        return unknown if value is None else plan.facts[name].shown(value).as_dict()

    return listed([
        both(
            _("%(fact)s from %(before)s to %(after)s"),
            fact=plan.facts[name].title.as_dict(),
            before=shown(name, before.get(name)),
            after=shown(name, value),
        )
        for name, value in after.items()
        if name in plan.facts
    ])  # fmt: skip


def _called(plan: Plan, name: str, value: Any) -> Any:
    """What an event names by a key, as the plan calls it in both languages; what the plan does not know stands as it is."""
    sections: dict[str, Mapping[str, Any]] = {
        "threshold": plan.thresholds, "level": plan.levels, "owners": plan.roles, "roles": plan.roles,
    }  # fmt: skip
    rows = sections.get(name)
    if rows is None:
        return value
    keys = value if isinstance(value, list | tuple) else [value]
    titles = [rows[key].title.as_dict() if key in rows else {"zh": str(key), "en": str(key)} for key in keys]
    return {code: mark.join(title[code] for title in titles) for code, mark in (("zh", "、"), ("en", ", "))}
