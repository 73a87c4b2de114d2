"""Public notices (clause 3.4): which act leads from which state to which, who may still do it, and what a text may hold."""

import hashlib
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a notice is for. A holding statement is approved ahead of any incident (ruling on contradiction 10)."""

    IMPACT = "impact"
    UPDATE = "update"
    REGULATOR = "regulator"
    HOLDING = "holding"


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"


S = State
# What the public page shows; a regulator's notice goes to the regulator alone.
PUBLIC: Final = frozenset({Kind.IMPACT, Kind.UPDATE, Kind.HOLDING})

# from → to. What is not here is refused; the database holds the same (`notifications.models`).
MOVES: Final[dict[Act, dict[State, State]]] = {
    # Any edit voids what legal read or is reading.
    Act.EDIT: {S.DRAFT: S.DRAFT, S.IN_REVIEW: S.DRAFT, S.APPROVED: S.DRAFT},
    Act.SUBMIT: {S.DRAFT: S.IN_REVIEW},
    Act.APPROVE: {S.IN_REVIEW: S.APPROVED},
    # Legal may think again as long as nothing is out.
    Act.RETURN: {S.IN_REVIEW: S.DRAFT, S.APPROVED: S.DRAFT},
    Act.PUBLISH: {S.APPROVED: S.PUBLISHED},
    Act.WITHDRAW: {S.DRAFT: S.WITHDRAWN, S.IN_REVIEW: S.WITHDRAWN, S.APPROVED: S.WITHDRAWN, S.PUBLISHED: S.WITHDRAWN},
}
TRANSITIONS: Final = tuple(
    sorted({(a.value, b.value) for moves in MOVES.values() for a, b in moves.items() if a is not b})
)

RIGHT: Final[dict[Act, str]] = {
    Act.EDIT: "notice.draft",
    Act.SUBMIT: "notice.submit",
    Act.APPROVE: "notice.approve",
    Act.RETURN: "notice.approve",
    Act.PUBLISH: "notice.publish",
    Act.WITHDRAW: "notice.withdraw",
}


class Why(StrEnum):
    """Why an act is refused."""

    PUBLISHED = "notice.published"
    WITHDRAWN = "notice.withdrawn"
    NOT_APPROVED = "notice.not_approved"
    NOT_SUBMITTED = "notice.not_submitted"
    DONE_ALREADY = "notice.done_already"


def judge(act: Act, state: State) -> Why | None:
    """Why this act is not legal from this state; None when it is."""
    if state in MOVES[act]:
        return None
    if state is S.WITHDRAWN:
        return Why.WITHDRAWN
    if state is S.PUBLISHED:
        return Why.PUBLISHED
    if act is Act.PUBLISH:
        return Why.NOT_APPROVED
    return Why.NOT_SUBMITTED if state is S.DRAFT else Why.DONE_ALREADY


class Barred(StrEnum):
    """Which part in a notice bars a person from another: never one person for two of text, approval and publication."""

    WROTE = "notice.wrote_it"
    APPROVED = "notice.approved_it"


def barred(
    act: Act, persons: Collection[int], *, writers: Collection[int], approved_by: Collection[int]
) -> Barred | None:
    """What bars who acts, or in whose place; `writers` are all who ever drafted or edited the text, and in whose place,
    `approved_by` who approved it, likewise."""
    if act in (Act.APPROVE, Act.PUBLISH) and any(person in writers for person in persons):
        return Barred.WROTE
    if act is Act.PUBLISH and any(person in approved_by for person in persons):
        return Barred.APPROVED
    return None


# --- texts -------------------------------------------------------------------------------------------------------------
SHORTEST, LONGEST = 5, 2000
LANGUAGES: Final = ("zh", "en")
# What the plan's template leaves for a person to say; a text that still has one does not go to legal.
GAP: Final = {"zh": "【待填】", "en": "[fill in]"}
# Turns the reading direction around: what is approved would not be what is seen.
DIRECTION: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Wrong(StrEnum):
    LENGTH = "length"
    CONTROL = "control_characters"
    GAP = "gap"


def tidy(text: str) -> str:
    """The text with one kind of line end and nothing around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n\u3000")


def wrong(text: str) -> Wrong | None:
    """What is wrong with a tidied text. Markup is not wrong: it is shown as written, on every page."""
    if any(ch in DIRECTION or (unicodedata.category(ch) in ("Cc", "Cs") and ch != "\n") for ch in text):
        return Wrong.CONTROL
    return None if SHORTEST <= len(text) <= LONGEST else Wrong.LENGTH


def content_hash(zh: str, en: str) -> str:
    """SHA-256 over both texts: what legal approves, what is published and what the log keeps."""
    return hashlib.sha256(f"{zh}\x00{en}".encode()).hexdigest()
