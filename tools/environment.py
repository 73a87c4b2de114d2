"""A virtual environment with pip, also where the distribution left `ensurepip` out of its Python."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import apt


class NotPossible(Exception):
    """The text says what to do."""


def create(venv: Path, *, scratch: Path) -> None:
    """Make `venv`, with a pip that works."""
    if importlib.util.find_spec("ensurepip") and _made([sys.executable, "-m", "venv", venv]):
        return
    if not _made([sys.executable, "-m", "venv", "--clear", "--without-pip", venv]):
        raise NotPossible(f"{sys.executable} -m venv failed; its reason stands above.")
    python = venv / "bin" / "python"
    if importlib.util.find_spec("pip") and _made(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "pip"]
    ):
        return
    wheel = _pip_wheel(scratch)
    if wheel is not None and _made([python, "-m", "pip", "install", "--quiet", "pip"], PYTHONPATH=str(wheel)):
        return
    raise NotPossible(
        "This Python has neither ensurepip nor pip. Install them (Debian: apt-get install python3-venv) and run again."
    )


def _made(command: list[str | Path], **env: str) -> bool:
    return subprocess.run(command, env={**os.environ, **env}, check=False).returncode == 0


def _pip_wheel(scratch: Path) -> Path | None:
    """Pip as the distribution packs it: a wheel runs where it lies, so unpacking is enough and nothing is installed."""
    if shutil.which("apt-get") is None:
        return None
    try:
        apt.unpack(["python3-pip-whl"], scratch, dependencies=False)
    except apt.Refused:
        return None
    return next(iter(sorted((scratch / "root").glob("usr/share/python-wheels/pip-*.whl"))), None)
