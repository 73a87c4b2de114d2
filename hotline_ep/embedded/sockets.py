"""A private folder with a short path for unix sockets: the kernel allows 107 bytes, a checkout's path may be longer."""

import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "hotline-"
_LONGEST = 107 - len("/.s.PGSQL.5432.lock")


def private_folder() -> Path:
    """A new folder only we may enter. /tmp goes first: XDG_RUNTIME_DIR vanishes when its user signs out."""
    for base in ("/tmp", os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):  # noqa: S108  mkdtemp makes it 0700
        if base and os.access(base, os.W_OK | os.X_OK) and len(base) + len(_PREFIX) + 10 < _LONGEST:
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    raise OSError("No writable folder with a short path for sockets; set TMPDIR to one.")


def discard(folder: Path) -> None:
    """Remove a folder made above, and only such a one: the path may come from a file."""
    if (
        folder.name.startswith(_PREFIX)
        and folder.is_dir()
        and not folder.is_symlink()
        and folder.stat().st_uid == os.geteuid()
    ):
        shutil.rmtree(folder)
