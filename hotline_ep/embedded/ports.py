"""A port of our own: the one asked for, or the next that is free."""

import errno
import socket

from hotline_ep.embedded.child import StartFailed

_STEPS = 50


class NoPort(StartFailed):
    """No port could be taken; the text says why and what to do."""


def take_port(host: str, wanted: int) -> socket.socket:
    """A listening socket on the first free port from `wanted` on; holding it is what keeps it ours."""
    for port in range(wanted, min(wanted + _STEPS, 65536)):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # on Linux: not while another one listens
        try:
            listener.bind((host, port))
            listener.listen(2048)
            return listener
        except OSError as refusal:
            listener.close()
            if refusal.errno == errno.EACCES:
                raise NoPort(f"This user may not open port {port}; choose one from 1024 on: PORT=8000.") from refusal
            if refusal.errno != errno.EADDRINUSE:
                raise NoPort(
                    f"Cannot listen on {host}: {refusal.strerror}. Set HOTLINE_BIND to an address of ours."
                ) from refusal
    raise NoPort(f"All ports from {wanted} to {wanted + _STEPS - 1} are taken; choose another: PORT=….")
