"""A whole product beside the test: web and worker processes, and a real Chromium in front of them."""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Playwright, Request, Response, expect, sync_playwright

from engine import worlds
from hotline_ep.embedded import valkey
from tests.browser import FLAGS, shell_path
from tests.cast import Cast
from tests.conftest import TestServer
from tests.engine.pages import Web
from tests.engine.processes import House, house_on

OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
PATIENCE = 30_000  # milliseconds a page may take to show what happened, here or elsewhere, on a loaded machine
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


class Product:
    """Processes of the product on the test's database, and windows for its people."""

    def __init__(self, cast: Cast, house: House, browser: Browser) -> None:
        self.cast, self.house, self.browser = cast, house, browser
        self.web = Web(house)
        self.url = f"http://127.0.0.1:{self.web.port}"
        self.complaints: list[str] = []
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING")
        house.start(
            "-m", "celery", "-A", "hotline_ep", "worker", "-P", "threads", "-c", "2", "-Q", "engine,judge", *quiet
        )

    def window(self, username: str | None, *, language: str, size: dict[str, int]) -> BrowserContext:
        """A browser of this person's own, signed in, in their language; `username` None is a stranger's."""
        context = self.browser.new_context(
            viewport=size,
            base_url=self.url,
            reduced_motion="reduce",  # what moves for show is drawn sixty times a second in every window
            locale="zh-CN" if language == "zh-hans" else "en-US",  # type: ignore[arg-type]
        )
        if username is not None:
            context.add_cookies(self.cookies(username, language))
        self.listen(context)
        return context

    def cookies(self, username: str | None, language: str) -> list[Any]:
        """What a browser keeps of somebody who signed in, or of a stranger, who reads this language."""
        kept = {"django_language": language}
        if username is not None:
            client = Client()
            client.force_login(self.cast.user(username))
            kept["sessionid"] = client.cookies["sessionid"].value
        return [{"name": name, "value": value, "url": self.url} for name, value in kept.items()]

    def listen(self, context: BrowserContext) -> None:
        """Whatever a script, the policy or an answer complains of fails the test; a lost connection is part of the story."""

        def heard(message: Any) -> None:
            # Of an answer that is an error the console tells too, without saying which.
            if message.type == "error" and not any(known in message.text for known in (OFFLINE, "Failed to load")):
                self.complaints.append(f"{message.page and message.page.url}: {message.text}")

        def answered(response: Response) -> None:
            if response.status >= 400:
                self.complaints.append(f"{response.status} {response.request.method} {response.url}")

        def lost(request: Request) -> None:
            # A page that is left asks no further.
            if request.failure not in (OFFLINE, "net::ERR_ABORTED"):
                self.complaints.append(f"{request.failure} {request.method} {request.url}")

        context.on("console", heard)
        context.on("weberror", lambda error: self.complaints.append(f"{error.page and error.page.url}: {error.error}"))
        context.on("response", answered)
        context.on("requestfailed", lost)

    @contextmanager
    def refusing(self, status: int) -> Iterator[None]:
        """What the product refuses in here is refused as it should be, once, with this status."""
        before = len(self.complaints)
        yield
        heard, self.complaints[before:] = self.complaints[before:], []
        assert [words.partition(" ")[0] for words in heard] == [str(status)], heard

    def forward(self, **by: float) -> None:
        """Move the real world's clock; the processes find what fell due."""
        worlds.world_forward(world=worlds.real(), by=timedelta(**by))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    # Its loop would make Django take this thread for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        yield playwright
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    # What it draws goes to no screen: a process apart for that only passes pictures on.
    browser = playwright.chromium.launch(executable_path=shell_path(), args=[*FLAGS, "--in-process-gpu"])
    yield browser
    browser.close()


@pytest.fixture
def product(
    fresh_cast: Cast,
    fresh_db: str,
    database_server: TestServer,
    tmp_path: Path,
    chromium: Browser,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Product]:
    settings.REAL_WORLD_MOVABLE = True
    # The processes serve the built front end as they do in earnest: from the folder `collectstatic` fills.
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    # Browsers may be told, by a push service on this machine.
    monkeypatch.setenv("HOTLINE_PUSH_KEY", base64.b64encode(bytes(range(1, 33))).decode())
    monkeypatch.setenv("HOTLINE_PUSH_NEAR", "1")
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("collectstatic", interactive=False, verbosity=0)
    with valkey.disposable() as redis, house_on(database_server.urls(fresh_db), tmp_path, redis.url) as house:
        product = Product(fresh_cast, house, chromium)
        yield product
        # What stays open goes on asking a server that is gone, and takes the machine from the tests that follow.
        for context in chromium.contexts:
            context.close()
        print(*product.complaints, sep="\n")  # shown when the test failed
