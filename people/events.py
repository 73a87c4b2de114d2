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


@event("people.contact_revealed")
class ContactRevealed(Payload):
    contact: str
    user: int
    kind: str
    reason: FreeText


@event("people.seat_set")
class SeatSet(Payload):
    """Somebody sits in a work group; `before` is the seat held until now."""

    group: str
    user: int
    before: str | None
    after: str


@event("people.directory_set")
class DirectorySet(Payload):
    """A department, region, hotline, node or work group was made or renamed."""

    what: str
    key: str
    name_zh: str
    name_en: str
