"""A Chromium for the tests: the machine's, else installed by its package manager, else unpacked under var/ without root."""

import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

import apt

# Debian's Chromium that has no window: the same pages for a quarter less of the processor.
SHELL = "chromium-headless-shell"
REFUSED_FOR = 86_400  # seconds for which a machine that could not be given it is not asked again
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
        root = _unpacked(folder)
    except apt.Refused as refusal:
        raise NotPossible(
            f"Chromium could not be unpacked: {refusal}\nInstall it, or name it in HOTLINE_CHROMIUM."
        ) from refusal
    _write_launcher(launcher, root)
    if not _starts(launcher):
        raise NotPossible(f"{launcher} does not start. Install Chromium, or name one in HOTLINE_CHROMIUM.")
    return launcher


def without_window(folder: Path) -> Path | None:
    """The path of one that has no window, and shows no notifications; None where the whole one must do: no package of that
    name, no root, no network."""
    launcher, refused = folder / SHELL, folder / f"{SHELL}.refused"
    found = shutil.which(SHELL) or str(launcher)
    if _starts(Path(found)):
        return Path(found)
    if (folder / "root" / "usr/lib/chromium" / SHELL).exists():
        _write_launcher(launcher, folder / "root", SHELL)
        return launcher if _starts(launcher) else None
    if refused.exists() and time.time() - refused.stat().st_mtime < REFUSED_FOR:
        return None
    if shutil.which("apt-get") and apt.install(SHELL) and (installed := shutil.which(SHELL)):
        return Path(installed) if _starts(Path(installed)) else None
    folder.mkdir(parents=True, exist_ok=True)
    refused.touch()
    return None


def _unpacked(folder: Path) -> Path:
    """Raises apt.Refused."""
    try:
        return apt.unpack(["chromium", SHELL], folder)
    except apt.Refused:  # older distributions have the whole one only
        return apt.unpack(["chromium"], folder)


def _starts(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
        return False


def _write_launcher(launcher: Path, root: Path, program: str = "chromium") -> None:
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
    started = shlex.quote(str(root / "usr/lib/chromium" / program))
    launcher.write_text("\n".join([*lines, f'exec {started} "$@"', ""]))
    launcher.chmod(0o755)
