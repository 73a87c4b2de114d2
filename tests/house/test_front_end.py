"""What runs in the browser has tests of its own (`frontend/tests`); they are part of this suite."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_scripts_pass_their_own_tests() -> None:
    node = shutil.which("node")
    assert node is not None, "run through `make test`, which puts Node on the path"
    done = subprocess.run(
        [node, ROOT / "node_modules" / "vitest" / "vitest.mjs", "run", "--reporter=dot"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_no_style_turns_a_page_with_the_phone() -> None:
    """Who holds it askew, or fixed to a chair, reads it too (WCAG 1.3.4); axe would read every sheet on every page for this alone."""
    sheets = sorted((ROOT / "frontend" / "dist").rglob("*.css"))
    assert sheets, "the front end is not built"
    assert [sheet.name for sheet in sheets if "(orientation" in sheet.read_text()] == []
