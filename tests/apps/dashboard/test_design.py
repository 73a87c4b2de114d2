"""The design page shows every component; every ink of the tokens reads on its grounds."""

import re
from pathlib import Path

import pytest

from dashboard.contrast import ENOUGH, PAIRS, TOKENS, contrast, readings, tokens
from dashboard.selectors import board_state
from dashboard.specimens import THEMES, board_parts
from engine import worlds
from incidents.domain.reports import ReportIn
from incidents.services import incident_report
from plans.selectors import current
from tests.cast import DUTY, Cast

COTTON = Path(__file__).resolve().parents[3] / "templates" / "cotton"
STYLES = TOKENS.parent


def test_every_page_with_our_script_keeps_htmx_from_writing_styles(cast: Cast) -> None:
    """The policy forbids them, and the browser would complain on the page that says that nothing is there."""
    pages = [page for page in COTTON.parent.rglob("*.html") if '{% asset "main" %}' in page.read_text()]
    assert len(pages) >= 2
    assert [page.name for page in pages if '{% include "includes/htmx.html" %}' not in page.read_text()] == []
    for path, status in (("/nothing/", 404), ("/", 200)):
        answer = cast.client(DUTY).get(path)
        assert (answer.status_code, b'"includeIndicatorStyles": false' in answer.content) == (status, True)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_ink_reads_on_every_ground_it_is_written_on() -> None:
    faint = [f"{r.ink} on {r.ground}, {r.theme}: {r.ratio:.2f}" for r in readings() if r.ratio < ENOUGH]
    assert faint == []


def test_every_colour_that_text_is_written_in_is_looked_at() -> None:
    known = tokens(TOKENS.read_text(encoding="utf-8"))
    used = {
        name
        for style in STYLES.glob("*.css")
        for name in re.findall(r"[{;\s]color: var\(--([\w-]+)", style.read_text(encoding="utf-8"))
    }
    assert used - {"tone", "line"} <= set(PAIRS), "give the ink its grounds in dashboard/contrast.py"
    assert set(PAIRS) <= set(known)


def test_colours_stand_in_the_tokens_alone() -> None:
    for style in STYLES.glob("*.css"):
        if style != TOKENS:
            text = re.sub(r"@media print \{.*", "", style.read_text(encoding="utf-8"))
            assert not re.search(r"light-dark\(#", text), f"{style.name} has a themed colour of its own"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("theme", THEMES)
def test_it_opens_in_every_theme_and_both_languages(theme: str, language: str, cast: Cast) -> None:
    answer = cast.client(DUTY, language).get(f"/design/?theme={theme}")
    assert answer.status_code == 200
    assert f'data-theme="{theme}"' in answer.content.decode()


def test_it_shows_every_component() -> None:
    page = (COTTON.parent / "dashboard" / "design.html").read_text(encoding="utf-8")
    names = {file.stem.replace("_", "-") for file in COTTON.glob("*.html")} - {"icon"}
    assert {name for name in names if f"<c-{name}" not in page} == set()


def test_the_card_says_what_would_change_it_and_what_is_missing_most(cast: Cast) -> None:
    page = cast.client(DUTY, "en").get("/design/").content.decode()
    for words in ("What would change the level", "Most worth finding out", "only together with others"):
        assert words in page


def test_its_form_changes_nothing_and_says_so(cast: Cast) -> None:
    answer = cast.client(DUTY).post("/design/", {"reason": "x"}, follow=True)
    assert "nothing was changed" in answer.content.decode()


def test_the_board_s_parts_are_given_what_a_board_is_given(cast: Cast) -> None:
    """What lacks a field is drawn by no script."""
    report = ReportIn(noticed="Nobody gets through", regions=["east"])
    incident_report(report=report, by=cast.actor(DUTY), world=worlds.real())
    (real,) = board_state(worlds.real())["incidents"]
    shown = board_parts(current(), worlds.now(worlds.real()))["incidents"]
    assert shown
    for specimen in shown:
        assert specimen.keys() == real.keys()
        for obligation in specimen["obligations"]:
            assert obligation.keys() == real["obligations"][0].keys()
