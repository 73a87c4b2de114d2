"""Compile message catalogues beside their sources: `compile_catalogues.py FILE.po…`; no gettext needed."""

import sys
from pathlib import Path

import polib

if __name__ == "__main__":
    for name in sys.argv[1:]:
        polib.pofile(name).save_as_mofile(str(Path(name).with_suffix(".mo")))
