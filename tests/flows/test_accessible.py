"""Every page, as axe sees it; and what is done in haste, by keyboard alone."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import UNFOLDS, WIDEST, brought
from tests.cast import DUTY, GM, LEGAL
from tests.flows.conftest import DESK, PHONE, Product
from tests.pages import KEEPER, PAGES, Scene, Shown
from tests.stage import night_staged

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(900)]
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    # Reading every sheet of styles anew serves one rule, that nothing turns with the phone: tests/house/test_front_end.py asks the sheets.
    "preload": False,
}
# Contrast is what takes axe longest. Every pair of colours is proved by `dashboard.contrast`; what lies on what is looked at where
# it matters most, on the pages used in haste and on the wall.
QUIETLY = {**STANDARD, "rules": {"color-contrast": {"enabled": False}}}
# Two fifths of what remains ask how large is what can be hit (WCAG 2.5.8), by a grid over the whole page: not asked where all is
# as large as asked for. What covers what else could make it smaller is looked at in haste and on the wall, as with colours.
# What axe says of the page unfolded, then of each menu opened and of each dialog shown: of what is hidden it says nothing. The frame's
# menus are a person's, not a page's: they are opened on the first page that this person is shown this way.
SAY = """async ([options, framed, hasty]) => {
  const said = [];
  const hit = "a[href], area, button, input, select, textarea, summary, [role], [tabindex], [contenteditable]";
  const small = (what) => [...what.querySelectorAll(hit)].some((one) => {
    const { width, height } = one.getBoundingClientRect();
    return width > 0 && one.checkVisibility() && Math.min(width, height) < 24;
  });
  const look = async (what) => {
    const sizes = hasty || small(what) ? {} : { "target-size": { enabled: false } };
    const { violations } = await axe.run(what, { ...options, rules: { ...options.rules, ...sizes } });
    said.push(...violations.flatMap((rule) => rule.nodes.map((node) =>
      `${rule.id}: ${node.target.join(" ")} — ${node.failureSummary.split("\\n").slice(1).join(" ").trim()}`)));
  };
  await look(document);
  for (const menu of document.querySelectorAll("details.menu")) {
    if (!menu.checkVisibility() || (!framed && !menu.closest("main"))) continue;
    menu.open = true;
    await look(menu);
    menu.open = false;
  }
  // Of dialogs that differ by their row's number or key only, the first stands for all.
  const row = /([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\\d+)$/;
  const kinds = new Map([...document.querySelectorAll("dialog")].reverse().map((one) => [one.id.replace(row, ""), one]));
  for (const dialog of kinds.values()) {
    dialog.showModal();
    await look(dialog);
    dialog.close();
  }
  return said;
}"""


@pytest.fixture
def night(product: Product) -> tuple[Product, Scene]:
    return product, night_staged(product.cast)


def looks(page: Shown) -> Iterator[tuple[str, str, dict[str, int]]]:
    """(language, theme, size): each page on a phone in Chinese and in the dark, what is used in haste on a desk in English too.

    What differs between themes by colour alone is proved for every pair of colours by `dashboard.contrast`.
    """
    if page.wall:
        yield "zh-hans", "dark", {"width": 1920, "height": 1080}
        return
    if page.main:
        yield "en", "light", DESK
    yield "zh-hans", "dark", PHONE


class Windows:
    """One window a language, theme and size, whoever looks: scripts, styles and fonts are fetched and read once for all of them. Of
    it always the same tab, for a new one takes as long as axe does."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.kept: dict[tuple[str, str, int], BrowserContext] = {}
        self.cookies: dict[tuple[str | None, str], Any] = {}
        self.seen: set[tuple[Any, ...]] = set()
        self.last: Page | None = None

    def tab(self, who: str | None, language: str, theme: str, size: dict[str, int]) -> Page:
        key = (language, theme, size["width"])
        if key not in self.kept:
            self.kept[key] = self._opened(theme, size)
        context = self.kept[key]
        if (who, language) not in self.cookies:
            self.cookies[who, language] = self.product.cookies(who, language)
        context.clear_cookies(name="sessionid")
        context.add_cookies(self.cookies[who, language])
        (tab,) = context.pages
        if self.last is not None and self.last is not tab:
            self.last.goto("about:blank")  # a board or a clock that nobody looks at any more would go on being drawn
        self.last = tab
        tab.set_viewport_size(size)  # type: ignore[arg-type]
        return tab

    def _opened(self, theme: str, size: dict[str, int]) -> BrowserContext:
        context = self.product.browser.new_context(viewport=size, base_url=self.product.url)  # type: ignore[arg-type]
        context.add_cookies([{"name": "theme", "value": theme, "url": self.product.url}])
        # axe is ours to bring, not the page's: the policy is not asked about it.
        context.add_init_script(path=AXE)
        # A colour half way between two states is nobody's contrast.
        context.new_page().emulate_media(reduced_motion="reduce")
        return context

    def first(self, *look: Any) -> bool:
        """Whether the frame of the pages is seen this way for the first time: its menus are the same on all."""
        new = look not in self.seen
        self.seen.add(look)
        return new

    def close(self) -> None:
        for context in self.kept.values():
            context.close()


def found_wrong(product: Product, scene: Scene, pages: Iterable[Shown]) -> list[str]:
    windows, wrong = Windows(product), []
    for page in pages:
        hasty = page.main or page.wall
        standard = STANDARD if hasty else QUIETLY
        for language, theme, size in looks(page):
            tab = windows.tab(page.who, language, theme, size)
            brought(tab, page, scene)
            tab.evaluate(UNFOLDS)
            # As tall as the page: what sticks to the screen's edge would hide from axe what one scrolls to.
            height = max(size["height"], tab.evaluate("document.documentElement.scrollHeight"))
            tab.set_viewport_size({"width": size["width"], "height": height})
            where = f"{page.name} ({size['width']}, {theme})"
            framed = page.who is None or windows.first(page.who, language, theme, size["width"])
            wrong += [f"{where}: {found}" for found in tab.evaluate(SAY, [standard, framed, hasty])]
            if tab.evaluate("document.documentElement.scrollWidth") > size["width"]:
                wrong.append(f"{where}: wider than the screen: {tab.evaluate(WIDEST)}")
    windows.close()
    return wrong


def test_no_page_shuts_anybody_out(night: tuple[Product, Scene]) -> None:
    """By eye and by ear, all of it unfolded; then by keyboard alone. In one night: staging a second one takes longer than many pages."""
    wrong = found_wrong(*night, (page for page in PAGES if not page.opened))
    assert not wrong, "\n".join(wrong)
    by_keyboard_alone(*night)


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


def by_keyboard_alone(product: Product, scene: Scene) -> None:
    the_first_stop_leads_past_the_navigation(product, scene)
    what_is_owed_and_the_acts_of_the_room_are_reached(product, scene)
    a_dialog_closes_with_escape_and_gives_the_focus_back(product)
    a_fault_is_reported(product)
    the_button_of_a_report_stands_above_the_bar(product)
    a_level_is_decided(product, scene)
    a_text_is_approved(product, scene)
    an_item_is_withdrawn(product, scene)
    a_message_is_acknowledged(product)


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


def the_button_of_a_report_stands_above_the_bar(product: Product) -> None:
    """In English, where the bar's names take two lines."""
    tab = product.window(DUTY, language="en", size=PHONE).new_page()
    tab.goto("/report/")
    button, bar = (tab.locator(found).bounding_box() for found in (".intake .form-foot .btn-primary", ".thumbnav"))
    assert button
    assert bar
    assert button["y"] + button["height"] <= bar["y"], "the bar lies over it"
    tab.close()


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
    expect(tab.locator("[data-controller=board-parts] .index")).to_have_count(2)
    button = tab.locator("button[data-dialog=specimen-danger]")
    button.focus()
    tab.keyboard.press("Enter")
    dialog = tab.locator("#specimen-danger")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("(element) => element.contains(document.activeElement)")
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert button.evaluate("(element) => element === document.activeElement")
    menu = tab.locator(".topbar details.menu > summary")
    menu.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("button", name="Sign out")).to_be_hidden()
    assert menu.evaluate("(element) => element === document.activeElement")


def sent_with_enter(tab: Page, form: str) -> None:
    """Reach the form's button by Tab and press it; the page that answers says what was done."""
    tab_to(tab, f"{form} button.btn-primary", within=120)
    with tab.expect_navigation() as answered:
        tab.keyboard.press("Enter")
    assert answered.value.status == 200
    expect(tab.locator("#toasts .toast-note[data-kind=success]").first).to_be_visible()


def a_level_is_decided(product: Product, scene: Scene) -> None:
    tab = product.window(GM, language="en", size=DESK).new_page()
    tab.goto(f"/incidents/{scene.incident}/")
    tab_to(tab, "#act-decide-level > summary", within=120)
    tab.keyboard.press("Enter")
    tab_to(tab, "#act-decide-level input[name=level]")
    tab.keyboard.press("ArrowUp")  # round to the last: another level than the one that stands
    tab_to(tab, "#act-decide-level textarea[name=reason]")
    tab.keyboard.type("Two more switches are out")
    sent_with_enter(tab, "#act-decide-level form")


def a_text_is_approved(product: Product, scene: Scene) -> None:
    tab = product.window(LEGAL, language="en", size=DESK).new_page()
    tab.goto(f"/notices/{scene.notice}/")
    sent_with_enter(tab, "#act-approve form")


def an_item_is_withdrawn(product: Product, scene: Scene) -> None:
    tab = product.window(KEEPER, language="en", size=DESK).new_page()
    tab.goto(f"/resources/equipment/{scene.equipment}/")
    tab_to(tab, "#act-withdraw > summary", within=120)
    tab.keyboard.press("Enter")
    for field in tab.locator("#act-withdraw :is(input, select, textarea):not([type=hidden])").all():
        if field.evaluate("(element) => element.required && !element.value"):
            tab_to(tab, f"#act-withdraw [name={field.get_attribute('name')}]")
            tab.keyboard.type("1")
    sent_with_enter(tab, "#act-withdraw form")


def a_message_is_acknowledged(product: Product) -> None:
    tab = product.window(GM, language="en", size=DESK).new_page()
    tab.goto("/messages/")
    unread = tab.locator("form[action*='/acknowledge'] button")
    before = unread.count()
    tab_to(tab, "form[action*='/acknowledge'] button", within=120)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    expect(unread).to_have_count(before - 1)
