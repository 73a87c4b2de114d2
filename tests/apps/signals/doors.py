"""The two doors samples come in by: the web process's bare route, and Django's own address."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from rest_framework.test import APIClient

from signals.ingest import PATH, Ingest, with_ingest

PIECE = 64 * 1024  # what a server hands on at a time


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    body: dict[str, Any]
    headers: dict[str, str]


class Door(Protocol):
    """`token` None sends no Authorization at all."""

    def post(
        self, body: bytes, *, token: str | None, language: str = "en", path: str = PATH, **headers: str
    ) -> Answer: ...

    def counted(self) -> None: ...


def _json_of(text: bytes) -> Any:
    return msgspec.json.decode(text) if text else {}


class ThroughDjango:
    """As programs that reach Django itself."""

    def post(self, body: bytes, *, token: str | None, language: str = "en", path: str = PATH, **headers: str) -> Answer:
        said = {"Authorization": f"Bearer {token}"} if token is not None else {}
        kind = headers.pop("content_type", "application/json")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = APIClient().post(path, body, content_type=kind, headers={"Accept-Language": language, **said, **named})
        return Answer(
            answer.status_code,
            answer.get("Content-Type", ""),
            _json_of(answer.content),
            {name.lower(): value for name, value in answer.items()},
        )

    def counted(self) -> None:
        """It is counted at once."""


class Bare:
    """The bare route with a writer of its own, on a loop in a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ingest: Ingest, route: Any) -> None:
        self.loop, self.ingest, self.route = loop, ingest, route

    def post(self, body: bytes, *, token: str | None, language: str = "en", path: str = PATH, **headers: str) -> Answer:
        return self.at_once([body], token=token, language=language, path=path, **headers)[0]

    def at_once(
        self, bodies: Sequence[bytes], *, token: str | None, language: str = "en", path: str = PATH, **headers: str
    ) -> list[Answer]:
        """Several requests, all under way before any is answered."""

        async def all_of_them() -> list[Answer]:
            return await asyncio.gather(*(self._one(body, token, language, path, headers) for body in bodies))

        return asyncio.run_coroutine_threadsafe(all_of_them(), self.loop).result(30)

    def counted(self) -> None:
        """Let what was refused whole be written down now."""
        asyncio.run_coroutine_threadsafe(self.ingest.refused_count(), self.loop).result(20)

    async def _one(self, body: bytes, token: str | None, language: str, path: str, more: Mapping[str, str]) -> Answer:
        named = {"content_type": "application/json", "accept_language": language, **more}
        headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()]
        if token is not None:
            headers.append((b"authorization", b"Bearer " + token.encode()))
        pieces = [body[start : start + PIECE] for start in range(0, len(body) or 1, PIECE)]
        coming = iter(enumerate(pieces, start=1))
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            number, piece = next(coming)
            return {"type": "http.request", "body": piece, "more_body": number < len(pieces)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.route({"type": "http", "path": path, "method": "POST", "headers": headers}, receive, send)
        assert next(coming, None) is None, "who is cut off while sending reads no answer"
        start, *rest = sent
        said = {name.decode(): value.decode() for name, value in start["headers"]}
        text = b"".join(message["body"] for message in rest)
        return Answer(start["status"], said.get("content-type", ""), _json_of(text), said)


@contextmanager
def bare_door(monkeypatch: Any) -> Iterator[Bare]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ingest = Ingest()
    monkeypatch.setattr("signals.ingest.ingest", ingest)

    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("the ingest's address was handed on")

    asyncio.run_coroutine_threadsafe(ingest.start(), loop).result(20)
    yield Bare(loop, ingest, with_ingest(nobody))
    asyncio.run_coroutine_threadsafe(ingest.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
