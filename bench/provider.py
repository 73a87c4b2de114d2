"""A provider of SMS that costs next to nothing: what is measured is the sending, not who takes it.

POST /messages {key, …} → 202 {id}      GET /messages/{key} → 200 {id} | 404      GET /record → {key: how often it came}
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

taken: Counter[str] = Counter()


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    body, more = b"", True
    while more:
        part = await receive()
        body, more = body + part.get("body", b""), part.get("more_body", False)
    status, said = _answer(scope["method"], scope["path"], body)
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


def _answer(method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    if path == "/record":
        return 200, dict(taken)
    if method == "POST":
        key = json.loads(body)["key"]
        taken[key] += 1
        return 202, {"id": key}
    key = path.rpartition("/")[2]
    return (200, {"id": key}) if key in taken else (404, {})
