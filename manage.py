#!/usr/bin/env python
"""Django's command line; `manage.py up` starts the whole product on one machine."""

import json
import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line


def join_the_running_product() -> None:
    """A command given beside a running `manage.py up` works on its servers and keys, unless the environment names others."""
    note = Path(os.environ.get("HOTLINE_VAR", Path(__file__).resolve().parent / "var")) / "run" / "environment.json"
    if "DATABASE_URL" not in os.environ and sys.argv[1:2] != ["up"] and note.exists():
        os.environ.update(json.loads(note.read_text(encoding="utf-8")))


if __name__ == "__main__":
    join_the_running_product()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hotline_ep.settings")
    execute_from_command_line(sys.argv)
