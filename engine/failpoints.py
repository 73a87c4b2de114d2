"""Places where a test may kill or stop a process. Nothing without `HOTLINE_FAILPOINT`:

timers.after_claim=kill            at this place, every time
timers.after_claim=stop@/file      there, until the file exists: once
@/folder                           where a file of the place's name lies in the folder and says `kill` or `stop`: once
"""

import os
import signal
from pathlib import Path

_SAID = os.environ.get("HOTLINE_FAILPOINT", "")
_FOLDER = Path(_SAID[1:]) if _SAID.startswith("@") else None
_PLACE, _, _ACT = ("", "", "") if _FOLDER else _SAID.partition("=")
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def failpoint(place: str) -> None:
    """Die or stop here if the environment asks for it."""
    if _FOLDER is not None:
        _armed(_FOLDER / place)
        return
    if not _PLACE or place != _PLACE:
        return
    act, _, once = _ACT.partition("@")
    if once:
        marker = Path(once)
        if marker.exists():
            return
        marker.touch()
    os.kill(os.getpid(), _SIGNALS[act])


def _armed(trap: Path) -> None:
    """Of several that come by at once, whoever takes the trap away is caught in it."""
    try:
        act = trap.read_text(encoding="utf-8")
        trap.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), _SIGNALS[act])
