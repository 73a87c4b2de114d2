"""The keys of `make run`: made once, then kept."""

import json
from pathlib import Path

import pytest

from hotline_ep.embedded.machine import Machine
from notifications.channels import vapid

OLDER = {"HOTLINE_SECRET_KEY": "s", "HOTLINE_LOG_KEY": "l", "HOTLINE_FIELD_KEY": "f"}


def environment(var: Path) -> dict[str, str]:
    return Machine(root=var, var=var, say=lambda text: None)._environment()


@pytest.fixture(autouse=True)
def _of_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OLDER, vapid.VARIABLE):
        monkeypatch.delenv(name, raising=False)


def test_keys_are_made_once_and_browsers_are_told_with_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = environment(tmp_path)
    assert environment(tmp_path)[vapid.VARIABLE] == first[vapid.VARIABLE]
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv(vapid.VARIABLE, first[vapid.VARIABLE])
    assert vapid.signer() is not None


def test_an_installation_from_before_browsers_were_told_gets_its_key_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(OLDER))
    (tmp_path / "keys.json").chmod(0o600)
    (tmp_path / "postgres" / "data").mkdir(parents=True)
    made = environment(tmp_path)[vapid.VARIABLE]
    assert json.loads((tmp_path / "keys.json").read_text()) == OLDER | {vapid.VARIABLE: made}
