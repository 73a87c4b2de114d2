"""What a swap and a handover of duty may become: one table each, for services, pages and the database."""

from enum import StrEnum
from typing import Final


class SwapState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class HandoverState(StrEnum):
    DRAFTED = "drafted"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    LAPSED = "lapsed"  # a later shift's came before it was accepted


SWAP_MOVES: Final[frozenset[tuple[SwapState, SwapState]]] = frozenset(
    (SwapState.ASKED, answer) for answer in (SwapState.ACCEPTED, SwapState.DECLINED, SwapState.WITHDRAWN)
)
HANDOVER_MOVES: Final[frozenset[tuple[HandoverState, HandoverState]]] = frozenset(
    {
        (HandoverState.DRAFTED, HandoverState.HANDED_OVER),
        (HandoverState.DRAFTED, HandoverState.LAPSED),
        (HandoverState.HANDED_OVER, HandoverState.ACCEPTED),
        (HandoverState.HANDED_OVER, HandoverState.LAPSED),
    }
)
