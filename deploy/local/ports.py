"""Whether the ports are free, before anything is started on them."""

from __future__ import annotations

import socket

import psutil

from deploy.local.settings import Listener, StackSettings


class PortBusyError(RuntimeError):
    """A port of the stack is in use; the message says by whom and which variable moves it."""


def require_free(settings: StackSettings) -> None:
    """Raise `PortBusyError` for the first busy port."""
    for listener in settings.listeners():
        if _busy(listener.port):
            raise PortBusyError(
                f"port {listener.port} for {listener.what} is in use{_owner(listener)}: "
                f"stop that, or set {listener.variable} to another port"
            )


def _busy(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: a port that is only waiting out old connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _owner(listener: Listener) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (listener.port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return ""
    return ""
