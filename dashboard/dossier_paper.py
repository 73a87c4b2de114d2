"""The dossier as a Word document: what the page says, in the language now active."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, pgettext

from common.bilingual import in_language
from dashboard import sentences
from dashboard.dossier import dossier_of, times_of
from dashboard.paper import DOCX, Paper
from dashboard.templatetags.labels import (
    authority_label,
    decision_label,
    fact_value,
    level_label,
    obligation_look,
    owner_label,
    phase_look,
    shift_text,
)
from escalation.card_words import source_said
from escalation.never_words import never_said
from escalation.selectors import plan_for
from incidents.selectors import Incident
from notifications.notice_selectors import notices_of
from notifications.templatetags.deliveries import channel_label, way_look
from notifications.templatetags.notices import notice_look
from plans.domain import Plan

Row = Mapping[str, Any]
NONE: Final = "—"


def dossier_paper(incident: Incident) -> bytes:
    """All that the record holds of an incident, as a .docx."""
    found, plan = dossier_of(incident), plan_for(incident)
    title = gettext("Dossier %(number)s") % {"number": incident.number}
    paper = Paper(title=title, author=gettext("Hotline EP"), language=get_language() or "zh-hans")
    paper.text("", strong=incident.title)
    paper.quietly(_standing(incident))
    if not incident.world.is_real:
        paper.text("", strong=gettext("Practice: this is no real incident."))
    paper.heading(pgettext("points in time", "Times"))
    paper.facts((str(name), _at(at)) for name, at in times_of(incident))
    _turns(paper, found["turns"], plan)
    _owed(paper, found["obligations"])
    _never_owed(paper, found["never_owed"], plan)
    _told(paper, found["messages"], plan)
    _written(paper, found)
    _files(paper, found["files"])
    _notices(paper, incident)
    _log(paper, found)
    _seal(paper, found["seal"])
    return paper.file()


def paper_response(incident: Incident) -> HttpResponse:
    """What page and API answer alike: the document to download."""
    name = f"dossier-{incident.number}.docx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(dossier_paper(incident), content_type=DOCX, headers=headers)


def _standing(incident: Incident) -> str:
    said = [_level(incident), str(phase_look(incident.phase).label)]
    if incident.major:
        said.append(gettext("Major fault"))
    return " · ".join(said)


def _level(incident: Incident) -> str:
    if not incident.level:
        proposed = incident.proposed_level
        return (
            gettext("%(level)s proposed") % {"level": level_label(proposed, plan_for(incident))}
            if proposed
            else gettext("No level yet")
        )
    level = str(level_label(incident.level, plan_for(incident)))
    if not incident.level_provisional:
        return level
    region = incident.started_by_region
    return f"{level} · {gettext('provisional, started by the region') if region else gettext('provisional')}"


def _at(at: datetime | str | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    if at is None:
        return NONE
    return localtime(datetime.fromisoformat(at) if isinstance(at, str) else at).strftime(form)


def _short(at: datetime | str | None) -> str:
    return _at(at, "%m-%d %H:%M:%S")


def _clauses(keys: Iterable[str]) -> str:
    named = ", ".join(key for key in keys if key)
    return gettext("(clause %(clauses)s)") % {"clauses": named} if named else ""


# --- decisions ------------------------------------------------------------------------------------------------------------
def _turns(paper: Paper, turns: Iterable[Row], plan: Plan) -> None:
    paper.heading(f"{gettext('What was proposed, and what was decided')} {_clauses([plan.cites('decide-level')])}")
    if not turns:
        paper.quietly(gettext("No level was proposed or decided."))
    for turn in turns:
        paper.heading(f"{_at(turn['at'])}  #{turn['seq']}", 2)
        if turn["card"]:
            _card(paper, turn["card"], plan)
        for event in turn["decided"]:
            _decided(paper, event, plan)
        if not turn["decided"]:
            paper.quietly(gettext("Nothing was decided on it."))


def _card(paper: Paper, card: Row, plan: Plan) -> None:
    said = [str(level_label(card["proposed"], plan))] if card["proposed"] else [gettext("No level yet")]
    if not card["certain"]:
        said.append(gettext("Facts still unknown could raise it"))
    if card["major"]["major"]:
        said.append(gettext("Major fault"))
    paper.text(" · ".join(said), strong=f"{gettext('What the plan proposes')}:")
    paper.heading(gettext("Why"), 3)
    if not card["hits"]:
        paper.text(gettext("No rule of the plan applies to the facts known so far."))
    paper.bullets(f"{in_language(hit['reason'])} {_clauses(hit['clauses'])}" for hit in card["hits"])
    paper.heading(gettext("Facts"), 3)
    paper.facts(_facts(card))
    if card["would_change"]:
        paper.heading(gettext("What would change the level"), 3)
        paper.bullets(f"{level_label(change['level'], plan)}: {_shifts(change)}" for change in card["would_change"])
    if card["missing"]:
        paper.heading(gettext("Unknown, and could raise it"), 3)
        paper.bullets(_missing(card["missing"], plan))


def _facts(card: Row) -> Iterator[tuple[str, str]]:
    for row in [*card["dimensions"], *(row for row in card["measures"] if row["known"])]:
        said = gettext("Unknown")
        if row["known"]:
            said = " · ".join(
                filter(None, (fact_value(row), source_said(row), row["at"] and _at(row["at"], "%m-%d %H:%M")))
            )
        yield in_language(row["title"]), said


def _shifts(change: Row) -> str:
    return " + ".join(f"{in_language(shift['title'])}: {shift_text(shift)}" for shift in change["shifts"])


def _missing(rows: Iterable[Row], plan: Plan) -> Iterator[str]:
    for number, row in enumerate(rows):
        said = [f"{level_label(row['level'], plan)}: {in_language(row['title'])}"]
        if number == 0:
            said.append(gettext("Most worth finding out"))
        if not row["alone"]:
            said.append(gettext("only together with others"))
        yield " · ".join(said)


def _decided(paper: Paper, event: Row, plan: Plan) -> None:
    data = event["data"]
    said = [str(decision_label(event["kind"]))]
    level = data.get("after") or data.get("level")
    if level:
        said.append(f"{level_label(level, plan)}{' · ' + gettext('provisional') if data.get('provisional') else ''}")
    authority = f" ({authority_label(event['authority'], plan)})" if event["authority"] else ""
    said.append(f"{event['actor']['name']}{authority}")
    if data.get("differs"):
        said.append(gettext("otherwise than proposed"))
    reason = f"\n{data['reason']}" if data.get("reason") else ""
    paper.text(f"{' · '.join(said)}{reason}", strong=_short(event["occurred"]))


# --- what was owed, told, written -------------------------------------------------------------------------------------------
def _owed(paper: Paper, rows: list[Row]) -> None:
    paper.heading(gettext("Obligations"))
    if not rows:
        paper.quietly(gettext("Nothing was owed."))
        return
    head = [gettext("Obligation"), gettext("Owner"), pgettext("deadline", "Due"), gettext("Ended"), gettext("State")]
    paper.table(head, (_obligation(row) for row in rows), (6.0, 3.4, 2.4, 2.4, 2.8))


def _obligation(row: Row) -> list[str]:
    turn = f" · {row['turn']}" if row["turn"] and row["turn"] > 1 else ""
    state = [str(obligation_look(row["state"]).label)]
    if row["late"]:
        state.append(gettext("late"))
    if row["proof_seq"]:
        state.append(f"#{row['proof_seq']}")
    return [
        f"{in_language(row['title'])}{turn} {_clauses([row['clause']])}",
        in_language(row["owner_title"]),
        _short(row["due_at"]),
        _short(row["ended_at"]),
        " · ".join(state),
    ]


def _never_owed(paper: Paper, rows: list[Row], plan: Plan) -> None:
    paper.heading(gettext("Not triggered"))
    if not rows:
        paper.quietly(gettext("Everything the plan asks for was owed."))
        return
    head = [gettext("Obligation"), gettext("Owner"), gettext("Why not")]
    paper.table(head, (_never(row, plan) for row in rows), (6.0, 3.4, 7.6))


def _never(row: Row, plan: Plan) -> list[str]:
    why = " ".join([never_said(row, plan), *(f"#{one['seq']}" for one in row["came"])])
    return [f"{in_language(row['title'])} {_clauses([row['clause']])}", in_language(row["owner_title"]), why]


def _told(paper: Paper, messages: list[Row], plan: Plan) -> None:
    paper.heading(gettext("Who was told what, and when"))
    if not messages:
        paper.quietly(gettext("Nobody was told anything."))
    head = [gettext("Person"), gettext("Why"), gettext("Way"), gettext("State"), gettext("Sent"), gettext("Answered")]
    for message in messages:
        paper.heading(f"{_short(message['at'])}  {in_language(message['subject'])} {_clauses([message['clause']])}", 2)
        paper.table(head, (_delivery(row, plan) for row in message["deliveries"]), (2.8, 3.4, 2.6, 3.2, 2.5, 2.5))


def _delivery(row: Row, plan: Plan) -> list[str]:
    why = authority_label(row["role"], plan) if row["user"] else owner_label(row["role"], plan)
    state = way_look(row["state"], row["channel"]).label
    times = [_short(row["sent_at"]), _short(row["acknowledged_at"])]
    return [row["name"], str(why), str(channel_label(row["channel"])), str(state), *times]


def _written(paper: Paper, found: Row) -> None:
    paper.heading(gettext("Reports"))
    if not found["assessments"] and not found["reports"]:
        paper.quietly(gettext("Nothing was reported."))
    for title, rows, parts in (
        (gettext("Impact assessment"), found["assessments"], ("impact", "measures")),
        (gettext("Handling report"), found["reports"], ("measures", "situation", "next_steps")),
    ):
        for row in rows:
            paper.heading(f"{title}  {_short(row['at'])} · {row['by']}", 2)
            for part in parts:
                if row[part]:
                    paper.text(row[part])


def _files(paper: Paper, rows: list[Row]) -> None:
    """What was kept as evidence, each with the digest that the log holds."""
    if rows:
        paper.heading(gettext("Files"))
    for row in rows:
        quiet = f"SHA-256 {row['sha256']} · {row['media']} · {row['size']}"
        came = f"#{row['seq']}  {_short(row['at'])} · {row['by']}"
        strong = f"{came} · {gettext('added later')}" if row["later"] else came
        paper.text(f"{row['name']}\n{row['word']}", strong=strong, quiet=quiet)


def _notices(paper: Paper, incident: Incident) -> None:
    paper.heading(gettext("Notices"))
    notices = list(notices_of(incident.pk))
    if not notices:
        paper.quietly(gettext("No notice was written."))
    for notice in notices:
        published = f" · {_short(notice.published_at)}" if notice.published_at else ""
        paper.heading(f"{notice.get_kind_display()}  {notice_look(notice).label}{published}", 2)
        paper.text(notice.text_zh)
        paper.text(notice.text_en)


def _log(paper: Paper, found: Row) -> None:
    """The newest first, as on the page."""
    paper.heading(gettext("Log"))
    if found["more"]:
        paper.quietly(gettext("The newest 5,000 entries; the rest is in the log."))
    for event in reversed(found["events"]):
        said = sentences.line(event, found["names"])
        who = sentences.acted(event, found["names"])
        detail = f"\n{said.detail}" if said.detail else ""
        quiet = " · ".join(filter(None, (_clauses([event["clause"]]), who)))
        paper.text(f"{said.text}{detail}", strong=f"#{event['seq']}  {_short(event['occurred'])}", quiet=quiet)


def _seal(paper: Paper, seal: Row) -> None:
    paper.heading(gettext("Seal of the log"))
    paper.text(seal_words(seal))
    paper.facts([
        (gettext("Newest entry"), f"#{seal['seq']}"),
        (gettext("Seal over all entries up to it"), seal["hash"]),
        (gettext("Number of the key"), str(seal["key"] or NONE)),
        (gettext("Read at"), _at(localtime())),
    ])  # fmt: skip


def seal_words(seal: Row) -> str:
    if seal["whole"]:
        return gettext("The log is whole: every event follows from the one before.")
    return gettext("The log was tampered with, first at entry %(seq)s.") % {"seq": seal["tampered_at"]}
