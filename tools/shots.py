"""`make shots`: a picture of every page, on a phone, a desk and a wall, light and dark, in both languages, into shots/.

    python tools/shots.py [--few] [--language en|zh-hans] [NAME…]

Starts the product in a folder that is gone afterwards, stages a night (tests/stage.py) and walks the list of pages
(tests/pages.py). With --few each page is taken in three combinations only.
"""

import argparse
import html
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product as every
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "shots"
sys.path.insert(0, str(ROOT))

from tests.browser import FLAGS, WIDEST, brought, shell_path  # noqa: E402
from tests.pages import PAGES, Scene, Shown  # noqa: E402
from tools.provider import Provider  # noqa: E402

SIZES = {"phone": (390, 844), "desk": (1280, 800), "wall": (1920, 1080), "wall-4k": (3840, 2160)}
LANGUAGES, THEMES = ("zh-hans", "en"), ("light", "dark")
FEW = (("phone", "zh-hans", "light"), ("desk", "en", "light"), ("desk", "zh-hans", "dark"))
PATIENCE = 240.0  # seconds for the product to stand
LONGEST = 4000  # pixels of a page in a picture; what lies below is more of the same


@dataclass(frozen=True, slots=True)
class Shot:
    page: Shown
    size: str
    language: str
    theme: str

    @property
    def file(self) -> str:
        return f"{self.page.name}.{self.size}.{self.language}.{self.theme}.png"


def wanted(pages: list[Shown], *, few: bool) -> Iterator[Shot]:
    for page in pages:
        if page.wall:
            yield from (Shot(page, size, language, "dark") for size in ("wall", "wall-4k") for language in LANGUAGES)
        else:
            yield from (Shot(page, *look) for look in (FEW if few else every(("phone", "desk"), LANGUAGES, THEMES)))


@contextmanager
def product() -> Iterator[dict[str, str]]:
    """The whole product in a folder of its own; yields what a process beside it needs, with its address as URL."""
    folder = Path(tempfile.mkdtemp(prefix="hotline-shots-"))
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    chats = _chats()
    env |= {"HOTLINE_VAR": str(folder), "PORT": os.environ.get("PORT", "8190"), "HOTLINE_CHATS": chats}
    with (folder / "up.log").open("w") as log:
        parent = subprocess.Popen([sys.executable, "manage.py", "up", "--with-parent"], cwd=ROOT, env=env, stdout=log)
    try:
        yield json.loads(_standing(parent, folder)) | {"HOTLINE_VAR": str(folder), "HOTLINE_CHATS": chats}
    finally:
        parent.send_signal(signal.SIGTERM)
        parent.wait(90)
        shutil.rmtree(folder, ignore_errors=True)


def _chats() -> str:
    """Robots on this machine, as HOTLINE_CHATS is told of them: two take what is said, one has another secret, one belongs to nobody of
    the plan."""
    server = Provider(name="robots", secret=secrets.token_hex(8))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    owners = {"wecom": "hq", "dingtalk": "technical_response", "feishu": "customer_reassurance", "webhook": "watch"}
    entries = {kind: server.chat(kind, owner, f"{kind}-1") for kind, owner in owners.items()}
    return " ".join({**entries, "feishu": entries["feishu"].replace(server.secret, "another")}.values())


def _standing(parent: "subprocess.Popen[bytes]", folder: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    access = folder / "access.json"
    while time.monotonic() < deadline and parent.poll() is None:
        url = json.loads(access.read_text()).get("url") if access.exists() else None
        if url:
            return json.dumps(json.loads((folder / "run" / "environment.json").read_text()) | {"URL": url})
        time.sleep(0.2)
    sys.exit(f"The product did not start:\n{(folder / 'up.log').read_text()}")


def staged(env: dict[str, str], language: str, people: set[str]) -> tuple[Scene, dict[str, str]]:
    """The scene, and a session for each person; here, because Playwright's loop and Django do not share a thread."""
    os.environ.update(env | {"HOTLINE_MOVABLE_CLOCK": "1", "HOTLINE_HOSTS": "testserver,localhost,127.0.0.1"})
    os.environ["DJANGO_SETTINGS_MODULE"] = "hotline_ep.settings"
    import django

    django.setup()
    from django.test import Client

    from plans.selectors import in_force
    from tests.cast import Cast
    from tests.stage import night_staged

    cast, sessions = Cast(plan=in_force()), {}
    for who in people:
        client = Client()
        client.force_login(cast.user(who))
        sessions[who] = client.cookies["sessionid"].value
    return night_staged(cast, language), sessions


class Photographer:
    def __init__(self, browser: Browser, url: str, scene: Scene, sessions: dict[str, str]) -> None:
        self.browser, self.url, self.scene, self.sessions = browser, url, scene, sessions
        self.windows: dict[tuple[str | None, str, str, str], BrowserContext] = {}

    def take(self, shot: Shot) -> str:
        """Take it; what is wrong with it, in words, or nothing."""
        tab = self._window(shot).new_page()
        said: list[str] = []
        tab.on("pageerror", lambda error: said.append(str(error)))
        brought(tab, shot.page, self.scene)
        width, height = SIZES[shot.size]
        across, down = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        if across > width:
            said.append(f"{across - width} px wider than the screen: {tab.evaluate(WIDEST)}")
        if not shot.page.wall:
            # A tall window, so that what sticks to the screen's edge stands once and at the end.
            tab.set_viewport_size({"width": width, "height": max(height, min(down, LONGEST))})
        tab.screenshot(path=SHOTS / shot.file)
        tab.close()
        return "; ".join(said)

    def _window(self, shot: Shot) -> BrowserContext:
        key = (shot.page.who, shot.size, shot.language, shot.theme)
        if key not in self.windows:
            width, height = SIZES[shot.size]
            window = self.browser.new_context(
                viewport={"width": width, "height": height},
                base_url=self.url,
                locale="zh-CN" if shot.language == "zh-hans" else "en-US",
                is_mobile=shot.size == "phone",
                has_touch=shot.size == "phone",
            )
            cookies = {"django_language": shot.language, "theme": shot.theme}
            if shot.page.who is not None:
                cookies["sessionid"] = self.sessions[shot.page.who]
            window.add_cookies([{"name": name, "value": value, "url": self.url} for name, value in cookies.items()])
            self.windows[key] = window
        return self.windows[key]


def index(shots: list[tuple[Shot, str]]) -> str:
    """One page with all of them, by page of the product."""
    parts = ["<!DOCTYPE html><meta charset=utf-8><title>Hotline EP, every page</title>"]
    parts.append(
        "<style>body{font:15px sans-serif;margin:16px}section{display:flex;flex-wrap:wrap;gap:12px;align-items:start}"
    )
    parts.append(
        "figure{margin:0}img{max-width:340px;max-height:420px;border:1px solid #bbb}.bad{color:#b3261e}</style>"
    )
    for name in dict.fromkeys(shot.page.name for shot, _ in shots):
        parts.append(f"<h2>{name}</h2><section>")
        for shot, wrong in (row for row in shots if row[0].page.name == name):
            caption = f"{shot.size} · {shot.language} · {shot.theme}"
            parts.append(f'<figure><a href="{shot.file}"><img loading="lazy" src="{shot.file}" alt="{caption}"></a>')
            parts.append(f"<figcaption>{caption} <span class=bad>{html.escape(wrong)}</span></figcaption></figure>")
        parts.append("</section>")
    return "\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--few", action="store_true", help="each page in three combinations only")
    parser.add_argument(
        "--language", choices=LANGUAGES, default="zh-hans", help="of what the people of the night write"
    )
    parser.add_argument("names", nargs="*", help="only these pages")
    options = parser.parse_args()
    pages = [page for page in PAGES if not options.names or page.name in options.names]
    began, taken = time.monotonic(), []
    SHOTS.mkdir(exist_ok=True)
    with product() as env:
        url = env.pop("URL")
        scene, sessions = staged(env, options.language, {page.who for page in PAGES if page.who})
        print(f"staged after {time.monotonic() - began:.0f} s", flush=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shell_path(), args=FLAGS)
            photographer = Photographer(browser, url, scene, sessions)
            for shot in wanted(pages, few=options.few):
                wrong = photographer.take(shot)
                taken.append((shot, wrong))
                if wrong:
                    print(f"{shot.file}: {wrong}", flush=True)
            browser.close()
    (SHOTS / "index.html").write_text(index(taken), encoding="utf-8")
    print(f"{len(taken)} pictures in {time.monotonic() - began:.0f} s: {SHOTS / 'index.html'}")


if __name__ == "__main__":
    main()
