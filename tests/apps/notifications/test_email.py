"""E-mail over SMTP, against a small server of our own that answers as it is told."""

import socketserver
import threading
from collections.abc import Iterator

import pytest

from common.actor import SYSTEM
from common.errors import NeverDelivers, TryLater
from notifications.channels import Letter, OutcomeUnknown
from notifications.channels.email import Smtp
from people.models import User
from people.services import contact_set


class Post(socketserver.ThreadingTCPServer):
    """`says` maps a command to its answer; an empty answer hangs up."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        self.says: dict[str, str] = {}
        self.mails: list[str] = []
        super().__init__(("127.0.0.1", 0), Session)


class Session(socketserver.StreamRequestHandler):
    server: Post

    def answer(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.answer("220 ready")
        usual = {"DATA": "354 go on", "QUIT": "221 bye"}
        while line := self.rfile.readline().decode().strip():
            word = line.partition(" ")[0].upper()
            said = self.server.says.get(word, usual.get(word, "250 well"))
            if not said:
                return
            self.answer(said)
            if word == "DATA" and said.startswith("354"):
                body = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
                if not (end := self.server.says.get(".", "250 taken")):
                    return
                self.server.mails.append(body)
                self.answer(end)


@pytest.fixture
def post() -> Iterator[Post]:
    with Post() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def letter(lin: User) -> Letter:
    contact_set(user=lin, kind="email", value="lin@example.org", by=SYSTEM)
    return Letter(
        key="key-1",
        channel="email",
        code="",
        world_id=1,
        user_id=lin.pk,
        language="zh-hans",
        subject="投诉激增",
        body="超出日均",
        urgent=True,
        sandbox=False,
    )


def smtp(post: Post) -> Smtp:
    return Smtp(f"smtp://127.0.0.1:{post.server_address[1]}?from=hotline@example.org")


def test_a_letter_carries_our_key(post: Post, letter: Letter):
    assert smtp(post).deliver(letter) == "<key-1@example.org>"
    assert "Message-ID: <key-1@example.org>" in post.mails[0]
    assert "To: lin@example.org" in post.mails[0]


@pytest.mark.parametrize(
    ("case", "word", "said", "error"),
    [
        ("the address is wrong for good", "RCPT", "550 lin@example.org is unknown", NeverDelivers),
        ("the mailbox is full for now", "RCPT", "452 full", TryLater),
        ("the server is busy", "MAIL", "451 busy", TryLater),
        ("the letter is refused", "DATA", "554 no", NeverDelivers),
        ("the line breaks after the letter", ".", "", OutcomeUnknown),
    ],
)
def test_each_answer_has_its_class_and_names_nobody(
    post: Post, letter: Letter, case: str, word: str, said: str, error: type[Exception]
):
    post.says[word] = said
    with pytest.raises(error) as refused:
        smtp(post).deliver(letter)
    assert type(refused.value) is error
    assert "lin" not in str(refused.value)


def test_a_server_that_is_not_there_has_not_got_it(post: Post, letter: Letter):
    url = f"smtp://127.0.0.1:{post.server_address[1]}"
    post.server_close()
    with pytest.raises(TryLater) as refused:
        Smtp(url).deliver(letter)
    assert refused.value.code == "email.unreachable"


def test_without_an_address_a_person_must_act(post: Post, letter: Letter, gao: User):
    with pytest.raises(NeverDelivers) as refused:
        smtp(post).deliver(Letter(**{name: getattr(letter, name) for name in letter.__slots__} | {"user_id": gao.pk}))
    assert refused.value.code == "email.no_address"
