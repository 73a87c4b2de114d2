"""Whether this container's web process is well: asks as the proxy would, under the first of HOTLINE_HOSTS."""

import os
import sys
import urllib.error
import urllib.request

HEADERS = {"Host": os.environ.get("HOTLINE_HOSTS", "localhost").split(",")[0].strip(), "X-Forwarded-Proto": "https"}

if __name__ == "__main__":
    request = urllib.request.Request("http://127.0.0.1:8000/healthz", headers=HEADERS)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  our own address
            sys.exit(0 if answer.status == 200 else 1)
    except (urllib.error.URLError, TimeoutError) as failure:
        sys.exit(f"unwell: {failure}")
