"""A small TCP proxy before PostgreSQL: it can cut every connection, and lose the answer to a COMMIT on its way back."""

import contextlib
import socket
import threading
from pathlib import Path

COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


class Proxy:
    """Listens on loopback and passes on to a unix socket. `lose_commits`: so many answers to COMMIT are still to be lost."""

    def __init__(self, upstream: Path) -> None:
        self.upstream, self.lose_commits, self.lost = upstream, 0, 0
        self._lock, self._open = threading.Lock(), set[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> int:
        """Cut every connection as a failing switch would; how many."""
        with self._lock:
            open_now = list(self._open)
        for end in open_now:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        return len(open_now)

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                server.connect(str(self.upstream))
            except OSError:
                client.close()
                server.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {client, server}
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, back: bool) -> None:
        try:
            while data := source.recv(65536):
                if back and self.lose_commits and COMMITTED in data and self._loses():
                    break
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self._open -= {source, target}
            source.close()

    def _loses(self) -> bool:
        with self._lock:
            if not self.lose_commits:
                return False
            self.lose_commits -= 1
            self.lost += 1
            return True
