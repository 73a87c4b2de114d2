"""A Chromium for the tests: the machine's, else installed by its package manager, else unpacked under var/ without root."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import apt

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class NotPossible(Exception):
    """The text says what to do; tests that need a browser are never skipped instead."""


def ensure(folder: Path) -> Path:
    """The path of a Chromium that starts."""
    launcher = folder / "chromium"
    candidates = [os.environ.get("HOTLINE_CHROMIUM"), *map(shutil.which, _NAMES), str(launcher)]
    for candidate in candidates:
        if candidate and _starts(Path(candidate)):
            return Path(candidate)
    if shutil.which("apt-get") is None:
        raise NotPossible("The tests drive Chromium: install it, or name it in HOTLINE_CHROMIUM.")
    print("Chromium …", flush=True)
    if apt.install("chromium") and (found := shutil.which("chromium")) and _starts(Path(found)):
        return Path(found)
    try:
        root = apt.unpack(["chromium"], folder)
    except apt.Refused as refusal:
        raise NotPossible(
            f"Chromium could not be unpacked: {refusal}\nInstall it, or name it in HOTLINE_CHROMIUM."
        ) from refusal
    _write_launcher(launcher, root)
    if not _starts(launcher):
        raise NotPossible(f"{launcher} does not start. Install Chromium, or name one in HOTLINE_CHROMIUM.")
    return launcher


def _starts(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
        return False


def _write_launcher(launcher: Path, root: Path) -> None:
    """The unpacked libraries are found by LD_LIBRARY_PATH, the fonts' configuration by its own variables."""
    libraries = sorted({str(file.parent) for file in root.glob("usr/lib/**/*.so*")} | {str(root / "usr/lib/chromium")})
    libraries += sorted({str(file.parent) for file in root.glob("lib/**/*.so*")})
    lines = [
        "#!/bin/sh",
        f"export LD_LIBRARY_PATH={shlex.quote(':'.join(libraries))}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}",
    ]
    if not Path("/etc/fonts/fonts.conf").exists():
        fonts = root / "etc" / "fonts"
        lines += [f"export FONTCONFIG_PATH={shlex.quote(str(fonts))} FONTCONFIG_SYSROOT={shlex.quote(str(root))}"]
    program = shlex.quote(str(root / "usr/lib/chromium/chromium"))
    launcher.write_text("\n".join([*lines, f'exec {program} "$@"', ""]))
    launcher.chmod(0o755)
