"""A real Prometheus server whose `remote_write` points at us: what it scrapes is stored, what it cannot place it is not blamed for.

`python tools/prometheus.py` fetches one where there is none.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from psycopg import errors

from common.actor import SYSTEM
from engine import worlds
from signals.models import Sample, Series, SourceCount
from signals.protocols import WRITE_PATH
from signals.services import sources
from tests.apps.signals.doors import Bare

UNPACKED = Path(os.environ.get("HOTLINE_VAR", Path(__file__).parents[3] / "var")) / "prometheus/root/usr/bin/prometheus"
PROGRAM = shutil.which("prometheus") or (str(UNPACKED) if UNPACKED.exists() else "")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not PROGRAM, reason="no Prometheus here; `python tools/prometheus.py` fetches one"),
]
CONFIG = """
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
  - {{job_name: acd, static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]}}
remote_write:
  - url: http://127.0.0.1:{port}{path}
    authorization: {{credentials: {token}}}
    queue_config: {{batch_send_deadline: 300ms, min_backoff: 50ms, max_backoff: 200ms}}
"""


class Exporter:
    """What a call distributor would expose: complaints of a region, the CPU of a node, and figures of its own."""

    def __init__(self) -> None:
        self.lines = ['complaints{region="east"} 42', 'cpu{node="sw-3"} 41.5', "process_open_fds 7"]
        exporter = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write("".join(f"{line}\n" for line in exporter.lines).encode())

            def log_message(self, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_port


@contextmanager
def served(bare: Bare) -> Iterator[int]:
    """The bare route on a port, on the loop its writer runs on."""
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(bare.route, lifespan="off", log_level="warning", loop="asyncio"))
    running = asyncio.run_coroutine_threadsafe(server.serve(sockets=[bound]), bare.loop)
    yield bound.getsockname()[1]
    server.should_exit = True
    running.result(10)


@contextmanager
def prometheus(folder: Path, port: int, exporter: int, token: str) -> Iterator[int]:
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(exporter=exporter, port=port, path=WRITE_PATH, token=token))
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    command = [
        PROGRAM,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{own}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("wb"))
    try:
        yield own
    finally:
        process.terminate()
        process.wait(10)
        print((folder / "log").read_text()[-2000:])  # shown when the test failed


def until(check: Callable[[], Any], *, within: float = 40.0) -> Any:
    deadline = time.monotonic() + within
    while not (found := check()):
        assert time.monotonic() < deadline, "Prometheus did not do what was waited for"
        threading.Event().wait(0.1)
    return found


def own_figure(port: int, name: str) -> float:
    """A figure of Prometheus about itself, of all its remotes."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name}{{"))


def stored(metric: str) -> int:
    series = Series.objects.filter(metric=metric).first()
    return Sample.objects.filter(series=series).count() if series else 0


def test_a_real_prometheus_writes_to_us(bare: Bare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, exporter = sources.source_create(key="prom", name="Prometheus", world=worlds.real(), by=SYSTEM), Exporter()
    whole = bare.ingest._connection

    def cut() -> Any:
        raise errors.ConnectionTimeout("gone")

    with served(bare) as port:
        monkeypatch.setattr(bare.ingest, "_connection", cut)  # it is told to come again, and does
        with prometheus(tmp_path, port, exporter.port, secret) as own:
            until(lambda: _retried(own) > 0)
            assert stored("cpu") == 0
            monkeypatch.setattr(bare.ingest, "_connection", whole)
            until(lambda: stored("cpu") >= 3 and stored("complaints") >= 3)
            exporter.lines.pop(1)  # the node is gone: an end of its series comes, which is no value
            before = stored("complaints")
            until(lambda: stored("complaints") >= before + 3)
            assert own_figure(own, "prometheus_remote_storage_samples_failed_total") == 0
            assert own_figure(own, "prometheus_remote_storage_samples_dropped_total") == 0
    placed = {(row.metric, row.region, row.node) for row in Series.objects.all()}
    assert placed == {("complaints", "east", ""), ("cpu", "east", "sw-3")}
    assert {row.value for row in Sample.objects.all()} == {42.0, 41.5}
    assert {row.code for row in SourceCount.objects.all()} == {"unknown_metric"}, "what the plan has no metric for"


def _retried(port: int) -> float:
    try:
        return own_figure(port, "prometheus_remote_storage_samples_retried_total")
    except OSError:
        return 0.0
