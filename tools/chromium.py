"""A Chromium for the tests: the one without a window if it can be had, else the machine's, else one unpacked under var/ without root.

Debian's chromium-headless-shell takes a quarter less of the processor than the whole browser does for the same pages.
"""

import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import apt

SHELL, WHOLE = "chromium-headless-shell", "chromium"
_NAMES = (WHOLE, "chromium-browser", "google-chrome-stable", "google-chrome")
REFUSED_FOR = 86_400  # seconds for which a machine that could not be given the shell is not asked again


class NotPossible(Exception):
    """The text says what to do; tests that need a browser are never skipped instead."""


def ensure(folder: Path) -> Path:
    """The path of a Chromium that starts."""
    named = os.environ.get("HOTLINE_CHROMIUM")
    unpacked = [str(folder / name) for name in (SHELL, WHOLE)]
    found = _first([named, shutil.which(SHELL)]) or _installed(folder, SHELL)
    found = found or _first([*map(shutil.which, _NAMES), *unpacked])
    if found is not None:
        return found
    if shutil.which("apt-get") is None:
        raise NotPossible("The tests drive Chromium: install it, or name it in HOTLINE_CHROMIUM.")
    print("Chromium …", flush=True)
    if found := _installed(folder, WHOLE):
        return found
    try:
        return _unpacked(folder, SHELL)
    except (apt.Refused, NotPossible):  # older distributions have the whole browser only
        pass
    try:
        return _unpacked(folder, WHOLE)
    except apt.Refused as refusal:
        raise NotPossible(
            f"Chromium could not be unpacked: {refusal}\nInstall it, or name it in HOTLINE_CHROMIUM."
        ) from refusal


def _first(candidates: list[str | None]) -> Path | None:
    return next((Path(one) for one in candidates if one and _starts(Path(one))), None)


def _installed(folder: Path, package: str) -> Path | None:
    """Installed for the whole machine, as root; None where that cannot be, which is remembered for a day."""
    refused = folder / f"{package}.refused"
    if refused.exists() and time.time() - refused.stat().st_mtime < REFUSED_FOR:
        return None
    if shutil.which("apt-get") and os.geteuid() == 0 and apt.install(package):
        found = _first([shutil.which(package)])
        if found is not None:
            return found
    folder.mkdir(parents=True, exist_ok=True)
    refused.touch()
    return None


def _unpacked(folder: Path, package: str) -> Path:
    """Unpacked with all it needs that the machine lacks. Raises apt.Refused, NotPossible."""
    launcher = folder / package
    _write_launcher(launcher, apt.unpack([package], folder), package)
    if not _starts(launcher):
        raise NotPossible(f"{launcher} does not start. Install Chromium, or name one in HOTLINE_CHROMIUM.")
    return launcher


def _starts(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
        return False


def _write_launcher(launcher: Path, root: Path, package: str) -> None:
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
    program = shlex.quote(str(root / "usr/lib/chromium" / package))
    launcher.write_text("\n".join([*lines, f'exec {program} "$@"', ""]))
    launcher.chmod(0o755)
