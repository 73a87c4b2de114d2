"""A Prometheus server for the test that points its `remote_write` at us: the machine's, else Debian's, unpacked under var/."""

import os
import shutil
import sys
from pathlib import Path

import apt

ROOT = Path(__file__).resolve().parent.parent


def ensure(folder: Path) -> Path:
    """The path of a Prometheus; raises apt.Refused."""
    found = shutil.which("prometheus")
    if found:
        return Path(found)
    program = folder / "root" / "usr" / "bin" / "prometheus"
    if not program.exists():
        apt.unpack(["prometheus"], folder, dependencies=False)
    return program


if __name__ == "__main__":
    try:
        print(ensure(Path(os.environ.get("HOTLINE_VAR", ROOT / "var")) / "prometheus"))
    except apt.Refused as error:
        sys.exit(str(error))
