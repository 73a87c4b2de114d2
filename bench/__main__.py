"""`python -m bench [claim|watchers|ingest|charts …]`: everything without a name."""

import os
import subprocess
import sys

NAMES = ("claim", "watchers", "ingest", "charts")

if __name__ == "__main__":
    print(
        f"{os.cpu_count()} cores; times in ms, rates a second; × is how many times better than the plainest way",
        flush=True,
    )
    # A process each: none measures what another left in its memory.
    codes = [
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
        for name in sys.argv[1:] or NAMES
    ]
    sys.exit(max(codes))
