"""Pages and API of contact verification: who may, in both languages, and what is said when it cannot be."""

from datetime import timedelta
from typing import Any

import pytest

from common.actor import SYSTEM
from engine import worlds
from notifications import rounds, services
from notifications.models import Message, VerificationRound
from people import services as people
from people.rights import ROLES, TABLE
from tests.cast import AUDITOR, DUTY, GM, OUTSIDER, Cast

PAGE, API = "/people/verification/", "/api/v1/people/verification"
OFFICE = "hu"


@pytest.fixture(autouse=True)
def _ways(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """E-mail and SMS lead out of the house; the clock may be moved."""
    settings.REAL_WORLD_MOVABLE = True
    monkeypatch.setenv("HOTLINE_EMAIL_URL", "smtp://127.0.0.1:9?from=ep@firm.example")
    monkeypatch.setenv("HOTLINE_SMS_URLS", "http://alpha:one@127.0.0.1:9")


def begun(cast: Cast) -> int:
    return services.round_begin(by=cast.actor(OFFICE)).pk


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_table_of_rights_decides_at_every_door(cast: Cast, role: str) -> None:
    pk = begun(cast)
    user = people.user_create(username="somebody", display_name="Somebody", by=SYSTEM)
    people.role_assign(user=user, role=role, by=SYSTEM)
    views, runs = TABLE[role, "verification.view"], TABLE[role, "verification.run"]
    client, api = cast.client("somebody"), cast.api("somebody")
    for may, answers in (
        (views, [client.get(PAGE), client.get(f"{PAGE}{pk}/"), api.get(API), api.get(f"{API}/{pk}")]),
        (
            runs,
            [
                client.post(f"{PAGE}begin", {"days": 7}),
                api.post(API, {}, format="json"),
                client.post(f"{PAGE}{pk}/remind"),
                api.post(f"{API}/{pk}/remind"),
            ],
        ),
    ):
        for answer in answers:
            assert (answer.status_code != 403) is may, answer.request["PATH_INFO"]
    ended = [client.post(f"{PAGE}{pk}/end").status_code, api.post(f"{API}/{pk}/end").status_code]
    assert ended == ([302, 409] if runs else [403, 403])
    assert Message.objects.count() == 1
    assert VerificationRound.objects.get().is_over is runs


def test_strangers_and_outsiders_learn_nothing(cast: Cast, client: Any) -> None:
    pk = begun(cast)
    assert client.get(f"{PAGE}{pk}/").status_code == 302
    assert client.get(f"{API}/{pk}").status_code == 401
    assert cast.client(OUTSIDER).get(f"{PAGE}{pk}/").status_code == 403


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Contact verification", "Ask everybody", "Not confirmed yet", "No address on record", "Confirmed")),
        ("zh-hans", ("联系方式核实", "向所有人发送", "尚未确认", "未登记联系方式", "已确认")),
    ],
)
def test_a_round_by_hand(cast: Cast, language: str, words: tuple[str, ...]) -> None:
    title, ask, waiting, lacking, confirmed = words
    client = cast.client(OFFICE, language)
    first = client.get(PAGE).content.decode()
    assert (title in first, ask in first) == (True, True)
    sent = client.post(f"{PAGE}begin", {"days": 3, "idempotency_key": "k"})
    row = VerificationRound.objects.get()
    assert sent.headers["Location"] == f"{PAGE}{row.pk}/"
    assert row.ends_at - row.begun_at == timedelta(days=3)
    services.message_acknowledge(message_id=Message.objects.get().pk, by=cast.actor(DUTY))
    page = client.get(f"{PAGE}{row.pk}/").content.decode()
    for said in (
        waiting,
        lacking,
        confirmed,
        cast.user(DUTY).display_name,
        "Administration" if language == "en" else "行政部",
    ):
        assert said in page, said
    assert ask not in client.get(PAGE).content.decode(), "one round at a time"
    assert page.index(cast.user(GM).display_name) < page.index(f"<span>{cast.user(DUTY).display_name}</span>")
    watching = cast.client(AUDITOR, language).get(f"{PAGE}{row.pk}/").content.decode()
    assert "/remind" not in watching
    assert "/end" not in watching


def test_what_cannot_be_is_said_on_the_page(cast: Cast) -> None:
    client = cast.client(OFFICE)
    for days in ("0", "8", "many", ""):
        wrong = client.post(f"{PAGE}begin", {"days": days})
        assert (wrong.status_code, 'aria-invalid="true"' in wrong.content.decode()) == (400, True), days
    assert not VerificationRound.objects.exists()
    pk = begun(cast)
    shown = client.get(f"{PAGE}{pk}/").content.decode()
    assert "A reminder can go out from" in shown
    soon = client.post(f"{PAGE}{pk}/remind")
    assert (soon.status_code, "the next reminder can go out from" in soon.content.decode()) == (409, True)
    worlds.world_forward(world=worlds.real(), by=timedelta(days=1))
    assert "Remind those who have not confirmed" in client.get(f"{PAGE}{pk}/").content.decode()
    assert client.post(f"{PAGE}{pk}/remind").status_code == 302
    assert client.post(f"{PAGE}{pk}/end").status_code == 302
    late = client.post(f"{PAGE}{pk}/end")
    assert (late.status_code, "This round is over" in late.content.decode()) == (409, True)
    for number in ("999", "9" * 30):
        assert client.get(f"{PAGE}{number}/").status_code == 404
        assert client.post(f"{PAGE}{number}/end").status_code == 404


def test_past_rounds_are_read_as_they_ended(cast: Cast) -> None:
    client, pk = cast.client(AUDITOR), begun(cast)
    services.message_acknowledge(message_id=Message.objects.get().pk, by=cast.actor(DUTY))
    services.round_end(round_id=pk, by=cast.actor(OFFICE))
    services.message_acknowledge(message_id=Message.objects.get().pk, by=cast.actor(GM))
    counts = rounds.round_by_id(pk).counts
    assert counts.confirmed == 1
    assert f"{counts.confirmed} / {counts.ways}" in client.get(PAGE).content.decode()
    page = client.get(f"{PAGE}{pk}/").content.decode()
    assert "Answers that came later do not count here." in page
    assert "Not confirmed yet" not in page, "nothing is waited for any more"
    assert ">Not confirmed<" in page


def test_without_providers_the_page_says_what_is_not_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = cast.client(OFFICE)
    assert "Not asked, for no provider is set" not in client.get(PAGE).content.decode()
    monkeypatch.delenv("HOTLINE_SMS_URLS")
    assert "Not asked, for no provider is set" in client.get(PAGE).content.decode()
    monkeypatch.setenv("HOTLINE_VOICE_URLS", "http://alpha:one@127.0.0.1:9")
    assert "Not asked, for no provider is set" not in client.get(PAGE).content.decode()
    assert services.channels_asked() == ["inapp", "email", "voice"], "a call proves the number as well"


def test_the_pages_in_a_fixed_number_of_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    pk, client = begun(cast), cast.client(OFFICE)
    # 1 session, 1 user, 1 holdings, 2 real world and its clock; 1 round, 1 ways with people, 2 messages; the frame's: 4
    with django_assert_max_num_queries(14):
        client.get(f"{PAGE}{pk}/")
    services.round_end(round_id=pk, by=cast.actor(OFFICE))
    # as above; 1 rounds with their counts, 1 standing round, 2 the plan in force, 1 newest round
    with django_assert_max_num_queries(16):
        client.get(PAGE)


def test_the_api_tells_and_does_the_same(cast: Cast) -> None:
    api, watching = cast.api(OFFICE), cast.api(AUDITOR)
    assert watching.get(API).json() == []
    wrong = api.post(API, {"days": 8}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "days")
    first = api.post(API, {"days": 2}, format="json", headers={"Idempotency-Key": "a"})
    again = api.post(API, {"days": 2}, format="json", headers={"Idempotency-Key": "a"})
    standing = api.post(API, {}, format="json")
    assert {answer.json()["id"] for answer in (first, again, standing)} == {VerificationRound.objects.get().pk}
    assert again.headers["Idempotency-Replayed"] == "true"
    pk = first.json()["id"]
    services.message_acknowledge(message_id=Message.objects.get().pk, by=cast.actor(DUTY))
    told = watching.get(f"{API}/{pk}").json()
    lin = next(row for row in told["asked"] if row["user"] == cast.user(DUTY).pk)
    assert [(way["channel"], way["standing"]) for way in lin["ways"]] == [
        ("inapp", "confirmed"), ("email", "waiting"), ("sms", "waiting"),
    ]  # fmt: skip
    assert lin["ways"][0]["confirmed_at"]
    assert lin["department"] == "customer_service"
    assert told["asked"][-1] == lin, "whom nothing has proven to reach comes first"
    assert "8613800" not in str(told)
    assert "@" not in str(told)
    soon = api.post(f"{API}/{pk}/remind")
    assert (soon.status_code, soon.json()["code"]) == (409, "verification.reminded")
    worlds.world_forward(world=worlds.real(), by=timedelta(days=1))
    assert api.post(f"{API}/{pk}/remind").json()["counts"]["reminders"] == 1
    ended = api.post(f"{API}/{pk}/end").json()
    assert (bool(ended["ended_at"]), ended["ended_by"]) == (True, cast.user(OFFICE).pk)
    assert [row["counts"] for row in watching.get(API).json()] == [ended["counts"]]
    assert api.post(f"{API}/999/end").status_code == 404


def test_whoever_is_asked_finds_it_among_his_messages(cast: Cast) -> None:
    begun(cast)
    client = cast.client(DUTY)
    assert "Contact verification: confirm that this reaches you" in client.get("/messages/").content.decode()
    message = Message.objects.get()
    assert client.post(f"/messages/{message.pk}/acknowledge").status_code == 302
    assert rounds.rounds()[0].counts.confirmed == 1
