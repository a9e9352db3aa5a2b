"""Ports of the servers that tests start."""

from __future__ import annotations

import os
import socket

# Below those that Linux gives to outgoing connections: none of them takes a port between the choice and its use.
RANGE = range(18500, 19500)


def free_ports(count: int) -> range:
    """The first `count` neighbouring ports of our range that nobody listens on.

    A slow server listens long after its ports were chosen, so each process begins the search somewhere else: test runs
    side by side seldom choose the same.
    """
    blocks = RANGE[: len(RANGE) - count : count]
    begin = os.getpid() % len(blocks)
    for first in (*blocks[begin:], *blocks[:begin]):
        ports = range(first, first + count)
        if not any(map(answers, ports)):
            return ports
    raise RuntimeError(f"no {count} free ports in {RANGE}")


def free_port() -> int:
    """A port that nobody listens on."""
    return free_ports(1)[0]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
