"""A person turns notifications on in a real browser, a test leaves by the workers, and the browser shows it.

The way between push service and browser is the one thing stood in for: no Chromium of a test has a place with one. Its address and
keys are a fake browser's; what the fake push service was handed is decrypted here and delivered by the browser's debugging door.
"""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Playwright, expect

from people.models import Browser
from tests.browser import FLAGS, chromium_path
from tests.cast import DUTY
from tests.engine.processes import eventually
from tests.flows.conftest import DESK, Product
from tools.provider import Provider
from tools.pushing import FakeBrowser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# In place of the browser's own: a subscription it hands out once and keeps.
STANDS_IN = """(said) => {
  const text = (raw) => Uint8Array.from(atob(raw.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0)).buffer;
  const made = (key) => ({
    endpoint: said.endpoint, options: { userVisibleOnly: true, applicationServerKey: text(key) },
    toJSON: () => ({ endpoint: said.endpoint, keys: { p256dh: said.p256dh, auth: said.auth } }),
    unsubscribe: async () => { localStorage.removeItem("stands-in"); return true; },
  });
  PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
    if (!userVisibleOnly || applicationServerKey.length !== 65) throw new TypeError("not as it should be asked for");
    const key = btoa(String.fromCharCode(...applicationServerKey));
    localStorage.setItem("stands-in", key);
    return made(key);
  };
  PushManager.prototype.getSubscription = async function () {
    const key = localStorage.getItem("stands-in");
    return key ? made(key) : null;
  };
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map((one) => ({ title: one.title, body: one.body, tag: one.tag, data: one.data, lang: one.lang }))"""


@pytest.fixture
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    """The whole one: without a window there are no notifications."""
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def service() -> Iterator[Provider]:
    server = Provider(name="push", secret="unused")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def pushed_by_its_service(tab: Page, product: Product, said: dict[str, Any]) -> None:
    """The browser's push service delivers this."""
    door = tab.context.new_cdp_session(tab)
    ids: list[str] = []
    door.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: ids.extend(one["registrationId"] for one in event["registrations"] if not one["isDeleted"]),
    )
    door.send("ServiceWorker.enable")
    for _ in range(50):
        if ids:
            break
        tab.wait_for_timeout(100)
    door.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": product.url + "/", "registrationId": ids[0], "data": json.dumps(said, ensure_ascii=False)},
    )


def test_turned_on_here_a_message_appears_on_the_screen_and_removed_it_ends(product: Product, service: Provider):
    browser = FakeBrowser(f"http://127.0.0.1:{service.server_address[1]}/push/desk")
    window = product.window(DUTY, language="en", size=DESK)
    window.grant_permissions(["notifications"], origin=product.url)
    tab = window.new_page()
    tab.add_init_script(f"({STANDS_IN})({json.dumps(browser.handed_over)})")
    tab.goto("/")
    tab.locator(".tools details.menu > summary").click()
    tab.get_by_role("link", name="Notifications in browsers").click()
    expect(tab.get_by_text("You are told in no browser.")).to_be_visible()
    tab.get_by_role("button", name="Turn on in this browser").click()
    expect(tab.get_by_text("Notifications are on in this browser.")).to_be_visible()
    expect(tab.get_by_text("On in this browser", exact=True)).to_be_visible()
    expect(tab.get_by_text("This one", exact=True)).to_be_visible()

    tab.get_by_role("button", name="Send a test").click()
    eventually(lambda: service.pushed, within=20)
    (_headers, body) = service.pushed.popitem()[1]
    said = browser.reads(body)
    pushed_by_its_service(tab, product, said)
    shown: list[dict[str, Any]] = []
    for _ in range(100):
        shown = tab.evaluate(SHOWN)
        if shown:
            break
        tab.wait_for_timeout(100)
    assert shown == [
        {
            # In the person's own language, whatever this page is in.
            "title": "测试：通知可以送达此浏览器。",
            "body": "",
            "tag": said["tag"],
            "data": said["link"],
            "lang": "zh-hans",
        }
    ]

    tab.goto(said["link"])
    expect(tab.locator("article").first).to_contain_text("Test: notifications reach this browser.")
    tab.goto("/messages/browsers/")
    tab.get_by_role("button", name="Remove").click()
    expect(tab.get_by_text("That browser is not told any more.")).to_be_visible()
    expect(tab.get_by_text("You are told in no browser.")).to_be_visible()
    assert not Browser.objects.exists()
    assert product.complaints == []
