"""Pictures and accessibility walk tests/pages.py: a page that is not in it would be looked at by nobody."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.pages import NO_PAGES, PAGES


def pages_in(patterns: list[Any], before: str = "") -> Iterator[str]:
    """Names of the addresses that answer GET with a page."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if path.startswith(NO_PAGES):
            continue
        if isinstance(pattern, URLResolver):
            yield from pages_in(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            right = getattr(pattern.callback, "right", {})
            if isinstance(right, str) or "GET" in right:
                yield str(pattern.name)


def test_every_page_is_in_the_list() -> None:
    missing = set(pages_in(get_resolver().url_patterns)) - {page.route for page in PAGES}
    assert not missing, f"add a line for each to tests/pages.py, and what it shows to tests/stage.py: {missing}"


def test_the_list_names_no_page_twice_and_none_that_is_gone() -> None:
    assert len({page.name for page in PAGES}) == len(PAGES)
    assert {page.route for page in PAGES} - {""} <= set(pages_in(get_resolver().url_patterns))
