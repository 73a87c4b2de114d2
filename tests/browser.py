"""The Chromium that tests and pictures drive."""

import os
import shutil

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run",
    "--disable-component-update", "--disable-quic",
]  # fmt: skip
# Resolves when the page stands: its fonts are there, its clocks are written, the board has its first state.
SETTLED = """async () => {
  await document.fonts.ready;
  const board = document.querySelector("[data-line]");
  for (let n = 0; board && board.dataset.line !== "live" && n < 40; n++) await new Promise((go) => setTimeout(go, 50));
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
}"""


def chromium_path() -> str:
    path = os.environ.get("HOTLINE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, (
        "A Chromium is needed: `make test` and `make shots` find or install it; or name it in HOTLINE_CHROMIUM."
    )
    return path
