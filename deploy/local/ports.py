"""Whether the ports are free, before anything is started on them."""

from __future__ import annotations

import psutil

from deploy.local.settings import Listener, StackSettings
from deploy.portprobe import probe


class PortBusyError(RuntimeError):
    """A port of the stack is in use; the message says by whom and which variable moves it."""


def require_free(settings: StackSettings) -> None:
    """Raise `PortBusyError` for the first busy port."""
    for listener in settings.listeners():
        try:
            probe(listener.port)
        except OSError as error:
            raise PortBusyError(
                f"port {listener.port} for {listener.what} is in use{_owner(listener)}: "
                f"stop that, or set {listener.variable} to another port"
            ) from error


def _owner(listener: Listener) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (listener.port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return ""
    return ""
