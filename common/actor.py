"""Who acts: a person, a signal source or the product itself, with what they may do at this instant."""

from dataclasses import dataclass, replace
from typing import Literal

ActorKind = Literal["person", "source", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """`roles` are roles of rights; `regions` and `groups` narrow them (empty: everywhere). `authority` is the role an act relied on."""

    kind: ActorKind
    id: int | None
    name: str
    roles: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    authority: str = ""

    @property
    def ref(self) -> str:
        """How the log names the actor: an id, never a name, so that a name can be erased."""
        return self.kind if self.id is None else f"{self.kind}:{self.id}"

    def acting_as(self, role: str) -> "Actor":
        return replace(self, authority=role)


SYSTEM = Actor(kind="system", id=None, name="Hotline EP", roles=frozenset({"system"}), authority="system")
