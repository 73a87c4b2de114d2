"""Migrations and the engine's tests on the oldest PostgreSQL that is supported: Debian's 15, the machine's or unpacked under var/.

Arguments go to pytest. A machine that has none and cannot fetch it says so and ends well: the newest has been tried there.
"""

import os
import subprocess
import sys
from pathlib import Path

import apt

VERSION = "15"
PROGRAMS = Path(f"usr/lib/postgresql/{VERSION}/bin")
ROOT = Path(__file__).resolve().parent.parent


def ensure(folder: Path) -> Path:
    """The folder of its programs; raises apt.Refused."""
    for root in (Path("/"), folder / "root"):
        if _starts(root / PROGRAMS):
            return root / PROGRAMS
    # Unpacked even as root: its installation would begin to serve a database that nobody asked for.
    return apt.unpack([f"postgresql-{VERSION}"], folder) / PROGRAMS


def _starts(programs: Path) -> bool:
    try:
        asked = subprocess.run([programs / "postgres", "--version"], capture_output=True, timeout=60, check=False)
    except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def main(arguments: list[str]) -> int:
    try:
        programs = ensure(ROOT / "var" / f"postgresql-{VERSION}")
    except (apt.Refused, FileNotFoundError) as why:  # apt would not, or there is none
        print(f"PostgreSQL {VERSION} is NOT TRIED here: {why}\nInstall postgresql-{VERSION} and run: make oldest")
        return 0
    libraries = sorted({str(file.parent) for file in programs.parents[4].glob("usr/lib/*/*.so*")})
    found = {"LD_LIBRARY_PATH": ":".join(libraries)} if programs.parents[4] != Path("/") else {}
    env = {**os.environ, **found, "HOTLINE_PG_BINDIR": str(programs)}
    command = [sys.executable, "-m", "pytest", *(arguments or ["tests/engine"])]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
