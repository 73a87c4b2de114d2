"""The robots of group chats as their platforms publish them, for tests and practice: what they take, and how they refuse.

`tools/provider.py` serves them beside SMS and voice, at the paths the platforms have. They answer 200 to what they refuse.
"""

import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

# kind → the path at which its robots are found; whatever follows, or stands in the query, names the robot
PATHS: Final = {
    "wecom": "/cgi-bin/webhook/send",
    "dingtalk": "/robot/send",
    "feishu": "/open-apis/bot/v2/hook/",
    "webhook": "/hook",
}
KEYS: Final = {"wecom": "?key=", "dingtalk": "?access_token=", "feishu": "", "webhook": "?for="}
# What a platform says when it was told too much, when the robot's key or sign is wrong, and when it does not like the message.
LIMITED: Final = {"wecom": 45009, "dingtalk": 130101, "feishu": 11232}
LOCKED: Final = {"wecom": 93000, "dingtalk": 310000, "feishu": 19021}
REFUSED: Final = {"wecom": 45002, "dingtalk": 430104, "feishu": 19002}
A_MINUTE: Final = {"wecom": 20, "dingtalk": 20, "feishu": 100}
HOUR = 3600


class Asked(NamedTuple):
    """One post to a robot: its key, the query, the headers and the body as they came."""

    kind: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def asked(path: str, headers: Mapping[str, str], body: bytes) -> Asked | None:
    """What a path means, when it is a robot's."""
    parts = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    for kind, place in PATHS.items():
        if parts.path == place or (kind == "feishu" and parts.path.startswith(place)):
            named = parts.path.removeprefix(place) if kind == "feishu" else query.get(KEYS[kind].strip("?="), "")
            return Asked(kind, named, query, headers, body)
    return None


def _sign(key: str, said: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()).decode()


def _fresh(stamp: str, unit: int = 1) -> bool:
    return stamp.isdigit() and abs(time.time() - int(stamp) / unit) < HOUR


def text_of(post: Asked, secret: str) -> str | int:
    """The text that will stand in the chat, or the platform's code for what is wrong with the post."""
    try:
        said: dict[str, Any] = json.loads(post.body)
    except ValueError:
        return REFUSED.get(post.kind, 400)
    match post.kind:
        case "wecom":
            text = said.get("text", {}).get("content") if said.get("msgtype") == "text" else None
            return text if isinstance(text, str) and 0 < len(text.encode()) <= 2048 else 40058
        case "dingtalk":
            stamp, sign = post.query.get("timestamp", ""), post.query.get("sign", "")
            if not _fresh(stamp, 1000) or sign != _sign(secret, f"{stamp}\n{secret}"):
                return LOCKED["dingtalk"]
            text = said.get("text", {}).get("content") if said.get("msgtype") == "text" else None
            return text if isinstance(text, str) and text else 400105
        case "feishu":
            stamp, sign = str(said.get("timestamp", "")), said.get("sign", "")
            if not _fresh(stamp) or sign != _sign(f"{stamp}\n{secret}", ""):
                return LOCKED["feishu"]
            text = said.get("content", {}).get("text") if said.get("msg_type") == "text" else None
            return text if isinstance(text, str) and text else REFUSED["feishu"]
    signed = dict(part.split("=", 1) for part in post.headers.get("Hotline-Signature", "").split(",") if "=" in part)
    made = hmac.new(secret.encode(), f"{signed.get('t', '')}.".encode() + post.body, hashlib.sha256).hexdigest()
    return str(said.get("text", "")) if hmac.compare_digest(made, signed.get("v1", "")) else 403


def answer(kind: str, code: int) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer with this code; a plain webhook has its status alone."""
    if kind == "webhook":
        return code or 200, {}
    if kind == "feishu":
        # Of its codes this one comes with a status of its own.
        return 400 if code == LIMITED["feishu"] else 200, {"code": code, "msg": "ok" if not code else "no", "data": {}}
    return 200, {"errcode": code, "errmsg": "ok" if not code else "no"}


class Robots:
    """`posted` is what stands in the chats: (kind, key, text). Each robot counts what it was told within a minute."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str, str]] = []
        self.told: dict[tuple[str, str], deque[float]] = {}

    def too_fast(self, post: Asked) -> bool:
        """Whether this one is more than the robot takes in a minute; it counts all the same."""
        most, now = A_MINUTE.get(post.kind), time.time()
        told = self.told.setdefault((post.kind, post.key), deque())
        while told and told[0] < now - 60:
            told.popleft()
        told.append(now)
        return most is not None and len(told) > most
