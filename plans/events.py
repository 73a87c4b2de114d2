"""What is written to the stream `plan` of the real world, one stream a plan."""

from engine.events import Payload, event


@event("plan.version_loaded")
class VersionLoaded(Payload):
    """A version came into force; `version` and `before` are ids, the latter of the version it replaced."""

    version: int
    plan_key: str
    number: int
    sha256: str
    before: int | None = None
