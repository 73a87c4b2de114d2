"""The demo's way into the product: its public HTTP interface, as any program outside would use it."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

PATIENCE = 20.0  # seconds for one answer
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy in the environment is not for us


class Refused(Exception):
    """The product said no: `code` and its own sentence."""

    def __init__(self, status: int, code: str, title: str) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status, self.code = status, code


class Unreachable(Exception):
    """No answer: the product restarts, or is gone."""


@dataclass(frozen=True, slots=True)
class Client:
    """One caller with one token."""

    url: str
    token: str

    def get(self, path: str) -> Any:
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        """`key`: the same act again is the same act."""
        return self._call("POST", path, body or {}, key)

    def _call(self, method: str, path: str, body: dict[str, Any] | None, key: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(  # noqa: S310 - our own address, read from our own file
            f"{self.url.rstrip('/')}/api/v1/{path}", data=data, headers=headers, method=method
        )
        try:
            with _direct.open(asked, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            raise _refused(refusal) from None
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            raise Unreachable(str(error)) from error


def _refused(refusal: urllib.error.HTTPError) -> Refused:
    try:
        said = json.loads(refusal.read())
    except json.JSONDecodeError:
        said = {}
    return Refused(refusal.code, str(said.get("code", "")), str(said.get("title", "")))
