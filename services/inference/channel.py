"""Connections to Triton that notice its death and find it again."""

from __future__ import annotations

import grpc
import grpc.aio

MAX_MESSAGE_BYTES = 64 * 1024 * 1024

OPTIONS: tuple[tuple[str, int | str], ...] = (
    # Where a name has several addresses there are as many servers: calls go round.
    ("grpc.lb_policy_name", "round_robin"),
    # A restarted Triton is found within a second; gRPC's own backoff grows to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A peer that vanished without a word is noticed while a stream waits. The launcher allows these pings.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Each client has its own connection: one client's many streams do not share another's flow control.
    ("grpc.use_local_subchannel_pool", 1),
)


def connect(url: str) -> grpc.Channel:
    """A channel for threads to `url` (host:port). It connects at the first call."""
    return grpc.insecure_channel(url, options=OPTIONS)


def connect_async(url: str) -> grpc.aio.Channel:
    """A channel for the running event loop to `url` (host:port). It connects at the first call."""
    return grpc.aio.insecure_channel(url, options=OPTIONS)
