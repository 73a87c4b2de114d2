"""The colours of tokens.css and how well each ink reads on its ground; WCAG 2's relative luminance."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

TOKENS: Final = Path(__file__).resolve().parent.parent / "frontend" / "src" / "styles" / "tokens.css"
ENOUGH: Final = 4.5  # AA for text of any size
_TOKEN = re.compile(r"--([\w-]+):\s*(?:light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)|(#[0-9a-f]{6}));")
_TONES = ("ok", "warn", "bad", "unknown", "info")

# ink → the grounds it is written on
PAIRS: Final[Mapping[str, tuple[str, ...]]] = {
    "ink": ("page", "surface", "raised", "accent-soft", *(f"{tone}-soft" for tone in _TONES)),
    "ink-2": ("page", "surface", "raised"),
    "ink-3": ("page", "surface"),
    "accent": ("page", "surface", "raised", "accent-soft"),
    "accent-ink": ("accent",),
    **{tone: ("surface", "page", f"{tone}-soft") for tone in _TONES},
    "bad-ink": ("bad",),
    "level-ink": ("level-i", "level-ii", "level-iii"),
    "practice": ("practice-soft",),
    "blue": ("surface", "page", "info-soft"),
    "yellow": ("surface", "page", "warn-soft"),
}


@dataclass(frozen=True, slots=True)
class Colour:
    """One token in both themes, as #rrggbb."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Reading:
    """An ink on a ground, in one theme."""

    ink: str
    ground: str
    theme: str
    ink_colour: str
    ground_colour: str

    @property
    def ratio(self) -> float:
        return contrast(self.ink_colour, self.ground_colour)

    @property
    def reads(self) -> bool:
        return self.ratio >= ENOUGH


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 to 1."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def tokens(css: str) -> dict[str, Colour]:
    """The plain colours among the custom properties of a stylesheet."""
    return {name: Colour(light or both, dark or both) for name, light, dark, both in _TOKEN.findall(css)}


@lru_cache(maxsize=1)
def readings() -> tuple[Reading, ...]:
    """Every ink on each of its grounds, light and dark; the wall is the dark theme, larger."""
    known = tokens(TOKENS.read_text(encoding="utf-8"))
    return tuple(
        Reading(ink, ground, theme, getattr(known[ink], theme), getattr(known[ground], theme))
        for ink, grounds in PAIRS.items()
        for ground in grounds
        for theme in ("light", "dark")
    )
