"""The story: the carrier's cable in the east is cut, and what follows until the last signature."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from threading import Event
from typing import Any, Final

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from engine.models import World
from engine.timers import world_advance
from hotline_ep.demo.client import Client, Refused, patiently
from hotline_ep.demo.standins import StandIns
from incidents.selectors import newest
from signals.domain.callcentre import STEP, CallCentre, Reading, Scenario
from signals.services.history import rows_of
from signals.services.playing import history_load
from signals.services.sources import source_create

WEEKS: Final = 4
CUT_AFTER, CUT_LASTS = timedelta(minutes=10), timedelta(minutes=125)
QUIET_HOURS: Final = timedelta(hours=72, minutes=40)
TICK: Final = 0.5  # seconds between two looks of the stand-ins
SEEN_BY_ALL: Final = 6.0  # seconds until every web process knows that the world is held
ENDING_ROUNDS: Final = 20  # looks in which the stand-ins bring the ending about; a person takes the time he likes
SETTLES: Final = timedelta(minutes=15)  # after the mending, until the queues are gone
Tell = Callable[[str], None]


def evened(reading: Reading) -> Reading:
    """A reading outside the trouble, on the calm side: at night, chance alone would begin a warning of its own, or the 72 hours
    anew."""
    calm = {
        "complaints": lambda value: float(value // 2),
        "availability": lambda value: max(value, 99.95),
        "call_success_rate": lambda value: max(value, 97.0),
    }
    even = calm.get(reading.metric)
    return replace(reading, value=even(reading.value)) if even else reading


class Story:
    """One demo in a world of its own; `play` returns the incident's number, `phase` how far it came."""

    def __init__(self, *, url: str, tokens: dict[str, str], key: str, rate: float, stop: Event, tell: Tell) -> None:
        self.rate, self.stop, self.tell = rate, stop, tell
        start = worlds.now(worlds.real()).replace(second=0, microsecond=0)
        start -= timedelta(minutes=start.minute % 5)
        self.world: World = worlds.world_open(
            key=key,
            name_zh="演示：华东线路中断",
            name_en="Demo: lines cut in the east",
            kind="demo",
            at=start,
            paused=True,
        )
        self.start = start
        self.cut, self.back = start + CUT_AFTER, start + CUT_AFTER + CUT_LASTS
        self.centre = CallCentre(seed=7)
        secret = source_create(key=key, name="Demo call distributor", world=self.world, by=SYSTEM)
        self.source = Client(url, secret, stop.wait)
        self.standins = StandIns(url, tokens, key, tell, rest=stop.wait)
        self.steps = self._readings()
        self.ahead = next(self.steps, None)

    # --- samples -------------------------------------------------------------------------------------------------------
    def history(self) -> int:
        """Weeks before the story, learnt from and not judged."""
        readings = self.centre.play(self.start - timedelta(weeks=WEEKS), self.start)
        return history_load(self.world, list(rows_of(self.world, readings)))

    def _readings(self) -> Iterator[tuple[datetime, list[Reading]]]:
        end = self.back + timedelta(minutes=30) + QUIET_HOURS + timedelta(hours=2)
        readings = self.centre.play(
            self.start, end, scenario=Scenario.CARRIER_CUT, trouble_from=self.cut, trouble_to=self.back
        )
        for at, together in groupby(readings, key=lambda reading: reading.at):
            troubled = self.cut <= at < self.back + SETTLES
            yield at, [reading if troubled else evened(reading) for reading in together]

    def _post(self, readings: list[Reading]) -> None:
        """Through the real interface, as a call distributor does."""
        samples = [
            {"metric": r.metric, "at": utc_text(r.at), "value": r.value}
            | {name: getattr(r, name) for name in ("region", "hotline", "node") if getattr(r, name)}
            for r in readings
        ]
        answer = self.source.post("signals/samples", {"samples": samples})
        for row in answer["rejected"]:
            self.tell(f"  a sample was refused: {row['error']}")

    # --- the play ------------------------------------------------------------------------------------------------------
    def play(self) -> str | None:
        """Live at the world's rate until service is back; then the 72 quiet hours, as fast as they go; then the end."""
        self._set(rate=self.rate, paused=False)
        number = self._live()
        if number is None or self.stop.is_set():
            return number
        self.tell("72 quiet hours, as fast as they go …")
        self._quiet(number)
        self._ending(number)
        return number

    def phase(self, number: str) -> str:
        """Where the incident stands now."""
        incident: dict[str, Any] = self.standins.client("auditor").get(f"incidents/{number}")
        return str(incident["phase"])

    def _now(self) -> datetime:
        return patiently(lambda: worlds.now(self.world), self.stop.wait)

    def _set(self, **to: Any) -> None:
        patiently(lambda: worlds.world_set(world=self.world, **to), self.stop.wait)

    def _feed(self, now: datetime) -> None:
        """Post what was read up to now."""
        while self.ahead is not None and self.ahead[0] <= now:
            self._post(self.ahead[1])
            self.ahead = next(self.steps, None)

    def _live(self) -> str | None:
        while not self.stop.is_set():
            now = self._now()
            try:
                self._feed(now)
                number = self._number()
                if number is not None and self._act(number, now):
                    return number
            except Refused as refusal:
                self.tell(f"  {refusal}; the story goes on in the next round")
            if now > self.back + timedelta(hours=2):
                break  # a person plays and takes his time: the story goes no further by itself
            self.stop.wait(TICK)
        return self._number()

    def _number(self) -> str | None:
        found = patiently(lambda: newest(self.world).last(), self.stop.wait)  # the first opened: the story's own
        return found.number if found else None

    def _act(self, number: str, now: datetime) -> bool:
        """One round of the stand-ins; True once service is restored."""
        self.standins.look()
        incident: dict[str, Any] = self.standins.client("auditor").get(f"incidents/{number}")
        since = now - datetime.fromisoformat(incident["known_at"])
        phase = incident["phase"]
        if phase in ("monitoring", "ended", "closed", "dismissed"):
            return True
        self._opening_acts(number, incident, since)
        self.standins.stand_by(number, now)
        if incident["major"]:
            self.standins.notice(number, "notice.impact", kind="impact", **IMPACT)
        self.standins.settle(number, now)
        if phase == "response" and now >= self.back + STEP * 3:
            note = "主用光缆修复，业务恢复 / The main cable is mended, service is back"
            self.standins.act("tech_lead", "restore", f"incidents/{number}/restore", {"note": note})
        return False

    def _opening_acts(self, number: str, incident: dict[str, Any], since: timedelta) -> None:
        on, act = f"incidents/{number}", self.standins.act
        if since >= timedelta(minutes=3) and not incident["verified_at"]:
            act(
                "duty_manager",
                "verify",
                f"{on}/verify",
                {"outcome": "confirmed", "major": True, "note": "多地客户来电证实"},
            )
        if since >= timedelta(minutes=7) and incident["verified_at"] and not incident["assessed_at"]:
            facts = {"recovery_hours": 4, "reach": "region", "outage": True, "secondary_risk": "low"}
            impact = "华东呼入仅一成接通；其余区域正常 / In the east one call in ten gets through; the rest is normal"
            act("tech_lead", "assess", f"{on}/assess", {"impact": impact, "measures": "切换备用链路", "facts": facts})
        if since >= timedelta(minutes=9) and incident["assessed_at"] and not incident["level"]:
            reason = "仅华东一个区域，备用链路可用；先定二级 / One region only and a spare link: level II for now"
            act("hq_commander", "decide", f"{on}/decide-level", {"level": "II", "reason": reason, "provisional": True})
        if since >= timedelta(minutes=11) and incident["level"] and incident["phase"] != "response":
            act("hq_commander", "start", f"{on}/start")
        if incident["phase"] == "response":
            for role, group in (("tech_lead", "technical_response"), ("group_lead", "customer_reassurance")):
                act(role, f"group:{group}", f"{on}/group-status", {"group": group, "status": "working", "note": ""})

    def _quiet(self, number: str) -> None:
        """The world is held and led from sample to sample, so that every clock fires in its turn."""
        self._set(paused=True)
        self.stop.wait(SEEN_BY_ALL)
        now = self._now()
        until = now + QUIET_HOURS
        self._feed(now)
        while self.ahead is not None and self.ahead[0] <= until and not self.stop.is_set():
            at = self.ahead[0]
            patiently(partial(world_advance, self.world, to=at), self.stop.wait)
            self._feed(at)
            if at.minute % 10 == 5:
                self.standins.settle(number, at)

    def _ending(self, number: str) -> None:
        """The world goes on; the end is asked for until it is granted, as what it waits for comes about."""
        self._set(rate=self.rate, paused=False)
        rounds = 0
        while rounds < ENDING_ROUNDS and self.ahead is not None and not self.stop.is_set():
            self._feed(self._now())
            self.standins.look()
            self._ending_acts(number)
            if self.phase(number) == "closed":
                return
            rounds += not self.standins.resting
            self.stop.wait(TICK)

    def _ending_acts(self, number: str) -> None:
        on, act = f"incidents/{number}", self.standins.act
        summary = "光缆被施工挖断，已修复并加固路由 / A cable was dug up; it is mended and its route secured"
        act("tech_lead", "ending-report", f"{on}/ending-report", {"summary": summary})
        self.standins.settle_all(number, ("end.evaluation_meeting",))
        reason = "日常投诉量即为日均值，85% 一项豁免 / An ordinary day is the mean itself; the 85 % is waived"
        declared = {"no_secondary_risk": True, "resources_withdrawn": True, "assessed_safe": True}
        act("hq_commander", "end", f"{on}/end", {**declared, "waived": ["complaints"], "reason": reason})
        self.standins.settle_all(number, ("after.media", "after.people"))
        act("executive", "close", f"{on}/close", {"note": "同意终止 / Approved"})


IMPACT: Final = {
    "zh": "受线路故障影响，华东地区服务热线目前难以接通。您可以通过官网在线客服联系我们。我们将在30分钟内更新进展。",
    "en": "A line fault makes our hotline hard to reach in the east. You can reach us through online service on our website. "
    "We will tell you more within 30 minutes.",
}
