"""Ports of the servers that the job and storage tests start."""

from __future__ import annotations

import socket

RANGE = range(18300, 18400)


def free_port(count: int = 1) -> int:
    """The first of `count` neighbouring ports of our range that nobody listens on."""
    for first in RANGE[: len(RANGE) - count : count]:
        if not any(answers(port) for port in range(first, first + count)):
            return first
    raise RuntimeError(f"no {count} free ports in {RANGE}")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
