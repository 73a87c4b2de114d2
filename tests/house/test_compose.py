"""docker-compose.yml, Dockerfile and deploy/ are true: the same processes as `manage.py up`, on real servers. No engine is here."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hotline_ep.embedded import postgres
from hotline_ep.embedded.machine import WATCHDOG, worker_commands
from hotline_ep.numbers import NUMBERS
from notifications.alarm_words import TEXTS
from notifications.bundling import LONGEST

ROOT = Path(__file__).resolve().parents[2]
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
NGINX = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
ROLES = (ROOT / "deploy" / "postgres" / "10-roles.sh").read_text(encoding="utf-8")
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ROOMS = sorted({path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"})


def read_in_code() -> set[str]:
    """Names of environment variables that the product's code reads."""
    found: set[str] = set()
    for file in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "environ" in text:
            words = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            found |= {word for word in words if isinstance(word, str) and re.fullmatch(r"[A-Z][A-Z_]{3,}", word)}
    return found


def test_beat_and_workers_run_what_one_machine_runs() -> None:
    for name, command in worker_commands(Path("/srv/hotline/run/beat-schedule")).items():
        assert SERVICES[name]["command"] == ["python", *command[1:]], name


def test_two_web_processes_run_the_program_of_one_machine() -> None:
    for name in ("web-1", "web-2"):
        assert SERVICES[name]["command"][:3] == ["python", "-m", "hotline_ep.embedded.web"]
        assert f"server {name}:8000" in NGINX
    assert '"hotline_ep.embedded.web", "0.0.0.0:8000"' in DOCKERFILE


def test_nothing_of_ours_is_left_out_or_added() -> None:
    assert set(OURS) == {"web-1", "web-2", "migrate", "watchdog", *worker_commands(Path())}
    assert SERVICES["watchdog"]["command"] == ["python", "manage.py", *WATCHDOG]
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "proxy"}


def test_tables_are_made_first_and_by_the_owner_alone() -> None:
    migrate = SERVICES["migrate"]
    assert migrate["command"] == ["python", "manage.py", "prepare"]
    assert migrate["restart"] == "no"
    assert f"//{postgres.OWNER}:" in migrate["environment"]["OWNER_DATABASE_URL"]
    for name, service in OURS.items():
        assert f"//{postgres.APP}:" in service["environment"]["DATABASE_URL"], name
        if name != "migrate":
            assert "OWNER_DATABASE_URL" not in service["environment"], f"{name} could drop the log's triggers"
            assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_database_is_made_with_both_roles_and_a_locale_that_finds_chinese() -> None:
    arguments = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert "--encoding=UTF8" in arguments
    assert "--locale=C.UTF-8" in arguments
    for role in (postgres.OWNER, postgres.APP):
        assert f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB" in ROLES
    assert f"OWNER TO {postgres.OWNER}" in ROLES
    major = int(re.match(r"postgres:(\d+)", SERVICES["postgres"]["image"])[1])  # type: ignore[index]
    assert major >= 15


def interpolated(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [name for part in value.values() for name in interpolated(part)]
    if isinstance(value, list):
        return [name for part in value for name in interpolated(part)]
    return re.findall(r"(?<!\$)\$\{([^}]*)\}", value) if isinstance(value, str) else []


def test_secrets_come_from_the_environment_and_have_no_defaults() -> None:
    names = set(interpolated(COMPOSE))
    assert names
    # Not every company has a gateway for SMS and voice, robots in its group chats, or somebody outside who listens; the page says
    # what is without one.
    without = {"HOTLINE_SMS_URLS:-", "HOTLINE_VOICE_URLS:-", "HOTLINE_CHATS:-", "HOTLINE_HEARTBEAT_URL:-"}
    without |= {"HOTLINE_PUSH_KEY:-", "HOTLINE_PUSH_CONTACT:-"}
    # As usual without a word of the company's own.
    without |= {f"{name}:-" for name in (*LONGEST, *NUMBERS, "HOTLINE_PUSH_HOSTS", "HOTLINE_LOG_LEVEL")}
    assert all(re.fullmatch(r"[A-Z_]+:\?", name) for name in names - without), names
    secret = {name: value for service in SERVICES.values() for name, value in service.get("environment", {}).items()}
    for name, value in secret.items():
        if re.search(r"KEY|PASSWORD|DATABASE_URL|EMAIL", name):
            assert "${" in value, f"{name} stands in the file"
    template = (ROOT / "deploy" / "example.env").read_text(encoding="utf-8")
    lines = dict(re.findall(r"^([A-Z_]+)=(.*)$", template, re.M))
    assert set(lines) == {name[:-2] for name in names}
    assert not any(lines.values()), "the template names them and holds none"


def test_every_variable_it_sets_is_read_by_the_code() -> None:
    for name, service in OURS.items():
        unknown = set(service["environment"]) - read_in_code()
        assert not unknown, f"{name} sets what nothing reads: {unknown}"


def test_the_operators_page_knows_every_variable_that_the_code_reads() -> None:
    read = {name for name in read_in_code() if name.startswith("HOTLINE_") or name.endswith("_URL")}
    assert {name for name in read if f"`{name}`" not in OPERATING} == set()


def documented(heading: str) -> set[str]:
    """What the first column of a section's table names."""
    section = OPERATING.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = (line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_variable_of_the_operators_page_reaches_the_servers() -> None:
    of_one_machine = {"HOTLINE_VAR", "HOTLINE_BIND", "PORT", "HOTLINE_PG_BEGUN", "HOTLINE_PG_BINDIR"}
    of_tests = {"HOTLINE_DEBUG", "HOTLINE_MOVABLE_CLOCK", "HOTLINE_FAILPOINT", "HOTLINE_PUSH_NEAR"}
    handed_on = {name for service in OURS.values() for name in service["environment"]}
    assert documented("Environment") - of_one_machine - of_tests == handed_on


def test_the_operators_page_explains_every_alarm() -> None:
    assert set(TEXTS) - documented("Alarms") == set()


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_standing_process_has_a_health_check_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_what_must_be_kept_is_on_a_volume_and_nothing_else_is() -> None:
    kept = [
        mount for service in SERVICES.values() for mount in service.get("volumes", []) if not mount.startswith("./")
    ]
    heads = {name: service["volumes"] for name, service in OURS.items() if "volumes" in service}
    assert kept.count("database:/var/lib/postgresql/data") == 1
    # The watchdog writes how far the logs have come; who sends letters compares with it and cannot change it.
    assert heads.pop("watchdog") == ["heads:/srv/hotline/heads"]
    assert heads == {name: ["heads:/srv/hotline/heads:ro"] for name in worker_commands(Path()) if name != "beat"}
    assert len(kept) == 2 + len(heads)
    assert set(COMPOSE["volumes"]) == {"database", "heads"}
    assert "-o hotline -g hotline -m 700 heads" in DOCKERFILE, "a new volume is its user's"
    for mount in (
        mount for service in SERVICES.values() for mount in service.get("volumes", []) if mount.startswith("./")
    ):
        assert (ROOT / mount.split(":")[0]).exists(), f"{mount} is not in the repository"


def test_only_the_proxy_is_reachable() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert all("inside" in service["networks"] for service in SERVICES.values())


def test_images_are_named_by_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    for image in {*images, *bases}:
        tag = image.partition(":")[2]
        assert re.match(r"\d+\.\d+", tag), f"{image} is a moving target"


def test_the_image_is_built_from_locks_and_runs_as_nobody_in_particular() -> None:
    assert "npm ci" in DOCKERFILE
    assert "--require-hashes -r /build/app.txt" in DOCKERFILE
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER hotline$", last_stage, re.M)
    assert "KEY" not in re.sub(r"^#.*$", "", DOCKERFILE, flags=re.M)
    engines = re.search(r'"node": ">=(\d+)', (ROOT / "package.json").read_text())
    node = re.search(r"FROM node:(\d+)", DOCKERFILE)
    assert engines
    assert node
    assert int(node[1]) >= int(engines[1])
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M):
        assert all((ROOT / name).exists() for name in source.split()), source


def test_only_what_the_image_is_made_of_gets_into_it() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    admitted = {line[1:] for line in lines if line.startswith("!")}
    assert lines[1] == "*"
    assert not admitted & {"var", ".env", "tests", "node_modules"}
    assert set(ROOMS) <= admitted, f"the image would lack {set(ROOMS) - admitted}"


def test_the_proxy_passes_on_what_the_product_needs() -> None:
    for header in (
        "Host $host",
        "Upgrade $http_upgrade",
        "X-Forwarded-Proto $scheme",
        "X-Forwarded-For $remote_addr",
    ):
        assert f"proxy_set_header {header};" in NGINX
    assert "location /ws/" in NGINX
    assert NGINX.count("{") == NGINX.count("}")
