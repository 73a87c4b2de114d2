"""Where a sample was taken."""

from dataclasses import dataclass
from typing import Final

KEY: Final = 40  # characters of a place's key


@dataclass(frozen=True, slots=True)
class Directory:
    """The keys that samples may name; `region_of` gives a node's region."""

    regions: frozenset[str]
    hotlines: frozenset[str]
    region_of: dict[str, str]
