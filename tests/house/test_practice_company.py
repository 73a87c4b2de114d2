"""The practice company is founded once; what was handed out stays good."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from rest_framework.test import APIClient

from common.clock import utc_text
from engine import worlds
from hotline_ep.embedded.private_files import read_private, write_private
from signals.selectors import sources
from tests.cast import Cast


def founded(path: Path) -> dict[str, Any]:
    call_command("practice_company", access_file=path, weeks=0)
    return read_private(path)


def test_two_sources_each_with_a_token_of_its_own(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "access.json"
    access = founded(path)
    assert {source.key for source in sources()} >= {"acd", "monitoring"}
    assert access["source_token"] == access["source_tokens"]["acd"] != access["source_tokens"]["monitoring"]
    at = utc_text(worlds.now(worlds.real()))
    program = APIClient()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {access['source_tokens']['monitoring']}")
    samples = [{"metric": metric, "at": at, "value": 97.0} for metric in ("cpu", "availability", "hotlines_up")]
    answer = program.post("/api/v1/signals/samples", {"samples": samples}, format="json")
    assert (answer.status_code, answer.json()) == (202, {"accepted": 3, "rejected": []})
    again = founded(path)
    assert again["source_tokens"] == access["source_tokens"], "founding again changes nothing"
    # A file from before there were two: the token that was handed out stays good.
    del again["source_tokens"]
    write_private(path, again)
    older = founded(path)
    assert older["source_token"] == access["source_token"]
