from __future__ import annotations

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import errors
from services.inference.faults import from_message, from_rpc


class Failed(grpc.RpcError):
    """A call that failed, as far as `from_rpc` looks at it."""

    def __init__(self, code: grpc.StatusCode, details: str | None) -> None:
        super().__init__()
        self._code, self._details = code, details

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str | None:
        return self._details


@pytest.mark.parametrize(
    "message",
    [
        "INVALID_ARGUMENT: steps: 0 is not 1 to 100",
        "in ensemble 'image_synthesizer', INVALID_ARGUMENT: steps: 0 is not 1 to 100",
        "Failed to process the request(s) for model 'x', message: INVALID_ARGUMENT: steps: 0 is not 1 to 100",
    ],
)
def test_a_refusal_is_found_in_what_triton_says_around_it(message: str) -> None:
    error = from_message(message)
    assert isinstance(error, errors.InvalidArgumentError)
    assert error.field == "steps"
    assert error.message == "steps: 0 is not 1 to 100"


def test_a_refusal_without_a_field_keeps_its_words() -> None:
    error = from_message("INVALID_ARGUMENT: prompt of 900 tokens is longer than the context of 768")
    assert isinstance(error, errors.InvalidArgumentError)
    assert "prompt of 900 tokens is longer than the context of 768" in error.message


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("RESOURCE_EXHAUSTED: 64 requests wait", errors.ResourceExhaustedError),
        ("CANCELLED: the caller is gone", errors.CancelledRequestError),
        ("INTERNAL: broken", errors.InternalError),
        ("Stub process 'eva_clip_0_0' is not healthy.", errors.UnavailableError),
        ("Request for unknown model: 'x' is not found", errors.UnavailableError),
        (
            "Server is stopping, scheduler for model has stopped accepting new requests",
            errors.UnavailableError,
        ),
        ("unexpected shape for input 'features'", errors.InternalError),
    ],
)
def test_messages(message: str, kind: type[errors.WegenError]) -> None:
    assert type(from_message(message)) is kind


@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, "Connection refused", errors.UnavailableError),
        (grpc.StatusCode.UNAVAILABLE, None, errors.UnavailableError),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", errors.DeadlineExceededError),
        (grpc.StatusCode.CANCELLED, "Locally cancelled by application!", errors.CancelledRequestError),
        (grpc.StatusCode.INVALID_ARGUMENT, "unexpected inference input 'x'", errors.InvalidArgumentError),
        (grpc.StatusCode.INTERNAL, "in ensemble 'e', Stub process 'x' is not healthy.", errors.UnavailableError),
        (grpc.StatusCode.UNKNOWN, "RESOURCE_EXHAUSTED: full", errors.ResourceExhaustedError),
        (grpc.StatusCode.UNKNOWN, "what", errors.InternalError),
    ],
)
def test_failed_calls(code: grpc.StatusCode, details: str | None, kind: type[errors.WegenError]) -> None:
    assert type(from_rpc(Failed(code, details))) is kind


def test_unavailable_names_triton() -> None:
    error = from_rpc(Failed(grpc.StatusCode.UNAVAILABLE, "Connection refused"))
    assert isinstance(error, errors.UnavailableError)
    assert error.dependency == "triton"


@settings(max_examples=50)
@given(st.text())
def test_every_message_is_some_error(message: str) -> None:
    assert isinstance(from_message(message), errors.WegenError)
