"""Places where a test may kill or stop a process: `HOTLINE_FAILPOINT="timers.after_claim=kill"`. Nothing without it."""

import os
import signal
from pathlib import Path

_PLACE, _, _ACT = os.environ.get("HOTLINE_FAILPOINT", "").partition("=")
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def failpoint(place: str) -> None:
    """Die or stop here if the environment asks for it; a file, when named after `@`, makes it happen once only."""
    if not _PLACE or place != _PLACE:
        return
    act, _, once = _ACT.partition("@")
    if once:
        marker = Path(once)
        if marker.exists():
            return
        marker.touch()
    os.kill(os.getpid(), _SIGNALS[act])
