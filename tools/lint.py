"""All checks that need no database, each with its name; every one runs, the exit code tells whether all passed."""

import subprocess
import sys
import time

PYTHON = sys.executable
CHECKS: dict[str, list[str]] = {
    "format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "style": [PYTHON, "-m", "ruff", "check", "."],
    "types": [PYTHON, "-m", "mypy", "."],
    "floors of the house": ["lint-imports"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "translations": [PYTHON, "manage.py", "catalogue_check"],
    "front end types": ["node_modules/.bin/tsc", "--noEmit"],
}

if __name__ == "__main__":
    failed = []
    for name, command in CHECKS.items():
        began = time.monotonic()
        print(f"— {name}", flush=True)
        if subprocess.run(command, check=False).returncode != 0:
            failed.append(name)
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
