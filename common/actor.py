"""Who acts: a person, a signal source or the product itself, with what they may do at this instant."""

from dataclasses import dataclass, replace
from typing import Literal

ActorKind = Literal["person", "source", "system"]
DEPUTY_OF = "/person:"  # in an authority: what follows is the id of the person whose deputy acted


def authority_read(authority: str) -> tuple[str, int | None]:
    """The role an act relied on, and the person in whose place it was done, if it was a deputy's."""
    role, deputising, person = authority.partition(DEPUTY_OF)
    return role, int(person) if deputising else None


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
    # Whom one stands in for now, each with the roles that are lent (docs/decisions/0037), and whose place this act is done in.
    lent: tuple["Actor", ...] = ()
    in_place_of: int | None = None

    @property
    def every_role(self) -> frozenset[str]:
        """One's own roles and those lent."""
        return self.roles.union(*(lender.roles for lender in self.lent))

    @property
    def role(self) -> str:
        """The role an act relied on, whoever's it is."""
        return authority_read(self.authority)[0]

    @property
    def persons(self) -> frozenset[int]:
        """Who acts, and in whose place: where two persons must act, neither may have been the other one."""
        return frozenset(pk for pk in (self.id, self.in_place_of) if pk is not None)

    @property
    def ref(self) -> str:
        """How the log names the actor: an id, never a name, so that a name can be erased."""
        return self.kind if self.id is None else f"{self.kind}:{self.id}"

    def acting_as(self, role: str, lender: "Actor | None" = None) -> "Actor":
        """The same, relying on a role of one's own, or on one of somebody whose deputy one is."""
        if lender is None:
            return replace(self, authority=role, in_place_of=None)
        return replace(self, authority=f"{role}{DEPUTY_OF}{lender.id}", in_place_of=lender.id)


SYSTEM = Actor(kind="system", id=None, name="Hotline EP", roles=frozenset({"system"}), authority="system")
