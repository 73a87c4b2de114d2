"""Real web processes, and pages that hold a socket to them."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from common.actor import SYSTEM
from hotline_ep.embedded.child import Child
from people.models import User
from people.services import role_assign, user_create
from tests.engine.processes import House, eventually, words_of

ORIGIN = "http://127.0.0.1"


def person(username: str, role: str = "") -> User:
    user = user_create(username=username, display_name=username, by=SYSTEM)
    if role:
        role_assign(user=user, role=role, by=SYSTEM)
    return user


class Web:
    """One web process of the product on a port of its own."""

    def __init__(self, house: House) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
            self.port: int = listener.getsockname()[1]
            self.child: Child = house.start(
                "-m", "hotline_ep.embedded.web", str(listener.fileno()), pass_fds=[listener.fileno()]
            )
        eventually(lambda: "startup complete" in words_of(self.child), within=40)

    @contextmanager
    def page(self, user: User | None, *, sock: socket.socket | None = None) -> Iterator["Page"]:
        """The board, open; `user` None is somebody who did not sign in."""
        client = Client()
        if user is not None:
            client.force_login(user)
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        with connect(
            f"ws://127.0.0.1:{self.port}/ws/board/",
            sock=sock,
            origin=ORIGIN,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookie},
            proxy=None,
            max_queue=None if sock is None else 1,
            close_timeout=1,
        ) as connection:
            yield Page(connection)


class Page:
    """What a board's socket receives."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def next(self, kind: str, *, within: float = 15.0) -> dict[str, Any]:
        """The next frame of this kind; others are passed over."""
        while True:
            frame: dict[str, Any] = json.loads(self.connection.recv(timeout=within))
            if frame["t"] == kind:
                return frame

    def closed_with(self, *, within: float = 15.0) -> int | None:
        """The code the server closes with, after whatever it still had to say."""
        with suppress(ConnectionClosed):
            while True:
                self.connection.recv(timeout=within)
        return self.connection.close_code
