"""What is said in a group chat: number, title, clause and link. Many read there, and nobody knows who: no number to ring is said."""

import re
from collections.abc import Iterable
from typing import Final

_DIGITS: Final = str.maketrans("０１２３４５６７８９＋－", "0123456789+-")
_GAP: Final = r"[ -]?"
NUMBERS: Final = re.compile(
    "|".join([
        # International, a mobile number, one with an area code, a service line.
        r"\+\d(?:[ -]?\d){6,14}",
        rf"(?<!\d)(?:(?:00)?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)",
        rf"(?<!\d)[(（]?0\d{{2,3}}[)）]?{_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)",
        rf"(?<!\d)[48]00{_GAP}\d{{3}}{_GAP}\d{{4}}(?!\d)",
    ])
)  # fmt: skip


def without_numbers(text: str) -> str:
    """The text with every telephone number in it replaced by an ellipsis; numbers of incidents, dates and counts stay."""
    if not NUMBERS.search(text.translate(_DIGITS)):
        return text
    return NUMBERS.sub("…", text.translate(_DIGITS))


def lines(parts: Iterable[str]) -> str:
    """One line for each part that says something; none of them more than one line."""
    return "\n".join(line for part in parts if (line := " ".join(part.split())))
