"""`python -m hotline_ep.embedded.web FD|HOST:PORT`: the web process on a listening socket that its parent holds, or on its own.

The parent took the port, so no other program can take it between two starts, and callers wait in line while we restart.
In a container the port is nobody else's, and the process takes it itself.
"""

import os
import socket
import sys

import uvicorn


def listening(place: str) -> socket.socket:
    """The socket of an inherited descriptor, or a new one on HOST:PORT."""
    host, colon, port = place.rpartition(":")
    if colon:
        return socket.create_server((host, int(port)), backlog=2048)
    return socket.socket(fileno=int(place))  # asks the kernel for the family: TCP_NODELAY depends on it


if __name__ == "__main__":
    listener = listening(sys.argv[1])
    config = uvicorn.Config(
        "hotline_ep.asgi:application",
        lifespan="auto",
        timeout_graceful_shutdown=5,
        access_log=False,
        # Whose word about the caller's address and scheme counts; sign-in is rationed by that address.
        forwarded_allow_ips=os.environ.get("HOTLINE_PROXIES", "127.0.0.1"),
        ws_ping_interval=20,
        # Compressing each small frame for each socket costs more than it saves.
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[listener])
