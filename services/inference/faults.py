"""What Triton and gRPC say when something is wrong, as `services.errors`.

Our models begin a refusal with its code, "INVALID_ARGUMENT: steps: 0 is not 1 to 100"; Triton wraps such a message in
words of its own (an ensemble names its member), so the code is looked for anywhere in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import grpc
import grpc.aio

from services.errors import (
    CancelledRequestError,
    DeadlineExceededError,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    UnavailableError,
    WegenError,
)

DEPENDENCY = "triton"

_REFUSAL = re.compile(
    r"\b(INVALID_ARGUMENT|RESOURCE_EXHAUSTED|FAILED_PRECONDITION|NOT_FOUND|UNAVAILABLE|CANCELLED|DEADLINE_EXCEEDED"
    r"|INTERNAL): (.*)",
    re.DOTALL,
)
_FIELD = re.compile(r"([a-z][a-z0-9_]*): (.+)", re.DOTALL)
# Triton's own words for a model that is not loaded, whose stub process is dead, or a server on its way down.
_AWAY = ("is not healthy", "unknown model", "no available versions", "not ready", "is stopping", "shutting down",
         "is unloading", "exceeds maximum pending")  # fmt: skip
_PLAIN: dict[str, Callable[[str], WegenError]] = {
    "RESOURCE_EXHAUSTED": ResourceExhaustedError,
    "CANCELLED": CancelledRequestError,
    "DEADLINE_EXCEEDED": DeadlineExceededError,
    "FAILED_PRECONDITION": FailedPreconditionError,
    "NOT_FOUND": NotFoundError,
}


def from_message(message: str) -> WegenError:
    """The error that a message of Triton stands for; messages without a code are ours (`InternalError`)."""
    refusal = _REFUSAL.search(message)
    if refusal:
        return _from_code(refusal[1], refusal[2].strip())
    if any(words in message for words in _AWAY):
        return UnavailableError(DEPENDENCY, message)
    return InternalError(f"triton failed: {message}")


def from_rpc(error: grpc.RpcError) -> WegenError:
    """The error that a failed call stands for."""
    # Both kinds of call put code() and details() on what they raise; grpc's stubs know it of neither.
    code: grpc.StatusCode = error.code()
    details: str = error.details() or code.name
    refusal = _REFUSAL.search(details)
    if refusal:
        return _from_code(refusal[1], refusal[2].strip())
    if any(words in details for words in _AWAY):
        return UnavailableError(DEPENDENCY, details)
    return _from_code(code.name, details)


def _from_code(code: str, text: str) -> WegenError:
    if code == "INVALID_ARGUMENT":
        field = _FIELD.fullmatch(text)
        return InvalidArgumentError(field[1], field[2]) if field else InvalidArgumentError("request", text)
    if code == "UNAVAILABLE":
        return UnavailableError(DEPENDENCY, text)
    plain = _PLAIN.get(code)
    return plain(text) if plain else InternalError(f"triton failed: {text}")
