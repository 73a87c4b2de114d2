"""The demo's way into the product: its public HTTP interface, as any program outside would use it."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final, TypeVar

from django.db import Error, close_old_connections

from common.database import out_of_reach

PATIENCE = 20.0  # seconds for one answer
BUSY: Final = 503
# Seconds before each further try, and after which it is given up: two minutes, in which a restart is over. A try may take its time.
WAITS: Final = (0.5, 1.0, 2.0, *[5.0] * 23)
LASTS: Final = 120.0
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy in the environment is not for us


class Refused(Exception):
    """The product said no: `code` and its own sentence."""

    def __init__(self, status: int, code: str, title: str) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status, self.code = status, code


class Unreachable(Exception):
    """No answer: the product restarts, or is gone."""


T = TypeVar("T")
# Waits some seconds and says whether to stop meanwhile.
Rest = Callable[[float], bool]


def sleeping(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def patiently(call: Callable[[], T], rest: Rest = sleeping) -> T:
    """Make a call again while the product is busy or out of reach; its last error when that lasts, or when told to stop.

    For calls that may be made twice: all that read, and all that the product recognises as the same.
    """
    began = time.monotonic()
    for wait in WAITS:
        try:
            return call()
        except (Refused, Unreachable, Error) as error:
            if not _passes(error) or time.monotonic() - began > LASTS or rest(wait):
                raise
    return call()


def _passes(error: Exception) -> bool:
    if isinstance(error, Refused):
        return error.status == BUSY
    if isinstance(error, Unreachable):
        return True
    close_old_connections()  # one that broke would stay broken
    return out_of_reach(error)


@dataclass(frozen=True, slots=True)
class Client:
    """One caller with one token, who tries again while the product is busy or away."""

    url: str
    token: str
    rest: Rest = sleeping

    def get(self, path: str) -> Any:
        return patiently(lambda: self._call("GET", path, None), self.rest)

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        """`key`: the same act again is the same act."""
        return patiently(lambda: self._call("POST", path, body or {}, key), self.rest)

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
        except (urllib.error.URLError, HTTPException, ConnectionError, TimeoutError) as error:
            raise Unreachable(str(error)) from error


def _refused(refusal: urllib.error.HTTPError) -> Refused:
    try:
        said = json.loads(refusal.read())
    except (ValueError, HTTPException, OSError):
        said = {}
    return Refused(refusal.code, str(said.get("code", "")), str(said.get("title", "")))
