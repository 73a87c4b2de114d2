"""`python -m hotline_ep.embedded.web FD`: the web process on a listening socket that its parent holds.

The parent took the port, so no other program can take it between two starts, and callers wait in line while we restart.
"""

import socket
import sys

import uvicorn

if __name__ == "__main__":
    listener = socket.socket(fileno=int(sys.argv[1]))  # asks the kernel for the family: TCP_NODELAY depends on it
    config = uvicorn.Config(
        "hotline_ep.asgi:application",
        lifespan="auto",
        timeout_graceful_shutdown=5,
        access_log=False,
        ws_ping_interval=20,
        # Compressing each small frame for each socket costs more than it saves.
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[listener])
