"""The product without its processes, as the watchdog looks at it."""

from datetime import timedelta

from common.clock import utc_text, wall
from engine.models import Alarm
from engine.pulses import SWEEP, pulse
from engine.queues import QUEUES, drain
from signals.ingest import respond
from signals.services.canary import canary_metric
from signals.services.judging import judge_pending
from tests.cast import DUTY, Cast
from watchdog.domain.sight import Canary, Stage
from watchdog.services.canaries import Web
from watchdog.services.looking import Watchdog

MINUTE = timedelta(minutes=1)


class Door(Web):
    """The product's door without a network: what is posted goes the same way in, as long as it is open."""

    open = True

    def answers(self) -> bool:
        return self.open

    def canary(self) -> Canary:
        posted = wall()
        sample = {"metric": canary_metric(), "at": utc_text(posted), "value": 1}
        if self.open:
            import msgspec

            (status, _body), _wait = respond(self.token, msgspec.json.encode({"samples": [sample]}))
            assert status == 202
        return Canary(posted, Stage.WEB)


class House:
    """The product without its processes: each part works when it is told to."""

    def __init__(self) -> None:
        self.dog = Watchdog(web="http://nowhere")
        self.dog.web = self.door = Door("http://nowhere")

    def judges(self) -> None:
        judge_pending()

    def relays(self) -> None:
        drain(QUEUES["reactions"])

    def sends(self) -> None:
        drain(QUEUES["sends"])

    def works(self) -> None:
        pulse(SWEEP)
        self.judges(), self.relays(), drain(QUEUES["timers"]), drain(QUEUES["patient"]), self.sends()

    def look(self, later: timedelta = timedelta(0)) -> None:
        self.dog.look(wall() + later)

    def sees(self) -> None:
        """A canary goes out and arrives; the last was long ago."""
        self.dog.canary = None
        self.look()
        self.works()
        self.look()


def standing(kind: str) -> list[Alarm]:
    return list(Alarm.objects.filter(kind=kind, cleared_at=None))


def incident(cast: Cast) -> str:
    body = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}
    answer = cast.api(DUTY).post("/api/v1/incidents", body, format="json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["number"])
