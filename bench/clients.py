"""Cheap clients: what they cost is paid by the same two cores."""

import asyncio
import base64
import json
import os
import time

JSON = "Content-Type: application/json\r\n"


async def post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, body: bytes, token: str, kind: str = JSON
) -> int:
    """One request on a kept connection; its status. `kind`: the headers that say what the body is."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"{kind}Content-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    status = int(lines[0].split()[1])
    if status == 204:
        return status
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines[1:] if line)}
    if b"content-length" in headers:
        await reader.readexactly(int(headers[b"content-length"]))
    else:
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return status


class Watcher(asyncio.Protocol):
    """A socket that notes when bytes came; it reads no frames, so that a thousand cost little."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie = port, cookie
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard: list[tuple[float, bytes]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /ws/board/ HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nOrigin: http://127.0.0.1:{self.port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {self.cookie}\r\n\r\n"
        )
        transport.write(head.encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.opened.done():
            if b" 101 " not in data[:40]:
                self.opened.set_exception(RuntimeError(data[:80].decode("latin-1")))
                return
            self.opened.set_result(None)
            return
        self.heard.append((time.perf_counter(), data))


async def watch(port: int, cookie: str) -> Watcher:
    loop = asyncio.get_running_loop()
    _transport, watcher = await loop.create_connection(lambda: Watcher(port, cookie), "127.0.0.1", port)
    await asyncio.wait_for(watcher.opened, 30)
    return watcher


def cookie_of(username: str) -> str:
    from django.test import Client

    from people.selectors import user_by_name

    client = Client()
    client.force_login(user_by_name(username))
    return f"sessionid={client.cookies['sessionid'].value}"


def encoded(rows: list[dict[str, object]]) -> bytes:
    return json.dumps({"samples": rows}).encode()
