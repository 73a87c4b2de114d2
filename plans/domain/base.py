"""Building blocks of the file's schema: strict records, text in two languages, spans of time."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_ISO = re.compile(
    r"P(?!$)(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?!$)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?(?:(?P<seconds>\d{1,6})S)?)?"
)


class Spec(BaseModel):
    """One record of the plan file: an unknown key is an error and nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Text(Spec):
    """The same sentence in Chinese and English; neither may be empty."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def as_dict(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}

    def in_language(self, code: str) -> str:
        """The reader's text; anything but Chinese reads English."""
        return self.zh if code.lower().startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Span:
    """An ISO-8601 duration: months and days count by the calendar, the rest in exact seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    iso: str = "PT0S"

    @classmethod
    def parse(cls, text: str) -> "Span":
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError(f"expected an ISO-8601 duration such as PT30M or P3D, not {text!r}")
        part = {name: int(value or 0) for name, value in match.groupdict().items()}
        return cls(
            months=12 * part["years"] + part["months"],
            days=7 * part["weeks"] + part["days"],
            seconds=3600 * part["hours"] + 60 * part["minutes"] + part["seconds"],
            iso=text,
        )

    @property
    def is_zero(self) -> bool:
        return not (self.months or self.days or self.seconds)

    def fixed(self) -> timedelta:
        """The length without a calendar; a month has none."""
        if self.months:
            raise ValueError(f"{self.iso} has no fixed length")
        return timedelta(days=self.days, seconds=self.seconds)

    def after(self, at: datetime, zone: tzinfo = SHANGHAI, *, times: int = 1) -> datetime:
        """`at` plus this span `times` over, in UTC; a month too short clamps to its last day (31 Jan + P1M = 28 Feb)."""
        local = at.astimezone(zone)
        year, month0 = divmod(local.year * 12 + local.month - 1 + self.months * times, 12)
        last = calendar.monthrange(year, month0 + 1)[1]
        moved = local.replace(year=year, month=month0 + 1, day=min(local.day, last)) + timedelta(days=self.days * times)
        return moved.astimezone(UTC) + timedelta(seconds=self.seconds * times)


def _span(value: Any) -> Any:
    if isinstance(value, str):
        return Span.parse(value)
    if isinstance(value, Span):
        return value
    raise ValueError("expected an ISO-8601 duration such as PT30M or P3D")


Duration = Annotated[Span, BeforeValidator(_span), PlainSerializer(lambda span: span.iso, return_type=str)]
# What the clause itself says in fields that a ruling changed; null where it says nothing.
Written = dict[str, Any] | None
Clauses = Annotated[tuple[str, ...], Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
