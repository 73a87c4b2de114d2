"""The distribution's packages without root: fetched and unpacked into a folder of ours. Indexes are kept there too."""

import os
import re
import subprocess
from pathlib import Path


class Refused(Exception):
    """apt or dpkg would not; the text is theirs."""


def install(package: str) -> bool:
    """Install for the whole machine, as root; whether it worked."""
    if os.geteuid() != 0:
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", package]
    if subprocess.run(command, env=quiet, check=False).returncode == 0:
        return True
    if subprocess.run(["apt-get", "update", "--quiet"], env=quiet, check=False).returncode != 0:
        return False
    return subprocess.run(command, env=quiet, check=False).returncode == 0


def unpack(packages: list[str], folder: Path, *, dependencies: bool = True) -> Path:
    """Unpack packages (and all they need that this machine lacks) under `folder`/root; that path."""
    state, debs, root = folder / "apt", folder / "debs", folder / "root"
    for made in (state / "lists" / "partial", state / "cache" / "archives" / "partial", debs, root):
        made.mkdir(parents=True, exist_ok=True)
    # Everything apt writes goes to our folder; what is installed is still read from the machine.
    apt = ["apt-get", "--quiet", "-o", f"Dir::State={_quoted(state)}", "-o", f"Dir::Cache={_quoted(state / 'cache')}"]
    apt += ["-o", "Dir::State::status=/var/lib/dpkg/status", "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User="]
    _run([*apt, "update"], debs)
    names = packages
    if dependencies:
        plan = _run([*apt, "--simulate", "--no-install-recommends", "install", *packages], debs)
        names = re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE)
    _run([*apt, "download", *names], debs)
    for deb in sorted(debs.glob("*.deb")):
        _run(["dpkg-deb", "--extract", str(deb), str(root)], debs)
        deb.unlink()
    return root


def _quoted(path: Path) -> str:
    return f"{path}/".replace('"', "")


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(done.stderr.strip())
    return done.stdout
