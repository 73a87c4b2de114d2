"""What fulfils an obligation."""

from collections.abc import Collection
from enum import StrEnum


class Stops(StrEnum):
    """What stops a clock: a proof that a person gives in words, an act of the product, or whichever comes first."""

    PROOF = "proof"
    ACT = "act"
    EITHER = "either"


def stops(accepted: Collection[str], in_words: Collection[str]) -> Stops:
    """`accepted`: what the plan takes for it; `in_words`: those of it that a person gives in words."""
    if not in_words:
        return Stops.ACT
    return Stops.PROOF if len(in_words) == len(accepted) else Stops.EITHER
