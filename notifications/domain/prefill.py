"""A first text of a notice from the plan's template and the incident's facts: reach and times, never a cause (clause 3.3, 3.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from notifications.domain import words
from notifications.domain.notices import GAP, Kind
from notifications.domain.words import Both

NEXT_UPDATE = timedelta(minutes=30)
# Which template of the plan a kind begins with.
TEMPLATE: Final = {
    Kind.IMPACT: "impact_notice",
    Kind.UPDATE: "impact_notice",
    Kind.HOLDING: "impact_notice",
    Kind.REGULATOR: "first_report",
}
GAP_BOTH: Final = Both(GAP["zh"], GAP["en"])
WHOLE: Final = Both("全国", "the whole country")
UNKNOWN: Final = Both("正在核实", "being established")
CHANNELS: Final = Both("官方网站和官方微博", "our website and our official Weibo")
REGIONS: Final = Both("{regions}地区", "{regions}")
LATER: Final = Both("恢复情况将在本页面持续更新", "on this page, as soon as there is news")
OUR_SERVICE: Final = Both("服务", "our service")
RESTORED: Final = Both(
    "{service}已于{at}恢复，我们将继续密切观察。给您带来不便，敬请谅解。",
    "Since {at}, {service} is back in service. We keep a close watch on it. We apologise for the inconvenience.",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the record says of an incident; None is not known. Times are world time."""

    began: datetime | None
    regions: Sequence[Both] = ()
    reach: str | None = None
    secondary_risk: str | None = None
    restored: datetime | None = None
    service: Both = OUR_SERVICE


def prefilled(kind: Kind, body: Mapping[str, str] | None, known: Known, *, now: datetime, zone: tzinfo) -> Both:
    """Both texts; `body` is the template's, {zh, en}. What nobody has recorded stays a gap that a person must fill."""
    if kind is Kind.UPDATE and known.restored is not None:
        return RESTORED.filled(at=_clock(known.restored, zone), service=known.service)
    if body is None:
        return Both("", "")
    values = _elements(kind, known, now, zone)
    return Both(
        body["zh"].format_map(_Gaps({name: both.zh for name, both in values.items()}, GAP["zh"])),
        body["en"].format_map(_Gaps({name: both.en for name, both in values.items()}, GAP["en"])),
    )


class _Gaps(dict[str, str]):
    """An element nothing is known of is a gap."""

    def __init__(self, known: Mapping[str, str], gap: str) -> None:
        super().__init__(known)
        self.gap = gap

    def __missing__(self, name: str) -> str:
        return self.gap


def _elements(kind: Kind, known: Known, now: datetime, zone: tzinfo) -> dict[str, Both]:
    said = {"reach": _reach(known), "place": _reach(known), "alternative": CHANNELS}
    # A statement approved beforehand cannot know the hour.
    said["next_update"] = LATER if kind is Kind.HOLDING else _clock(now + NEXT_UPDATE, zone)
    if known.began is not None:
        said["time"] = _clock(known.began, zone)
    if known.secondary_risk in words.VALUES:
        said["secondary_risk"] = words.VALUES[known.secondary_risk]
    return said


def _reach(known: Known) -> Both:
    if known.regions:
        return REGIONS.filled(regions=words.joined(list(known.regions)))
    return WHOLE if known.reach == "nationwide" else UNKNOWN


def _clock(at: datetime, zone: tzinfo) -> Both:
    here = at.astimezone(zone)
    return Both(f"{here.month}月{here.day}日{here:%H:%M}", f"{here:%H:%M} on {here.day} {here:%B}")
