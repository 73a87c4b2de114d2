"""What every act on a version shares: who may, the lock, the move, the person, the event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.actor import Actor
from common.errors import Conflict, Invalid, Missing, NotAllowed, Text
from engine import worlds
from engine.log import log_append, stream_open
from engine.models import Event
from engine.timers import timers_cancel
from people.rights import require
from plans.domain import Plan, PlanErrors, admit
from plans.domain.source import LARGEST
from plans.domain.versions import MOVES, RIGHT, Act, State, Why, barred, judge
from plans.events import OfVersion
from plans.fault_words import fault_line
from plans.models import PlanVersion
from plans.patience import reading

ENTER = "plans.enter"
LONGEST_REASON = 2000
REFUSED: dict[Why, Text] = {
    Why.IN_FORCE: _("Version %(number)s is in force; its text stays as it is. Begin a draft from it."),
    Why.RETIRED: _("Version %(number)s was in force; its text stays as it is. Begin a draft from it."),
    Why.WITHDRAWN: _("Version %(number)s was withdrawn; begin a new draft."),
    Why.NOT_SUBMITTED: _("Version %(number)s is a draft; it must be submitted first."),
    Why.DONE_ALREADY: _("Somebody was faster: this was done already. Read version %(number)s again."),
}
SECOND_PERSON = _("You wrote or submitted this version; another person must approve it.")


@dataclass(frozen=True, slots=True)
class Entered:
    """An act that may be done: the version held until the transaction ends, the actor with his authority, the real world's now."""

    act: Act
    version: PlanVersion
    by: Actor
    now: datetime

    @property
    def me(self) -> int:
        if self.by.id is None:
            raise NotAllowed("plan.person", _("A version is written and approved by persons."))
        return self.by.id


def entered(act: Act, number: int, by: Actor) -> Entered:
    """Permission → lock → move → person. Raises Missing, NotAllowed, Conflict."""
    by = require(by, RIGHT[act])
    version = PlanVersion.objects.select_for_update(no_key=True, of=("self",)).filter(number=number).first()
    if version is None:
        raise no_version()
    must_be_open(act, version)
    if barred(act, by.persons, writers=version.writers, submitted_by=version.submitted_by_id):
        raise NotAllowed("plan.second_person", SECOND_PERSON)
    it = Entered(act, version, by, worlds.now(worlds.real()))
    assert it.me
    return it


def must_be_open(act: Act, version: PlanVersion) -> None:
    """Raise Conflict when the act is not legal from where the version stands."""
    why = judge(act, version.state)
    if why is not None:
        raise Conflict(why.value, REFUSED[why], number=version.number)


def no_version() -> Missing:
    return Missing("plan.no_version", _("There is no version of this number; see the list of versions."))


def moved(it: Entered, *fields: str) -> None:
    """Save the version in the state that the act leads to; a scheduled one that goes back is scheduled no more."""
    before, after = it.version.state, MOVES[it.act][it.version.state]
    if before is State.APPROVED and after is not State.APPROVED:
        timers_cancel(it.version.pk, ENTER)
    it.version.status = after.value
    it.version.save(update_fields=["status", *fields])


def approval_voided(version: PlanVersion) -> tuple[str, ...]:
    """Whoever reads it next reads it anew."""
    version.approved_by = version.approved_at = version.in_force_from = None
    version.approved_revision, version.approved_sha256 = 0, ""
    return ("approved_by", "approved_at", "in_force_from", "approved_revision", "approved_sha256")


def written(version: PlanVersion, payload: OfVersion, *, by: Actor, at: datetime) -> Event:
    stream = stream_open(worlds.real(), "plan", version.plan_key)
    return log_append(stream, payload, by=by, occurred=at, plan_version=version.pk)


def named(version: PlanVersion) -> dict[str, Any]:
    return {"version": version.pk, "number": version.number, "revision": version.revision, "sha256": version.sha256}


def same_text(version: PlanVersion, revision: int | None, sha256: str | None = None) -> None:
    """Raise Conflict when the text is not the one that was read."""
    if (revision is not None and version.revision != revision) or (sha256 and version.sha256 != sha256):
        raise Conflict(
            "plan.stale",
            _("Somebody changed version %(number)s after you opened it; read it again before you go on."),
            number=version.number,
        )


def read_plan(text: str, file: str) -> Plan:
    """The plan of a text that is to enter; raises Invalid with every fault: line, clause and what was expected."""
    try:
        with reading():
            return admit(text, file)
    except PlanErrors as faulty:
        raise with_faults(faulty) from faulty


def with_faults(faulty: PlanErrors) -> Invalid:
    """The refusal that tells of every one."""
    sentence = _("The plan has %(count)s faults; mend them first.")
    return Invalid("plan.faulty", sentence, errors=fault_rows(faulty), count=len(faulty.errors))


def fault_rows(faulty: PlanErrors) -> list[dict[str, Any]]:
    return [
        {"field": e.where, "code": "plan.fault", "message": fault_line(e), "line": e.line, "clause": e.clause}
        for e in faulty.errors
    ]


def keepable(text: str) -> str:
    """The text as it is kept; raises Invalid for one that is too long or that no database can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    said: Text | None = None
    if len(text) > LARGEST:
        said = _("A plan may have at most %(most)s characters.")
    elif any(char < " " and char not in "\t\n" for char in text) or any("\ud800" <= char <= "\udfff" for char in text):
        said = _("There are control characters in this text that cannot be seen; paste it as plain text.")
    elif not text.strip():
        said = _("Please fill this in.")
    if said is not None:
        sentence = str(said) % {"most": LARGEST}
        errors = [{"field": "text", "code": "text", "message": sentence}]
        raise Invalid("plan.text", _("This text cannot be kept as a plan; see errors."), errors=errors)
    return text


def reason_given(text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST_REASON or any(char < " " and char not in "\t\r\n" for char in text):
        rows = [{"field": "reason", "code": "length", "message": _("Write between 1 and 2,000 characters.")}]
        raise Invalid("reason.required", _("Give the reason; it is kept with your name."), errors=rows)
    return text
