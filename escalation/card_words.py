"""The decision card in words (4.2): whose word each fact is, and the whole card as a message says it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.bilingual import Both, both, in_each, in_language, listed
from people.rights import ROLES
from plans.domain import Card, Place, Plan
from plans.domain.units import SIGNS
from signals.places import places_said

SOURCES: dict[str, str | Promise] = {
    "signals": _("readings"),
    "signals.flat": _("readings, over the flat mean: there is little history yet"),
    "signals.learnt": _("readings, over the learnt daily mean"),
    "plan": _("by the plan"),
    "report": _("the first report"),
    "system": _("the product"),
}


def source_name(source: str) -> str | Promise:
    """Who or what says a fact: a role, the readings, the plan itself."""
    return SOURCES.get(source) or ROLES.get(source, source)


def card_shown(card: Card) -> dict[str, Any]:
    """The card as it is shown and kept: its facts with the names, in both languages, of the places they were measured at."""
    shown = card.as_dict()
    rows = [row for row in (*shown["dimensions"], *shown["measures"]) if row["place"]]
    said = places_said({Place.of(row["place"]) for row in rows})
    for row in rows:
        row["place"]["title"] = said[Place.of(row["place"])]
    return shown


def source_said(row: Mapping[str, Any]) -> str:
    """Whose word a fact of a card is, of how many days' history where it was learnt, and of which place where it was measured, in
    the language now active."""
    name = str(source_name(row["source"] or ""))
    days = row.get("days")  # a card kept before it was counted has none
    said = gettext("%(source)s, learnt from %(n)s days") % {"source": name, "n": days} if days else name
    place = row.get("place")  # likewise
    return (
        gettext("%(said)s; place: %(place)s") % {"said": said, "place": in_language(place["title"])} if place else said
    )


def card_said(card: Mapping[str, Any], plan: Plan) -> Both:
    """A card as it was kept with its proposal (`plans.domain.Card.as_dict()`), a line for each thing it says, in both
    languages: the proposal, whether the fault is major and whether what is unknown could raise it, why, the facts with source
    and time, what is unknown, what would change it, and what is most worth finding out."""
    lines = [both(_("The plan proposes: %(level)s."), level=_level(card["proposed"], plan))]
    if card["major"]["major"]:
        lines.append(both(_("Major fault")))
    if not card["certain"]:
        lines.append(both(_("Facts still unknown could raise it")))
    for hit in card["hits"]:
        lines.append(both(_("• %(why)s (clause %(clauses)s)"), why=hit["reason"], clauses=", ".join(hit["clauses"])))
    rows = [*card["dimensions"], *(row for row in card["measures"] if row["known"])]
    known = [_fact(row, plan) for row in rows if row["known"]]
    if known:
        lines += [both(_("What is known:")), *known]
    unknown = [row["title"] for row in rows if not row["known"]]
    if unknown:
        lines.append(both(_("Unknown: %(facts)s"), facts=listed(unknown)))
    changes = [_change(change, plan) for change in card["would_change"]]
    if changes:
        lines += [both(_("What would change it:")), *changes]
    if card["missing"]:
        lines += [both(_("Unknown, and could raise it:")), *_missing(card["missing"], plan)]
    return {code: "\n".join(line[code] for line in lines) for code in ("zh", "en")}


def _level(key: str | None, plan: Plan) -> Both:
    return plan.levels[key].title.as_dict() if key in plan.levels else both(_("no level"))


def _fact(row: Mapping[str, Any], plan: Plan) -> Both:
    at = datetime.fromisoformat(row["at"]).astimezone(plan.zone).strftime("%m-%d %H:%M")
    said = in_each(lambda: source_said(row))
    return both(
        _("• %(fact)s: %(value)s (%(source)s, %(at)s)"), fact=row["title"], value=row["shown"], source=said, at=at
    )


def _change(change: Mapping[str, Any], plan: Plan) -> Both:
    shifts = [
        both(
            _("%(fact)s %(op)s %(value)s"),
            fact=shift["title"],
            op=SIGNS["is" if shift.get("alone") else shift["op"]],
            value=shift["shown"],
        )
        for shift in change["shifts"]
    ]
    return both(_("• %(level)s, if %(shifts)s"), level=_level(change["level"], plan), shifts=listed(shifts))


def _missing(rows: Sequence[Mapping[str, Any]], plan: Plan) -> list[Both]:
    """What is most worth finding out comes first, and is called so."""
    first, *rest = rows
    most = both(_("• %(fact)s: up to %(level)s; most worth finding out"), **_could(first, plan))
    return [most, *(both(_("• %(fact)s: up to %(level)s"), **_could(row, plan)) for row in rest)]


def _could(row: Mapping[str, Any], plan: Plan) -> dict[str, Both]:
    return {"fact": row["title"], "level": _level(row["level"], plan)}
