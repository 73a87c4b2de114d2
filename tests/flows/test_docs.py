"""The API's own pages open in a browser under the policy that forbids everything inline."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, expect

from tests.conftest import TestServer
from tests.engine.pages import Web
from tests.engine.processes import house_on


@pytest.mark.browser
@pytest.mark.timeout(120)
def test_the_documentation_opens_without_complaint(
    fresh_db: str, database_server: TestServer, tmp_path: Path, chromium: Browser, settings: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("collectstatic", interactive=False, verbosity=0)
    with house_on(database_server.urls(fresh_db), tmp_path) as house:
        page = chromium.new_page(base_url=f"http://127.0.0.1:{Web(house).port}")
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.goto("/api/docs/")
        expect(page.get_by_role("heading", name="Hotline EP")).to_be_visible(timeout=30_000)
        # From 150 operations on the viewer draws what is scrolled to; the first are there at once.
        expect(page.get_by_text("/api/v1/backtests", exact=True).first).to_be_visible()
        page.locator("#operations-signals-signals_samples_create, .opblock-post").first.click()
        assert complaints == []
        page.close()
