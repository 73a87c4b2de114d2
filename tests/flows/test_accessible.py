"""Every page, as axe sees it; and what is done in haste, by keyboard alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import SETTLED
from tests.cast import DUTY, GM
from tests.flows.conftest import DESK, PHONE, Product
from tests.pages import PAGES, Scene, Shown
from tests.stage import night_staged

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
SAY = """async (options) => (await axe.run(document, options)).violations.flatMap((rule) => rule.nodes.map((node) =>
  `${rule.id}: ${node.target.join(" ")} — ${node.failureSummary.split("\\n").slice(1).join(" ").trim()}`))"""


@pytest.fixture
def night(product: Product) -> tuple[Product, Scene]:
    return product, night_staged(product.cast)


def looks(page: Shown) -> Iterator[tuple[str, str, dict[str, int]]]:
    """(language, theme, size): each page on a desk; those used in haste on a phone too, and in the dark."""
    if page.wall:
        yield "zh-hans", "dark", {"width": 1920, "height": 1080}
        return
    yield "en", "light", DESK
    if page.main:
        yield "zh-hans", "dark", PHONE


def windows(product: Product) -> Any:
    """One window a person, language, theme and size."""
    kept: dict[tuple[Any, ...], Any] = {}

    def window(who: str | None, language: str, theme: str, size: dict[str, int]) -> Any:
        key = (who, language, theme, size["width"])
        if key not in kept:
            if who is None:
                kept[key] = product.browser.new_context(viewport=size, base_url=product.url)  # type: ignore[arg-type]
            else:
                kept[key] = product.window(who, language=language, size=size)
            kept[key].add_cookies([{"name": "theme", "value": theme, "url": product.url}])
            # axe is ours to bring, not the page's: the policy is not asked about it.
            kept[key].add_init_script(path=AXE)
        return kept[key]

    return window


def test_no_page_shuts_anybody_out(night: tuple[Product, Scene]) -> None:
    product, scene = night
    window, wrong = windows(product), []
    for page in PAGES:
        for language, theme, size in looks(page):
            tab: Page = window(page.who, language, theme, size).new_page()
            tab.goto(page.at(scene))
            tab.evaluate(SETTLED)
            where = f"{page.name} ({size['width']}, {theme})"
            wrong += [f"{where}: {found}" for found in tab.evaluate(SAY, STANDARD)]
            if tab.evaluate("document.documentElement.scrollWidth") > size["width"]:
                wrong.append(f"{where}: wider than the screen")
            tab.close()
    assert not wrong, "\n".join(wrong)


def focused(tab: Page) -> str:
    """What the keyboard is on, by its words."""
    return str(tab.evaluate("(document.activeElement.innerText || document.activeElement.name || '').trim()"))


def tab_to(tab: Page, selector: str, *, within: int = 60) -> None:
    """Press Tab until this has the focus."""
    for _ in range(within):
        tab.keyboard.press("Tab")
        if tab.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with {within} presses of Tab; the focus is on {focused(tab)!r}")


def test_by_keyboard_alone(night: tuple[Product, Scene]) -> None:
    """One night for all of them: staging it takes longer than they do."""
    product, scene = night
    the_first_stop_leads_past_the_navigation(product, scene)
    what_is_owed_and_the_acts_of_the_room_are_reached(product, scene)
    a_dialog_closes_with_escape_and_gives_the_focus_back(product)
    a_fault_is_reported(product)


def the_first_stop_leads_past_the_navigation(product: Product, scene: Scene) -> None:
    window = product.window(GM, language="en", size=DESK)
    for path in ("/", f"/incidents/{scene.incident}/", "/board/"):
        tab = window.new_page()
        tab.goto(path)
        tab.keyboard.press("Tab")
        assert focused(tab) == "Skip to the content"
        expect(tab.locator(".skip")).to_be_in_viewport()
        tab.keyboard.press("Enter")
        tab.keyboard.press("Tab")
        inside = tab.evaluate("document.querySelector('main').contains(document.activeElement)")
        assert inside, f"{path}: after skipping, the focus is on {focused(tab)!r}"


def a_fault_is_reported(product: Product) -> None:
    tab = product.window(DUTY, language="en", size=DESK).new_page()
    tab.goto("/report/")
    tab_to(tab, "input[name=symptoms]")
    tab.keyboard.press("Space")
    tab_to(tab, "textarea[name=noticed]")
    tab.keyboard.type("Nobody gets through")
    tab_to(tab, "main form button.btn-primary")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/incidents/*/")


def what_is_owed_and_the_acts_of_the_room_are_reached(product: Product, scene: Scene) -> None:
    window = product.window(GM, language="en", size=DESK)
    home = window.new_page()
    home.goto("/")
    tab_to(home, "li.obligation a.btn, li.obligation button, li.obligation summary")
    room = window.new_page()
    room.goto(f"/incidents/{scene.incident}/")
    tab_to(room, "#act-evaluate > summary", within=120)
    room.keyboard.press("Enter")
    expect(room.locator("#act-evaluate form button.btn-primary")).to_be_visible()


def a_dialog_closes_with_escape_and_gives_the_focus_back(product: Product) -> None:
    tab = product.window(DUTY, language="en", size=DESK).new_page()
    tab.goto("/design/")
    button = tab.locator("button[data-dialog=specimen-danger]")
    button.focus()
    tab.keyboard.press("Enter")
    dialog = tab.locator("#specimen-danger")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("(element) => element.contains(document.activeElement)")
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert button.evaluate("(element) => element === document.activeElement")
    menu = tab.locator("details.menu > summary")
    menu.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("button", name="Sign out")).to_be_hidden()
    assert menu.evaluate("(element) => element === document.activeElement")
