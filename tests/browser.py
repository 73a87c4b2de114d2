"""The Chromium that tests and pictures drive."""

import os
import shutil
from typing import TYPE_CHECKING

from tests.pages import Scene, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

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

# Fills in the form whose address ends so, as a browser without our script would let it be sent.
SENDS = """([action, said]) => {
  const form = document.querySelector(`form[action$="${action}"]`);
  for (const [name, value] of Object.entries(said)) {
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList && ![...field].some((one) => one.value === value)) throw new Error(`${name}: no ${value}`);
    field.value = value;
  }
  setTimeout(() => form.submit());
}"""
# The innermost element that sticks out, by its tag, class and first words.
WIDEST = """() => { const out = [...document.querySelectorAll("main *")].filter((e) =>
  e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).at(-1);
  return out ? `${out.tagName} .${out.getAttribute("class") ?? ""} ${out.textContent.trim().slice(0, 40)}` : "?"; }"""
UNFOLDS = "() => document.querySelectorAll('main details:not(.menu)').forEach((fold) => { fold.open = true; })"


def brought(tab: "Page", page: Shown, scene: Scene) -> None:
    """Bring this page up in the tab, as far as it is to be looked at."""
    tab.goto(page.at(scene))
    if page.sends:
        with tab.expect_navigation() as answer:
            tab.evaluate(SENDS, list(page.sends))
        assert answer.value.status >= 400, f"{page.name}: was not refused"
    tab.evaluate(SETTLED)
    if page.opened:
        tab.evaluate(UNFOLDS)


def shell_path() -> str:
    """The one without a window where there is one: quicker, and without notifications."""
    return os.environ.get("HOTLINE_CHROMIUM_SHELL") or chromium_path()


def chromium_path() -> str:
    path = os.environ.get("HOTLINE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, (
        "A Chromium is needed: `make test` and `make shots` find or install it; or name it in HOTLINE_CHROMIUM."
    )
    return path
