"""A night in real browsers: who sits where, in which language, at what; and how a hand gets through a page."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from common.actor import SYSTEM
from common.clock import utc_text
from engine import worlds
from hotline_ep.demo.client import Client
from signals.models import Baseline
from signals.services import sources
from signals.services.samples import series_ensure
from tests.cast import DUTY, EXECUTIVE, TECH
from tests.engine.processes import eventually
from tests.flows.conftest import DESK, PHONE, Product

ZH, EN = "zh-hans", "en"
ELSEWHERE = "/healthz"  # of the same server, so that the browser keeps the process; nothing on it goes on
# Who works in Chinese, and who walks about with a telephone; the others sit at a desk and read English.
CHINESE = frozenset({DUTY, TECH, EXECUTIVE})
ON_THE_PHONE = frozenset({DUTY, TECH, "peng"})


@dataclass
class Night:
    """The product, and one window of everyone who takes part."""

    product: Product
    tabs: dict[str, Page] = field(default_factory=dict)
    source: Client = field(init=False)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        secret = sources.source_create(key="acd", name="Call distributor", world=worlds.real(), by=SYSTEM)
        self.source = Client(self.product.url, secret)

    # --- machines and time ---------------------------------------------------------------------------------------------
    def usual(self, region: str, complaints: float) -> None:
        """What the product has learnt to expect of a region: complaints a minute."""
        series = series_ensure(worlds.real(), "complaints", region)
        Baseline.objects.create(series_id=series, slot=Baseline.FLAT, expected=complaints, days=28)

    def machines_say(self, metric: str, *values: float, **dims: str) -> None:
        """One sample a minute, the last one now. An ingest that has not yet heard how late it is, is told again."""
        start = worlds.now(worlds.real()) - timedelta(minutes=len(values) - 1)
        rows = [
            {"metric": metric, "at": utc_text(start + timedelta(minutes=n)), "value": value, **dims}
            for n, value in enumerate(values)
        ]
        eventually(lambda: self.source.post("signals/samples", {"samples": rows})["rejected"] == [])

    def forward(self, **by: float) -> None:
        self.product.forward(**by)

    # --- windows -------------------------------------------------------------------------------------------------------
    def at(self, who: str, path: str = "/") -> Page:
        """This person's window, gone to an address. The others look away: each room that stays open is made anew at every event, and
        those left open are there to show that."""
        if who not in self.tabs:
            language, size = (ZH if who in CHINESE else EN), (PHONE if who in ON_THE_PHONE else DESK)
            self.tabs[who] = self.product.window(who, language=language, size=size).new_page()
        for tab in self.tabs.values():
            if tab is not self.tabs[who] and not tab.url.endswith(ELSEWHERE):
                tab.goto(ELSEWHERE)
        # Our scripts have run by then; nobody waits for the last font.
        self.tabs[who].goto(path, wait_until="domcontentloaded")
        return self.tabs[who]

    def all_look_away(self) -> None:
        """Nobody has a page of their own open: each would be drawn anew with every event of the days that pass."""
        for tab in self.tabs.values():
            tab.goto(ELSEWHERE)

    def stranger(self, language: str) -> Page:
        """Somebody of the public, who signs in nowhere; a new one each time, who remembers no page."""
        return self.product.window(None, language=language, size=PHONE).new_page()

    def left_open(self, who: str, path: str) -> Page:
        """A second window of theirs that nobody touches again: it must show by itself what happens."""
        page = self.product.window(who, language=EN, size=DESK).new_page()
        page.goto(path)
        page.on("load", lambda loaded: self.loads.append(loaded.url))
        return page


# --- hands -------------------------------------------------------------------------------------------------------------
def shows(page: Page | Locator, text: str) -> None:
    expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()


def act(page: Page, name: str) -> Locator:
    """Open an act where it is folded; its form."""
    folded = page.locator(f"#act-{name}")
    if folded.get_attribute("open") is None:
        folded.locator("> summary").click()
    return folded.locator("form")


def send(form: Locator) -> None:
    """Press the form's button and read that it went well."""
    form.locator("button.btn-primary").first.click()
    went_well(form.page)


def went_well(page: Page) -> None:
    expect(page.locator('#toasts [data-kind="success"]').first).to_be_visible()


def refused(page: Page, text: str | re.Pattern[str]) -> None:
    """What went wrong stands on the page, in a sentence."""
    expect(page.get_by_role("alert").filter(has_text=text).first).to_be_visible()


def owed(page: Page, title: str) -> Locator:
    """One's own obligation or task on the first page."""
    return page.locator("#owed li.obligation", has_text=title).first


def begin_from_own_list(page: Page, title: str) -> None:
    """The one thing to do about an obligation leads to where it is done."""
    owed(page, title).locator(".due-act a.btn").click()
    page.wait_for_load_state("domcontentloaded")


def prove(page: Page, title: str, words: str) -> None:
    """Tap Done beside an obligation, say what was done, send."""
    line = owed(page, title)
    line.locator(".due-act > button").click()
    line.locator("dialog textarea").fill(words)
    send(line.locator("dialog form"))


SUBMIT = """([path, fields]) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: path });
  const token = document.querySelector("meta[name=csrf-token]").content;
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, ...fields })) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}"""


def send_by_hand(page: Page, path: str, **fields: Any) -> None:
    """What somebody sends whose page offers no such button."""
    with page.expect_navigation():
        page.evaluate(SUBMIT, [path, fields])
