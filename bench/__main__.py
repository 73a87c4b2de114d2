"""`python -m bench [--short] [claim|watchers|ingest|backtest|charts|steady|memory|sends|due|takeover …]`: everything without a name.

Fails when a ratio to the plainest way that is promised does not hold. `--short` is what the tests run.
"""

import os
import subprocess
import sys

NAMES = ("claim", "watchers", "ingest", "backtest", "charts", "steady", "memory", "sends", "due", "takeover")

if __name__ == "__main__":
    print(
        f"{os.cpu_count()} cores; times in ms, rates a second; × is how many times better than the plainest way",
        flush=True,
    )
    flags = [word for word in sys.argv[1:] if word.startswith("-")]
    names = [word for word in sys.argv[1:] if not word.startswith("-")]
    # A process each: none measures what another left in its memory.
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}", *flags], check=False).returncode
        for name in names or NAMES
    ]
    sys.exit(max(codes))
