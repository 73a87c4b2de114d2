"""Versions of the plan, the page and the API, by those who may and by an outsider."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from common.actor import SYSTEM, Actor
from common.errors import Invalid, Missing, NotAllowed
from engine import worlds
from engine.log import stream_open
from engine.models import Event
from people import services as people
from people.models import User
from plans import selectors, services
from plans.models import PlanVersion
from tests.domain.plans.given import broken, text

pytestmark = pytest.mark.django_db
OUTSIDER = Actor(kind="person", id=99, name="Outsider")


def loaded(source: str | None = None, **more: bool) -> PlanVersion:
    return services.plan_load(text=source or text(), file="hotline.yaml", by=SYSTEM, **more)


def second() -> str:
    return broken("title: {zh: 咨询, en: Enquiries}", "title: {zh: 咨询, en: Questions}")


def made(username: str, *roles: str, language: str = "en") -> User:
    user = people.user_create(
        username=username, display_name=username, password="a long practice password", language=language, by=SYSTEM
    )
    for role in roles:
        people.role_assign(user=user, role=role, by=SYSTEM)
    return user


def events() -> list[str]:
    return list(
        Event.objects.filter(stream=stream_open(worlds.real(), "plan", "hotline")).values_list("kind", flat=True)
    )


def test_before_the_first_load_the_plan_is_missing() -> None:
    with pytest.raises(Missing):
        selectors.in_force()
    with pytest.raises(Missing):
        selectors.current()


def test_loading_twice_makes_one_version_and_one_event() -> None:
    assert loaded() == loaded()
    assert PlanVersion.objects.count() == 1
    assert events() == ["plan.version_loaded"]


def test_another_text_retires_the_first_which_stays_readable() -> None:
    first = loaded()
    newer = loaded(second())
    first.refresh_from_db()
    assert (first.status, newer.status, newer.number) == ("retired", "in_force", 2)
    assert selectors.in_force() == newer
    assert selectors.plan_of(first.pk).business["consult"].title.en == "Enquiries"
    assert selectors.current().business["consult"].title.en == "Questions"


def test_a_text_retired_long_ago_is_not_put_back_by_loading_it_again() -> None:
    first, newer = loaded(), loaded(second())
    assert loaded() == first
    assert selectors.in_force() == newer


def test_a_faulty_plan_changes_nothing_and_names_each_fault() -> None:
    before = loaded()
    with pytest.raises(Invalid) as caught:
        loaded(broken("owners: [hr, finance]", "owners: [hr, treasurer]"))
    assert caught.value.errors[0]["field"] == "obligations.after.people.owners.1"
    assert selectors.in_force() == before


def test_an_outsider_loads_nothing() -> None:
    with pytest.raises(NotAllowed):
        services.plan_load(text=text(), file="hotline.yaml", by=OUTSIDER)
    assert not PlanVersion.objects.exists()


@pytest.mark.parametrize("change", [{"text": "another"}, {"number": 7}])
def test_the_database_refuses_to_change_a_version(change: dict[str, object]) -> None:
    version = loaded()
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        PlanVersion.objects.filter(pk=version.pk).update(**change)


def test_the_plan_of_a_version_is_parsed_once(django_assert_num_queries) -> None:
    version = loaded()
    selectors.plan_of(version.pk)
    with django_assert_num_queries(0):
        assert selectors.plan_of(version.pk) is selectors.plan_of(version.pk)


def test_a_transaction_in_which_a_plan_is_read_is_not_cut_off_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    version, seen = loaded(), []

    def patience() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            return str(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '3s'")
    monkeypatch.setattr(selectors, "load", lambda text, file: seen.append(patience()))
    selectors._parsed.__wrapped__("here", version.pk)
    assert (seen, patience()) == (["20s"], "3s"), "as long as it reads, and no longer"


def test_the_command_loads_the_shipped_plan_and_then_leaves_it() -> None:
    out = io.StringIO()
    for _ in range(2):
        call_command("plan_load", "--default", stdout=out)
    assert PlanVersion.objects.get().shipped


def test_the_command_never_replaces_a_plan_of_the_company(tmp_path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(second(), encoding="utf-8")
    call_command("plan_load", str(own), stdout=io.StringIO())
    call_command("plan_load", "--default", stdout=io.StringIO())
    assert not PlanVersion.objects.get().shipped


def test_the_command_says_when_a_text_that_was_in_force_is_not_put_into_force(tmp_path) -> None:
    first = loaded()
    loaded(second())
    old = tmp_path / "old.yaml"
    old.write_text(text(), encoding="utf-8")
    with pytest.raises(CommandError, match=f"in force before, as version {first.number}, and is retired"):
        call_command("plan_load", str(old))


def test_the_command_lists_the_faults(tmp_path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(broken("due: PT15M", "due: soon"), encoding="utf-8")
    with pytest.raises(CommandError, match=r"own.yaml:\d+: .*PT30M .{1,2} P3D"):
        call_command("plan_load", str(own))
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("plan_load", str(tmp_path / "none.yaml"))


def test_the_api_gives_the_whole_plan_in_both_languages() -> None:
    version = loaded()
    client = APIClient()
    client.force_authenticate(made("lin", "duty_manager"))
    body = client.get("/api/v1/plan").json()
    assert body["version"]["sha256"] == version.sha256
    assert body["plan"]["clauses"]["4.1"]["title"] == {"zh": "启动方式", "en": "Automatic start and start by decision"}
    assert body["plan"]["obligations"]["hq.progress_summary"]["due"] == "PT30M"


def test_the_api_refuses_the_outsider_and_the_system_administrator() -> None:
    loaded()
    for user in (made("outsider"), made("root", "sysadmin")):
        client = APIClient()
        client.force_authenticate(user)
        assert client.get("/api/v1/plan").status_code == 403


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Scope", "Level rules", "every 30 minutes", "Tighten access to the machine room", "within 2 hours"]),
        ("zh-hans", ["适用范围", "进展通报", "预警发布后的准备事项", "收紧机房准入"]),
    ],
)
def test_the_page_reads_in_the_readers_language(language: str, words: list[str]) -> None:
    loaded()
    client = Client()
    client.force_login(made("lin", "duty_manager", language=language))
    page = client.get("/plan/").content.decode()
    assert [word for word in words if word not in page] == []
    assert 'id="clause-4.1"' in page
    assert page.count('id="obligation-level.decide"') == 1


def test_without_a_plan_the_page_says_so() -> None:
    client = Client()
    client.force_login(made("lin", "duty_manager"))
    assert client.get("/plan/").status_code == 404
