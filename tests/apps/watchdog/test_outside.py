"""The watchdog's calls over HTTP, against a real server: the outside address, and the product's own door."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from watchdog.services.canaries import Web
from watchdog.services.telling import heartbeat


@contextmanager
def _listener(status: int) -> Iterator[tuple[str, list[str]]]:
    """A server that answers so; its address and the paths it was asked for."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("status", "heard"), [(200, True), (503, False)])
def test_the_heartbeat_address_is_called_and_its_answer_read(status: int, heard: bool):
    with _listener(status) as (url, asked):
        assert heartbeat(f"{url}/beat/x") is heard
        assert asked == ["/beat/x"]


def test_a_heartbeat_address_that_is_away_is_said_without_its_secret(caplog: pytest.LogCaptureFixture):
    with _listener(200) as (url, _asked):
        assert heartbeat(f"{url}/beat/secret")
    assert heartbeat(f"{url}/beat/secret") is False
    assert "does not answer" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("rest", ["a/secret", "/secret\n"])
def test_an_address_that_is_none_is_not_heard_and_stops_nothing(rest: str, caplog: pytest.LogCaptureFixture):
    assert heartbeat(f"http://127.0.0.1:9{rest}") is False
    assert "does not answer" in caplog.text
    assert "secret" not in caplog.text


def test_the_door_is_knocked_on_past_any_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with _listener(200) as (url, asked):
        assert Web(url).answers()
        assert asked == ["/healthz"]
