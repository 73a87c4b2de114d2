"""Numbers of the environment. One that cannot be read counts as the usual one until the check refuses to start (`hotline_ep.checks`):
settings that stop with a traceback name no variable."""

import math
import os
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Number:
    """What is expected of a variable; `usual` is what counts where it is not set."""

    usual: float
    least: float
    most: float
    whole: bool = True

    @property
    def expected(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        return f"Write {kind} from {self.least:g} to {self.most:g}, or leave it empty: then it is {self.usual:g}."


_DAYS: Final = 36_500
NUMBERS: Final[dict[str, Number]] = {
    "HOTLINE_POOL": Number(12, 1, 1000),
    "HOTLINE_EVIDENCE_FILE_MB": Number(20, 1, 1000),
    "HOTLINE_EVIDENCE_TOTAL_MB": Number(500, 1, 1_000_000),
    "HOTLINE_SOURCE_SAMPLES_A_SECOND": Number(20_000, 0.1, 10_000_000, whole=False),
    "HOTLINE_SOURCE_BURST": Number(200_000, 1, 100_000_000, whole=False),
    "HOTLINE_KEEP_SAMPLES_DAYS": Number(400, 1, _DAYS),
    "HOTLINE_KEEP_MINUTES_DAYS": Number(800, 1, _DAYS),
    "HOTLINE_KEEP_HOURS_DAYS": Number(3650, 1, _DAYS),
}


def whole(name: str) -> int:
    return int(_read(name) or NUMBERS[name].usual)


def measure(name: str) -> float:
    return _read(name) or NUMBERS[name].usual


def unreadable() -> list[str]:
    """The variables that are set to what is not expected of them."""
    return [name for name in NUMBERS if os.environ.get(name, "").strip() and _read(name) is None]


def _read(name: str) -> float | None:
    """None where it is empty or not what is expected, which 0 never is."""
    wanted, text = NUMBERS[name], os.environ.get(name, "").strip()
    try:
        found = float(int(text) if wanted.whole else text)
    except ValueError:
        return None
    return found if math.isfinite(found) and wanted.least <= found <= wanted.most else None
