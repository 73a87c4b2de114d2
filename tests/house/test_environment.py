"""A variable that cannot be read ends the start with its name and what was expected, and never with its value or a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from hotline_ep.environment import EXPECTED, unreadable

ROOT = Path(__file__).resolve().parents[2]
KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="


@pytest.mark.parametrize(
    ("name", "fit", "unfit"),
    [
        ("HOTLINE_HTTPS", ["", "0", "1"], ["yes", "true", " ", "1\n"]),
        (
            "HOTLINE_HEARTBEAT_URL",
            ["", "https://beats.example/x?y=1"],
            ["http://127.0.0.1:80a/ping", "http://a/ping\n"],
        ),
        ("HOTLINE_SELF_URL", ["http://web-1:8000", "http://[::1]:80/"], ["web-1:8000", "http://", "http://[::1"]),
        ("HOTLINE_PUBLIC_URL", ["https://hotline.example/"], ["javascript:alert(1)", "https://a b", "hotline.example"]),
        ("HOTLINE_LOG_LEVEL", ["", "DEBUG"], ["loud", "10"]),
        ("DATABASE_URL", ["postgresql://a@b/c", "host=/run dbname=x"], ["garbage"]),
        ("REDIS_URL", ["redis://h:1/0", "unix:///a b/s?db=0"], ["garbage", "http://h", "redis://h:x"]),
        ("HOTLINE_LOG_KEY", [KEY, f"{KEY}\n"], ["", "short", "###"]),
        ("HOTLINE_FIELD_KEY", [KEY], ["", "###", "QUJD"]),
        ("HOTLINE_PROXIES", ["", "*", "10.0.0.1, 10.1.0.0/16,::1"], ["not an ip", "10.0.0.1,"]),
        ("HOTLINE_HOSTS", ["", "a.example, *", "[::1]"], [" , ", "a.example,", "a b"]),
    ],
)
def test_what_fits_is_taken_and_nothing_else(name: str, fit: list[str], unfit: list[str]) -> None:
    assert [text for text in fit if unreadable({name: text})] == []
    assert [unreadable({name: text}) for text in unfit] == [[f"{name} cannot be read: {EXPECTED[name].words}."]] * len(
        unfit
    )


def test_nothing_starts_and_no_value_is_said() -> None:
    wrong = {"HOTLINE_FIELD_KEY": "#secret#", "DATABASE_URL": "#secret#", "HOTLINE_LOG_LEVEL": "#secret#"}
    ran = subprocess.run(
        [sys.executable, "-c", "import hotline_ep.settings"],
        cwd=ROOT, env=wrong, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert [line.split()[0] for line in ran.stderr.splitlines()] == [name for name in EXPECTED if name in wrong]
    assert "secret" not in ran.stderr
