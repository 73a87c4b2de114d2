"""The contract with programs outside: what it names is there, and is described. It may grow, not change."""

import re
from typing import Any

import pytest
from django.test import Client

from tests.cast import DUTY, GM, Cast

INCIDENT, NOTICE, ITEM = "incidents/{}", "notices/{}", "equipment/{}"
SOURCE, VERSION = "signals/sources/{}", "plan/versions/{}"
CONTRACT = {
    "POST": [
        "signals/samples",
        "signals/prometheus/write",
        "signals/alertmanager",
        "signals/zabbix",
        "signals/history",
        "signals/sources",
        *(f"{SOURCE}/{act}" for act in ("rotate-token", "revoke", "test-fire")),
        "incidents",
        *(
            f"{INCIDENT}/{act}"
            for act in (
                "verify", "assess", "decide-level", "start-regional", "start", "report", "evaluate", "end", "close", "dismiss", "warn",
                "lift",
            )
        ),
        "notices",
        *(f"{NOTICE}/{act}" for act in ("submit", "approve", "return", "publish", "withdraw")),
        "equipment",
        *(f"{ITEM}/{act}" for act in ("withdraw", "return", "inspect")),
        "equipment/imports",
        "equipment/imports/{}/apply",
        "plan/versions",
        *(f"{VERSION}/{act}" for act in ("submit", "approve", "return", "withdraw", "rulings")),
        f"{INCIDENT}/plan",
        *(f"{INCIDENT}/plan/{{}}/{act}" for act in ("approve", "refuse")),
    ],
    "GET": [
        "incidents", INCIDENT, f"{INCIDENT}/decision-card", f"{INCIDENT}/obligations", f"{INCIDENT}/events", "plan", "obligations",
        "board", "notices", "equipment", "signals/sources", SOURCE, "plan/versions", VERSION, f"{VERSION}/compare",
        f"{INCIDENT}/plan",
    ],
    "PATCH": [ITEM, f"{SOURCE}/mapping", VERSION],
}  # fmt: skip
# What the address is asked with.
PARAMETERS = {f"{INCIDENT}/events": "after", "obligations": "mine"}
# What approving a text names.
APPROVAL = {"revision", "content_hash"}


@pytest.fixture
def schema(db: None) -> dict[str, Any]:
    return Client().get("/api/schema/", headers={"accept": "application/json"}).json()


def described(schema: dict[str, Any], path: str) -> dict[str, Any]:
    """What the schema says of an address, whatever it calls its parameters."""
    return {re.sub(r"\{\w+\}", "{}", known): says for known, says in schema["paths"].items()}[f"/api/v1/{path}"]


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, paths in CONTRACT.items() for path in paths], ids=lambda word: word
)
def test_the_contract_names_it_and_the_schema_describes_it(schema: dict[str, Any], method: str, path: str) -> None:
    says = described(schema, path)[method.lower()]
    if method == "GET" and path in PARAMETERS:
        assert PARAMETERS[path] in {one["name"] for one in says["parameters"]}
    assert any(status.startswith("2") for status in says["responses"])


def test_approving_names_the_very_text(schema: dict[str, Any]) -> None:
    body = described(schema, f"{NOTICE}/approve")["post"]["requestBody"]["content"]["application/json"]["schema"]
    required = set(schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]["required"])
    assert required >= APPROVAL


@pytest.mark.parametrize("address", ["/status/", "/status/feed.json", "/healthz"])
def test_open_to_everybody(cast: Cast, address: str) -> None:
    assert Client().get(address).status_code == 200


def test_a_program_asks_what_its_person_owes(cast: Cast) -> None:
    lin, gm = cast.api(DUTY), cast.api(GM)
    number = lin.post("/api/v1/incidents", {"noticed": "Nobody gets through"}, format="json").json()["number"]
    owed = lin.get("/api/v1/obligations?mine")
    assert owed.status_code == 200
    verify = next(row for row in owed.json() if row["rule"] == "intake.verify")
    assert (verify["incident"], verify["state"], bool(verify["due_at"])) == (number, "open", True)
    assert "intake.verify" not in {row["rule"] for row in gm.get("/api/v1/obligations?mine").json()}, "another's duty"
    assert "intake.verify" in {row["rule"] for row in gm.get("/api/v1/obligations").json()}, "and yet it stands"
    assert Client().get("/api/v1/obligations?mine").status_code == 401
