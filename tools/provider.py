"""A provider of SMS, voice, group chats and browsers for tests and practice, which can be as bad as real ones. It keeps its own record of
what it was told.

    python tools/provider.py --name alpha --secret s3cret --port 8099 --receipts http://127.0.0.1:8000/api/v1/messages/receipts/alpha

and the product with `HOTLINE_SMS_URLS=http://alpha:s3cret@127.0.0.1:8099`. While it runs:

    POST /fake/mood   {"mood": "busy", "times": 3}      the next three messages meet this; 0 times: until told otherwise
    POST /fake/say    {"key": "…", "said": "reply", "text": "123456"}    a person answers, a receipt is sent
    GET  /fake/record                                    everything that happened, numbers masked

It plays a push service of browsers as well: a browser whose address is `http://127.0.0.1:8099/push/NAME` is told by it, where the
product runs with `HOTLINE_PUSH_NEAR=1`. A topic it holds already is replaced, as the standard has it.

It plays the robots of WeCom, DingTalk and Feishu and a plain webhook as well (`tools/robots.py`); what to write into HOTLINE_CHATS
it prints when it starts. Moods are theirs too: limited and locked come as the platforms say it, in the code of a good answer.
"""

import argparse
import contextlib
import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# As a program it is run by its path; as a module it is one of the house.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import pushing, robots

MOODS = (
    "well",
    "slow",  # answers after `slow_seconds`
    "busy",  # 503
    "limited",  # 429
    "locked",  # 401: our key is refused
    "gone",  # 410: a push service knows the browser no more; to all others 422
    "refusing",  # 422: this number never; a robot dislikes the message, with a code of its own
    "hanging_up",  # closes the line before it took anything
    "dropping",  # takes it, and closes the line instead of answering
    "garbage",  # takes it, and answers nonsense
    "losing",  # takes it, and nothing ever arrives
    "undelivered",  # takes it, and says later that it did not arrive
    "repeating",  # delivers twice, and says so three times
)


class Provider(ThreadingHTTPServer):
    """`record` is a list of {at, what, key, …}; `arrived` is what reached people: (number, text) once a delivery."""

    daemon_threads = True

    def __init__(
        self, *, name: str, secret: str, port: int = 0, receipts: str = "", record: Path | None = None
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.name, self.secret, self.receipts, self.file = name, secret, receipts, record
        self.record: list[dict[str, Any]] = []
        self.arrived: list[tuple[str, str]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.mood, self.times, self.slow_seconds = "well", 0, 7.0
        self.robots = robots.Robots()
        # What a browser would find waiting: (its name, topic) → (headers, body), as they came.
        self.pushed: dict[tuple[str, str], tuple[dict[str, str], bytes]] = {}
        self.lock = threading.Lock()
        self.noted = threading.Condition(self.lock)

    @property
    def url(self) -> str:
        """As the product is told of it."""
        return f"http://{self.name}:{self.secret}@127.0.0.1:{self.server_address[1]}"

    def chat(self, kind: str, owner: str, name: str) -> str:
        """One of its robots, as HOTLINE_CHATS is told of it."""
        place = robots.PATHS[kind] + robots.KEYS[kind] + f"key-of-{name}"
        # WeCom signs nothing: the key in the address is all there is.
        secret = "" if kind == "wecom" else f"#{urllib.parse.quote(self.secret, safe='')}"
        return f"{owner}/{name}={kind}+http://127.0.0.1:{self.server_address[1]}{place}{secret}"

    def be(self, mood: str, times: int = 0) -> None:
        """Of this mood for so many messages; 0: until told otherwise."""
        if mood not in MOODS:
            raise ValueError(f"no such mood: {mood}")
        self.mood, self.times = mood, times

    def next_mood(self) -> str:
        with self.lock:
            mood = self.mood
            if self.times:
                self.times -= 1
                if not self.times:
                    self.mood = "well"
        return mood

    def note(self, what: str, key: str, **more: Any) -> None:
        line = {"at": time.time(), "what": what, "key": key, **more}
        with self.noted:
            self.record.append(line)
            self.noted.notify_all()
            if self.file is not None:
                with self.file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def did(self, what: str, *, within: float) -> None:
        """Wait until the record says so; raises TimeoutError after so many seconds."""
        with self.noted:
            if not self.noted.wait_for(lambda: any(line["what"] == what for line in self.record), within):
                raise TimeoutError(what)

    def take(self, message: dict[str, Any], *, repeating: bool = False, reaching: bool = True) -> str:
        """Keep it; the same key again is the same message. Its id."""
        with self.lock:
            known = self.messages.get(message["key"])
            number = f"{self.name}-{len(self.messages) + 1}"
            if known is None:
                self.messages[message["key"]] = message | {"id": number}
        if known is not None:
            self.note("taken again", message["key"])
            return known["id"]
        self.note("taken", message["key"], kind=message["kind"], to="…" + message["to"][-4:])
        if reaching:
            with self.lock:
                self.arrived += [(message["to"], message["text"])] * (2 if repeating else 1)
            self.note("arrived", message["key"], times=2 if repeating else 1)
        return number

    def say(self, key: str, said: str, *, times: int = 1, **more: str) -> list[int]:
        """Send a receipt, signed; the statuses that came back. Without an address there is nobody to tell."""
        if not self.receipts:
            return []
        body = json.dumps({"receipts": [{"key": key, "said": said, **more}]}).encode()
        return [self._told(key, said, body) for _ in range(times)]

    def _told(self, key: str, said: str, body: bytes) -> int:
        at = int(time.time())
        made = hmac.new(self.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Hotline-Signature": f"t={at},v1={made}"}
        asked = urllib.request.Request(  # noqa: S310 - the address whoever started this gave
            self.receipts, data=body, headers=headers, method="POST"
        )
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310 - as above
                status = answer.status
        except urllib.error.HTTPError as refused:
            status = refused.code
        except OSError:
            status = 0
        self.note("told", key, said=said, status=status)
        return status

    def soon(self, key: str, said: str, times: int = 1) -> None:
        """The receipt follows the answer, as with real ones."""
        threading.Timer(0.05, self.say, (key, said), {"times": times}).start()


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what it was told is personal."""

    def do_GET(self) -> None:
        if self.path == "/fake/record":
            return self._answer(200, {"record": self.server.record})
        if not self._known():
            return self._answer(401, {})
        found = self.server.messages.get(self.path.rpartition("/")[2])
        self.server.note("asked", self.path.rpartition("/")[2], found=found is not None)
        return self._answer(200, {"id": found["id"]}) if found else self._answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}"
        if self.path.startswith("/push/"):
            return self._push(self.path.removeprefix("/push/"), body)
        if post := robots.asked(self.path, dict(self.headers), body):
            return self._robot(post)
        said = json.loads(body)
        if self.path == "/fake/mood":
            self.server.be(said["mood"], said.get("times", 0))
            return self._answer(200, {})
        if self.path == "/fake/say":
            key, word = said.pop("key"), said.pop("said")
            return self._answer(200, {"statuses": self.server.say(key, word, **said)})
        if not self._known():
            return self._answer(401, {})
        return self._message(said)

    def _message(self, message: dict[str, Any]) -> None:
        provider, mood = self.server, self.server.next_mood()
        refusals = {"busy": 503, "limited": 429, "locked": 401, "refusing": 422, "gone": 422}
        if mood in refusals:
            provider.note("refused", message["key"], status=refusals[mood])
            return self._answer(refusals[mood], {})
        if mood == "hanging_up":
            provider.note("hung up", message["key"])
            return self._hang_up()
        if mood == "slow":
            time.sleep(provider.slow_seconds)
        number = provider.take(message, repeating=mood == "repeating", reaching=mood not in ("losing", "undelivered"))
        if mood == "dropping":
            return self._hang_up()
        if mood == "undelivered":
            provider.soon(message["key"], "undelivered")
        elif mood != "losing":
            provider.soon(message["key"], "delivered", 3 if mood == "repeating" else 1)
        if mood == "garbage":
            return self._write(200, b"<html>it works</html>")
        return self._answer(202, {"id": number})

    def _push(self, browser: str, body: bytes) -> None:
        """What RFC 8030 has a push service take, from whoever proves who he is (RFC 8292) and encrypts for the browser (RFC 8291)."""
        provider, mood = self.server, self.server.next_mood()
        headers = {name.lower(): value for name, value in self.headers.items()}
        topic = headers.get("topic", "")
        refusals = {"busy": 503, "limited": 429, "locked": 403, "refusing": 400, "gone": 410}
        origin = f"http://{headers.get('host', '')}"
        status = refusals.get(mood) or pushing.refused(headers, body, origin=origin, now=time.time())
        if status:
            provider.note("refused", topic, status=status)
            return self._answer(status, {})
        if mood == "hanging_up":
            provider.note("hung up", topic)
            return self._hang_up()
        if mood == "slow":
            time.sleep(provider.slow_seconds)
        with provider.lock:
            again = (browser, topic) in provider.pushed
            if mood != "losing":
                provider.pushed[browser, topic] = (headers, body)
        provider.note("pushed again" if again else "pushed", topic, browser=browser)
        if mood == "dropping":
            return self._hang_up()
        return self._answer(201, {})

    def _robot(self, post: robots.Asked) -> None:
        """A robot is told something; it knows no keys of its callers', so that the same said twice stands there twice."""
        provider, mood = self.server, self.server.next_mood()
        with provider.lock:
            fast = provider.robots.too_fast(post)
        if mood == "busy":
            provider.note("refused", post.key, status=503)
            return self._answer(503, {})
        if mood == "hanging_up":
            provider.note("hung up", post.key)
            return self._hang_up()
        if mood == "slow":
            time.sleep(provider.slow_seconds)
        codes = {"limited": robots.LIMITED, "locked": robots.LOCKED, "refusing": robots.REFUSED}
        statuses = {"limited": 429, "locked": 401, "refusing": 422, "gone": 422}
        found = robots.text_of(post, provider.secret)
        if mood in codes or fast:
            as_said = mood if mood in codes else "limited"
            found = codes[as_said].get(post.kind, statuses[as_said])
        if isinstance(found, int):
            provider.note("refused", post.key, kind=post.kind, code=found)
            return self._answer(*robots.answer(post.kind, found))
        with provider.lock:
            provider.robots.posted.append((post.kind, post.key, found))
        provider.note("posted", post.key, kind=post.kind)
        if mood == "dropping":
            return self._hang_up()
        if mood == "garbage":
            return self._write(200, b"<html>it works</html>")
        return self._answer(*robots.answer(post.kind, 0))

    def _known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.server.secret}"

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(2)

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        self._write(status, json.dumps(body).encode())

    def _write(self, status: int, body: bytes) -> None:
        # Whoever asked may be dead by now: that is what this provider is there for.
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser(description="A provider of SMS and voice for practice.")
    parser.add_argument("--name", default="alpha")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--receipts", default="", help="where receipts go: …/api/v1/messages/receipts/NAME")
    parser.add_argument("--record", type=Path, help="a file that gets a JSON line for everything that happens")
    parser.add_argument("--mood", choices=MOODS, default="well")
    said = parser.parse_args()
    provider = Provider(name=said.name, secret=said.secret, port=said.port, receipts=said.receipts, record=said.record)
    provider.be(said.mood)
    sys.stdout.write(f"{provider.url}\n")
    for kind in robots.PATHS:
        sys.stdout.write(f"{provider.chat(kind, 'hq', f'hq-{kind}')}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        provider.serve_forever()


if __name__ == "__main__":
    main()
