"""The linter's page, its answer and its command, by those who may and by an outsider."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation
from rest_framework.test import APIClient

from tests.apps.plans.test_plans import loaded, made
from tests.domain.plans.broken_plans import BROKEN, small
from tests.domain.plans.given import text

pytestmark = pytest.mark.django_db
REOPENED = (
    "owners: [hq], anchors: [level_condition], due: PT10M",
    "owners: [hq], anchors: [level_condition], due: PT20M",
)


def read(language: str = "en") -> str:
    client = Client()
    client.force_login(made("lin", "duty_manager", language=language))
    answer = client.get("/plan/findings/")
    assert answer.status_code == 200
    return answer.content.decode()


def asked(*roles: str):
    client = APIClient()
    client.force_authenticate(made("lin", *roles))
    return client.get("/api/v1/plan/findings")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "26 matters were found by reasoning",
                "6 were noted by hand",
                "Nothing is open",
                "Limits differ",
                "Ruled by The authors",
            ],
        ),
        ("zh-hans", ["推理发现26项", "人工注明6项", "没有未裁定的问题", "界限不一", "产品编写组"]),
    ],
)
def test_the_page_shows_findings_with_clauses_and_rulings(language: str, words: list[str]) -> None:
    loaded()
    page = read(language)
    assert [word for word in words if word not in page] == []
    first = page[page.index('id="ruling-1"') : page.index('id="ruling-2"')]
    assert 'href="/plan/#clause-1.2"' in first
    assert 'href="/plan/#clause-4.2"' in first
    assert 'id="ruling-30"' in page


def test_what_is_open_comes_first_with_the_line_that_answers_it() -> None:
    loaded(text().replace(*REOPENED))
    page = read()
    assert page.index('data-finding="does_not_fit"') < page.index('id="ruled"')
    assert "Changed since ruling 9" in page
    assert "answers: [{kind: does_not_fit" in page


def test_a_role_that_nobody_holds_is_named() -> None:
    loaded()
    page = read()
    assert 'data-finding="unheld"' in page
    assert "Nobody holds the role Finance" in page
    assert "Nobody holds the role Duty manager" not in page


def test_the_answer_for_programs_holds_the_same() -> None:
    version = loaded(text().replace(*REOPENED))
    body = asked("auditor").json()
    assert (body["version"]["id"], body["open"], body["found"], body["noted_by_hand"]) == (version.pk, 1, 26, 6)
    first = body["findings"][0]
    assert (first["kind"], first["standing"], first["ruling"]) == ("does_not_fit", "changed", "9")
    assert first["clauses"] == ["4.2", "6.1", "4.1"]
    ruling = next(row for row in body["rulings"] if row["id"] == "9")
    assert ruling["why"]["en"]
    assert "roles.finance" in {row["subjects"][0] for row in body["unheld"]}


def test_findings_are_the_plans_readers_only() -> None:
    loaded()
    assert asked().status_code == 403
    client = Client()
    client.force_login(made("outsider"))
    assert client.get("/plan/findings/").status_code == 403


def test_a_version_is_looked_through_once(django_assert_max_num_queries) -> None:
    from plans import selectors

    version = loaded()
    first = selectors.report_of(version.pk)
    with django_assert_max_num_queries(0):
        assert selectors.report_of(version.pk) is first


def test_the_command_prints_what_is_open_and_fails(tmp_path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(BROKEN["many_hands"][0], encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="open findings"):
        call_command("plan_lint", str(file), stdout=out)
    assert "3, 4 · Several hands (open)" in out.getvalue()
    assert "answers: [{kind: many_hands, of: [powers.start_response]" in out.getvalue()


def test_the_command_is_content_with_a_plan_that_has_no_open_findings(tmp_path) -> None:
    for name, source, said in (
        ("small", small(), "0 open, 0 ruled on"),
        ("own", text(), "0 open, 39 ruled on, 6 noted by hand"),
    ):
        file = tmp_path / f"{name}.yaml"
        file.write_text(source, encoding="utf-8")
        out = io.StringIO()
        call_command("plan_lint", str(file), stdout=out)
        assert said in out.getvalue()
    out = io.StringIO()
    call_command("plan_lint", str(file), "--all", stdout=out)
    assert out.getvalue().count("suggested:") == 39


def test_the_command_lists_every_fault_of_a_file_that_cannot_be_read_as_a_plan(tmp_path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        text().replace("due: PT15M", "due: soon", 1).replace("owners: [coo]", "owners: [chief]", 1), encoding="utf-8"
    )
    for language, words in (("en", "(clause "), ("zh-hans", " 条）: 应为")):
        with translation.override(language), pytest.raises(CommandError) as caught:
            call_command("plan_lint", str(file))
        lines = str(caught.value).splitlines()
        assert len(lines) == 2
        assert all(line.startswith("mine.yaml:") and words in line for line in lines), lines
