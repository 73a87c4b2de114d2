"""Clause by clause: what carries it out and where a person sees it, and the page of the documentation that says so."""

from django.urls import resolve

from plans.domain import load
from plans.domain.coverage import ROOM, coverage, table
from tests.domain.plans.broken_plans import changed, small
from tests.domain.plans.given import FILE, plan

PAGE = FILE.parents[2] / "docs" / "plan-table.md"
# What nothing watches over.
WAITING = {"9.4"}


def test_the_page_is_what_the_file_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == table(plan()), "run `manage.py plan_table > docs/plan-table.md`"


def test_every_clause_has_something_that_acts_and_a_place_where_it_is_seen() -> None:
    rows = coverage(plan())
    assert [row.clause for row in rows] == list(plan().clauses)
    assert {row.clause for row in rows if not row.acts} == WAITING
    assert {row.clause for row in rows if not row.seen} <= WAITING


def test_every_page_it_names_is_there() -> None:
    for page in {page for row in coverage(plan()) for page in row.seen}:
        resolve(page.replace(ROOM, "/incidents/2026-0001/"))


def test_a_clause_that_nothing_carries_out_is_named() -> None:
    lonely = changed(
        '  "8":', '  "7a":\n    title: {zh: 空, en: Empty}\n    text: {zh: 空, en: Nothing}\n  "8":', small()
    )
    (row,) = [row for row in coverage(load(lonely)) if row.clause == "7a"]
    assert (row.by, row.seen, row.acts) == ((), (), False)
    assert "Nothing acts yet on: 7a Empty." in table(load(lonely))
