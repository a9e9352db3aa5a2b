"""Whether a server could listen on a port."""

from __future__ import annotations

import socket


def probe(port: int, address: str = "127.0.0.1") -> None:
    """Take TCP `port` of `address` and leave it again; OSError says why a server could not listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taken:
        # As the servers do: a port that is only waiting out old connections is free.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((address, port))
