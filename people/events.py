"""What is written to the stream `people` of the real world. People are named by id, so that a name can be erased."""

from engine.events import FreeText, Payload, event


@event("people.user_created")
class UserCreated(Payload):
    user: int
    username: FreeText
    display_name: FreeText


@event("people.user_deactivated")
class UserDeactivated(Payload):
    user: int


@event("people.user_changed")
class UserChanged(Payload):
    """An account as it reads from now on; `changed` are the names of what differs."""

    user: int
    display_name: FreeText
    department: str | None
    language: str
    changed: list[str]


@event("people.role_assigned")
class RoleAssigned(Payload):
    holding: int
    user: int
    role: str
    region: str | None = None
    group: str | None = None


@event("people.role_ended")
class RoleEnded(Payload):
    holding: int
    user: int
    role: str
    region: str | None = None
    group: str | None = None


@event("people.token_issued")
class TokenIssued(Payload):
    token: int
    user: int
    name: FreeText


@event("people.token_revoked")
class TokenRevoked(Payload):
    token: int
    user: int


@event("people.contact_set")
class ContactSet(Payload):
    """The value itself never enters the log."""

    contact: str
    user: int
    kind: str


@event("people.contact_removed")
class ContactRemoved(Payload):
    """`masked` is the value as pages show it; `last`: no other way outside the product is left."""

    contact: str
    user: int
    kind: str
    masked: FreeText
    last: bool


@event("people.contact_revealed")
class ContactRevealed(Payload):
    contact: str
    user: int
    kind: str
    reason: FreeText


@event("people.seat_set")
class SeatSet(Payload):
    """Somebody sits in a work group; `before` is the seat held until now, without `after` it is given up."""

    group: str
    user: int
    before: str | None
    after: str | None


@event("people.directory_set")
class DirectorySet(Payload):
    """A department, region, hotline, node or work group was made or renamed."""

    what: str
    key: str
    name_zh: str
    name_en: str


# --- notifications in browsers --------------------------------------------------------------------------------------------
@event("people.browser_added")
class BrowserAdded(Payload):
    """Where it is told, and by which keys, never enters the log."""

    browser: str
    user: int


@event("people.browser_removed")
class BrowserRemoved(Payload):
    """`why` is a word of `people.domain.browsers.Gone`."""

    browser: str
    user: int
    why: str


# --- the duty roster ----------------------------------------------------------------------------------------------------
@event("duty.set")
class DutySet(Payload):
    """A duty was made, or its name, owner or roles changed."""

    duty: str
    name_zh: str
    name_en: str
    owner_role: str
    stood_by: list[str]


@event("duty.rotation_set")
class RotationSet(Payload):
    """`people` take turns in this order; `before` is their order until now. No days: every day; no times: all day.

    `begins_at`: it was entered ahead and counts from then on; `replaces`: up to then this one does.
    """

    duty: str
    rotation: int
    anchor: str
    turn_hours: int
    people: list[int]
    before: list[int]
    days: list[int]
    from_time: str | None = None
    to_time: str | None = None
    begins_at: str | None = None
    replaces: int | None = None


@event("duty.rotation_ended")
class RotationEnded(Payload):
    duty: str
    rotation: int


@event("duty.override_set")
class OverrideSet(Payload):
    duty: str
    override: int
    user: int
    sort: str
    starts_at: str
    ends_at: str
    reason: FreeText = ""
    swap: int | None = None


@event("duty.override_cancelled")
class OverrideCancelled(Payload):
    duty: str
    override: int
    user: int


@event("duty.leave_set")
class LeaveSet(Payload):
    """`deputy` stands in for as long as it runs. `instead_of`: the rest of that leave, under another deputy."""

    leave: int
    user: int
    starts_at: str
    ends_at: str
    deputy: int | None = None
    instead_of: int | None = None


@event("duty.leave_cancelled")
class LeaveCancelled(Payload):
    leave: int
    user: int


@event("people.deputy_named")
class DeputyNamed(Payload):
    """Who stands in on any leave that names nobody else, from here on; null: nobody."""

    user: int
    before: int | None
    after: int | None


@event("people.deputy_began")
class DeputyBegan(Payload):
    """A leave began: from here on the deputy is told, owes and may act in the person's place."""

    leave: int
    user: int
    deputy: int
    until: str


@event("people.deputy_ended")
class DeputyEnded(Payload):
    leave: int
    user: int
    deputy: int


@event("duty.swap_asked")
class SwapAsked(Payload):
    """`back_…`: the span given in return, if any."""

    duty: str
    swap: int
    asked_by: int
    asked_of: int
    starts_at: str
    ends_at: str
    back_starts_at: str | None = None
    back_ends_at: str | None = None


@event("duty.swap_answered")
class SwapAnswered(Payload):
    duty: str
    swap: int
    after: str


@event("duty.turn_changed")
class DutyTurnChanged(Payload):
    """Who is on duty from here on; null: nobody. `meant`: whom a deputy stands in for."""

    duty: str
    before: int | None
    after: int | None
    why: str
    since: str
    meant: int | None = None


@event("duty.handover")
class HandoverMoved(Payload):
    """`after` is what became of it: drafted, handed_over, accepted, lapsed. The brief stands in its row."""

    duty: str
    handover: int
    from_user: int
    to_user: int | None
    ends_at: str
    after: str


@event("duty.calendar_renewed")
class CalendarRenewed(Payload):
    """The addresses of this person's calendar that were given out before are no longer valid."""

    user: int
