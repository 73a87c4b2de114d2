"""Whose rights a server runs with: PostgreSQL refuses root. We add no user and leave parent folders alone."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hotline_ep.embedded.child import StartFailed

_CANDIDATES = ("postgres", "nobody", "daemon")


class NoUnprivilegedUser(StartFailed):
    """Root, no user namespaces, and no user to step down to."""


@dataclass(frozen=True)
class Confinement:
    """An argv prefix that execs what follows it, and the owner the data folder must have outside (None: ours)."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def own(self, folder: Path) -> None:
        """Hand a folder that we made to the user the server runs as."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)


PLAIN = Confinement()
NAMESPACE = Confinement(("unshare", "--user", "--map-user=1", "--map-group=1", "--"))


def stepping_down() -> Confinement:
    """Another, existing user. One capability comes along, to pass closed parents (/root) and write our sockets."""
    for name in _CANDIDATES:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        change = ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
        keep = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--")
        return Confinement(change + keep, user.pw_uid, user.pw_gid)
    raise NoUnprivilegedUser(
        f"PostgreSQL does not run as root and none of {', '.join(_CANDIDATES)} exists; use another user."
    )


@cache
def suitable() -> Confinement:
    """The first that works here: as we are, in a user namespace, as another user."""
    if os.geteuid() != 0:
        return PLAIN
    if (
        shutil.which("unshare")
        and subprocess.run([*NAMESPACE.prefix, "true"], capture_output=True, check=False).returncode == 0
    ):
        return NAMESPACE
    return stepping_down()
