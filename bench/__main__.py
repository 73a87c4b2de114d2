"""`python -m bench [--short] [claim|watchers|ingest|backtest|charts|steady|memory|sends|first|due|takeover|redis …]`: without a name
all but `redis`, which takes an hour; `--minutes 5` makes it shorter.

Fails when a ratio to the plainest way that is promised does not hold. `--short` is what the tests run.
"""

import os
import subprocess
import sys

NAMES = ("claim", "watchers", "ingest", "backtest", "charts", "steady", "memory", "sends", "first", "due", "takeover")
BY_NAME = ("redis",)

if __name__ == "__main__":
    words = sys.argv[1:]
    names = [word for word in words if word in (*NAMES, *BY_NAME)]
    flags = [word for word in words if word not in names]
    if unknown := [word for word in flags if not word.startswith("-") and not word.replace(".", "").isdigit()]:
        sys.exit(f"There is no bench {', '.join(unknown)}; there are {', '.join((*NAMES, *BY_NAME))}.")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    print("times in ms, rates a second; × is how many times better than the plainest way", flush=True)
    # A process each: none measures what another left in its memory.
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}", *flags], check=False).returncode
        for name in names or NAMES
    ]
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    sys.exit(max(codes))
