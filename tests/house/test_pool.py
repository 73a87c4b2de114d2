"""Connections of the pool are proven to live, but not at every sample."""

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from common import pool
from tests.conftest import TestServer


def test_a_connection_is_asked_once_a_second_and_one_that_died_is_replaced(
    fresh_db: str, database_server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    asked: list[Any] = []
    check = ConnectionPool.check_connection
    monkeypatch.setattr(ConnectionPool, "check_connection", lambda one: (asked.append(one), check(one))[1])
    url = database_server.urls(fresh_db)["DATABASE_URL"]
    with ConnectionPool(url, min_size=1, max_size=1, check=pool.prove, timeout=10) as held:
        with held.connection() as first:
            pid = first.info.backend_pid
        clock[0] += 0.5
        with held.connection() as again:
            assert again.info.backend_pid == pid
        assert len(asked) == 1
        with psycopg.connect(database_server.superuser_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        clock[0] += 1.1
        with held.connection() as fresh:
            assert fresh.info.backend_pid != pid
            assert fresh.execute("SELECT 1").fetchone() == (1,)
