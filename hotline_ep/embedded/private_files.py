"""Files only their owner reads: written whole or not at all, never readable by others even for a moment."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Replace `path` by this content as JSON, mode 600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp gives 600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())  # keys that the database already depends on must survive a power cut
    Path(name).replace(path)


def read_private(path: Path) -> dict[str, Any]:
    """The content, or {} when the file is not there."""
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path} does not hold a JSON object; remove it or restore it from a backup.")
    return content
