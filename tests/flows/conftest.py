"""A whole product beside the test: web and worker processes, and a real Chromium in front of them."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from engine import worlds
from hotline_ep.embedded import valkey
from tests.browser import FLAGS, chromium_path
from tests.cast import Cast
from tests.conftest import TestServer
from tests.engine.pages import Web
from tests.engine.processes import House, house_on

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

    def window(self, username: str, *, language: str, size: dict[str, int]) -> BrowserContext:
        """A browser of this person's own, signed in, in their language."""
        context = self.browser.new_context(
            viewport=size,
            base_url=self.url,
            locale="zh-CN" if language == "zh-hans" else "en-US",  # type: ignore[arg-type]
        )
        client = Client()
        client.force_login(self.cast.user(username))
        cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in cookies.items()])
        context.on("page", self._listen)
        return context

    def _listen(self, page: Page) -> None:
        """Whatever a script or the policy complains of fails the test; a lost connection is part of the story."""

        def heard(message: Any) -> None:
            if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
                self.complaints.append(f"{page.url}: {message.text}")

        page.on("console", heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def forward(self, **by: float) -> None:
        """Move the real world's clock; the processes find what fell due."""
        worlds.world_forward(world=worlds.real(), by=timedelta(**by))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Playwright's loop would make Django take this thread for an asynchronous one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


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
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("collectstatic", interactive=False, verbosity=0)
    with valkey.disposable() as redis, house_on(database_server.urls(fresh_db), tmp_path, redis.url) as house:
        yield Product(fresh_cast, house, chromium)
