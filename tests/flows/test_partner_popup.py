"""The partners' pop-up in a real browser, on a page of another origin that forbids whatever is inline."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import DUTY
from tests.flows.conftest import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
MARKUP = '<img src="/x" onerror="document.title=\'owned\'">'
TEXTS = {"zh": f"热线不易接通 {MARKUP}", "en": f"Our hotline is hard to reach {MARKUP}"}


class Partner(BaseHTTPRequestHandler):
    """`/en` and `/zh` are a partner's page in that language, under a policy that lets in the product and nothing inline."""

    product: ClassVar[str] = ""

    def do_GET(self) -> None:
        body = (
            f'<!DOCTYPE html><html lang="{self.path.strip("/")}"><title>Partner</title><link rel="icon" href="data:,">'
            f'<script type="module" src="{self.product}/status/popup.js"></script><h1>Partner</h1>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src {self.product}; connect-src {self.product}; img-src data:;"
            " require-trusted-types-for 'script'; trusted-types 'none'",
        )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: Any) -> None:
        """Nothing: a test is quiet."""


@pytest.fixture
def partner(product: Product) -> Iterator[str]:
    served = type("Served", (Partner,), {"product": product.url.rstrip("/")})
    server = HTTPServer(("127.0.0.1", 0), served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def published(product: Product) -> None:
    """A notice with markup in it about an open incident, through the three hands that it takes."""

    def post(who: str, path: str, body: dict[str, Any]) -> Any:
        # Busy, it says at times on a loaded machine: then the same again, as any client of it does.
        for _ in range(3):
            answer = product.cast.api(who).post(f"/api/v1/{path}", body, format="json")
            if answer.status_code != 503:
                break
        assert answer.status_code < 300, answer.content.decode()
        return answer.json()

    number = post(DUTY, "incidents", {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down"})[
        "number"
    ]
    made = post("jiang", "notices", {"kind": "impact", "incident": number, **TEXTS})
    post("jiang", f"notices/{made['id']}/submit", {})
    said = {"revision": made["revision"], "content_hash": made["content_hash"]}
    post("wen", f"notices/{made['id']}/approve", said)
    post("han", f"notices/{made['id']}/publish", {"revision": made["revision"]})


def opened(browser: Browser, address: str, complaints: list[str]) -> Page:
    page = browser.new_page()
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address, wait_until="networkidle")
    return page


def test_a_partners_page_shows_the_notice_in_its_language_as_text(product: Product, partner: str) -> None:
    complaints: list[str] = []
    before = opened(product.browser, f"{partner}/en", complaints)
    expect(before.get_by_role("status")).to_have_count(0)
    published(product)
    for language, text, close, more in (
        ("en", TEXTS["en"], "Close", "See the service status"),
        ("zh", TEXTS["zh"], "关闭", "查看服务状态"),
    ):
        page = opened(product.browser, f"{partner}/{language}", complaints)
        box = page.get_by_role("status")
        expect(box).to_contain_text(text)
        assert box.locator("img").count() == 0, "markup in a notice stays text"
        assert page.title() == "Partner"
        expect(box).to_have_css("position", "fixed")
        assert (box.get_by_role("link", name=more).get_attribute("href") or "").startswith(product.url.rstrip("/"))
        box.get_by_role("button", name=close).click()
        expect(page.get_by_role("status")).to_have_count(0)
        page.reload(wait_until="networkidle")
        expect(page.get_by_role("status")).to_have_count(0)
        page.close()
    assert complaints == []
