"""Tags every template has: the built front end's files, its icons, the words its scripts say, the clock its pages show."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from common.clock import utc_text
from dashboard.words import words_of_scripts
from engine import worlds
from engine.models import World

register = template.Library()
Manifest = dict[str, dict[str, Any]]


@lru_cache(maxsize=2)
def _manifest(written_at: int) -> Manifest:
    return json.loads((settings.FRONTEND_DIST / ".vite" / "manifest.json").read_text(encoding="utf-8"))


def manifest() -> Manifest:
    """Vite's list of what it built; read again after a new build."""
    try:
        return _manifest((settings.FRONTEND_DIST / ".vite" / "manifest.json").stat().st_mtime_ns)
    except FileNotFoundError:
        raise ImproperlyConfigured(
            "The front end is not built: run `make run`, or `npm ci && npm run build`."
        ) from None


def _chunks(built: Manifest, key: str) -> Iterator[dict[str, Any]]:
    """A chunk after everything it imports."""
    for imported in built[key].get("imports", []):
        yield from _chunks(built, imported)
    yield built[key]


@register.simple_tag
def asset(entry: str) -> SafeString:
    """The tags of an entry point (`main`, `board`, `report`, `signals`): styles, preloads, then the script."""
    built = manifest()
    key = f"src/{entry}.ts"
    if key not in built:
        raise ImproperlyConfigured(f"There is no entry point {entry!r} in the built front end; build it again.")
    chunks = list(_chunks(built, key))
    styles = dict.fromkeys(css for chunk in chunks for css in chunk.get("css", []))
    preloads = dict.fromkeys(chunk["file"] for chunk in chunks[:-1])
    return format_html(
        '{}{}<script type="module" src="{}"></script>',
        format_html_join("", '<link rel="stylesheet" href="{}">', ((static(file),) for file in styles)),
        format_html_join("", '<link rel="modulepreload" href="{}">', ((static(file),) for file in preloads)),
        static(built[key]["file"]),
    )


@register.simple_tag
def icons_url() -> str:
    """The address of the sprite that holds every icon (`frontend/icons.ts` lists them)."""
    return _address(manifest()["icons.svg"]["file"])


@lru_cache(maxsize=8)
def _address(file: str) -> str:
    """Asked for by every icon of a page."""
    return static(file)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside a word that says the same; a screen reader passes it over."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', icons_url(), name)


@register.simple_tag
def words() -> SafeString:
    """The sentences of the scripts in the page's language."""
    return json_script(words_of_scripts(), "words")


@register.simple_tag
def world_attributes(world: World | None) -> SafeString:
    """What the page's clocks go by: the time in this world (None: the real one) and how fast it runs."""
    world = world or worlds.real()
    rate = 0.0 if world.paused else world.rate
    return format_html('data-world="{}" data-now="{}" data-rate="{}"', world.key, utc_text(worlds.now(world)), rate)


@register.filter
def bilingual(text: Any) -> str:
    """`{zh, en}` — a dict, or plan text that can become one — in the reader's language."""
    if not text:
        return ""
    both = text if isinstance(text, dict) else text.as_dict()
    return both["en"] if (get_language() or "").startswith("en") else both["zh"]
