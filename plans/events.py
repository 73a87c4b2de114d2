"""What is written to the stream `plan` of the real world, one stream a plan. Texts of versions are rows; here stand their hashes."""

from engine.events import FreeText, Payload, event


@event("plan.version_loaded")
class VersionLoaded(Payload):
    """A version came into force by the machine room; `version` and `before` are ids, the latter of the version it replaced."""

    version: int
    plan_key: str
    number: int
    sha256: str
    before: int | None = None


class OfVersion(Payload):
    """`version` is an id, `number` what people call it by, `revision` and `sha256` the very text."""

    version: int
    number: int
    revision: int
    sha256: str


@event("plan.drafted")
class VersionDrafted(OfVersion):
    """`base`: the number of the version it began from; `imported`: from an uploaded file."""

    base: int | None
    imported: bool


@event("plan.edited")
class VersionEdited(OfVersion):
    """`lines` were added and taken away; `voided`: it had been submitted or approved."""

    added: int
    removed: int
    voided: bool
    note: FreeText = ""


@event("plan.submitted")
class VersionSubmitted(OfVersion):
    """`open`: how many findings of the linter nobody has ruled on."""

    open: int


@event("plan.approved")
class VersionApproved(OfVersion):
    """`in_force_from`: RFC 3339. `against`: the number of the version that was in force when it was approved."""

    in_force_from: str
    against: int | None


@event("plan.returned")
class VersionReturned(OfVersion):
    was: str
    reason: FreeText


@event("plan.withdrawn")
class VersionWithdrawn(OfVersion):
    was: str
    reason: FreeText


@event("plan.put_in_force")
class VersionPutInForce(OfVersion):
    """`before`: the number of the version it replaced. `due`: when it was to be in force; later when the product stood still."""

    plan_key: str
    before: int | None
    due: str
