"""The one tree of errors that services raise.

WegenError
├── InvalidArgumentError      a field is wrong: names the field and the limit
├── NotFoundError             an image, a conversation or a job that does not exist
├── FailedPreconditionError   right, but not in this state
├── ResourceExhaustedError    a bounded queue is full: try again after `retry_after_s`
├── UnavailableError          a dependency does not answer: names which
├── CancelledRequestError     the caller gave up
├── DeadlineExceededError     the caller's time is over
└── InternalError             ours
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pydantic import ValidationError

DOMAIN = "wegen.serve"


class WegenError(Exception):
    """Base of all. `reason` is a stable UPPER_SNAKE word for machines, the message a sentence for people."""

    code: ClassVar[str] = "UNKNOWN"

    def __init__(self, message: str, *, reason: str = "", **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.code
        self.metadata = metadata


class InvalidArgumentError(WegenError):
    """A request's field is wrong."""

    code = "INVALID_ARGUMENT"

    def __init__(self, field: str, problem: str, *, reason: str = "INVALID_FIELD", **metadata: str) -> None:
        super().__init__(f"{field}: {problem}", reason=reason, field=field, **metadata)
        self.field = field


class NotFoundError(WegenError):
    """Something named in a request does not exist."""

    code = "NOT_FOUND"


class FailedPreconditionError(WegenError):
    """The request is right, but the state forbids it."""

    code = "FAILED_PRECONDITION"


class ResourceExhaustedError(WegenError):
    """A bounded queue is full."""

    code = "RESOURCE_EXHAUSTED"

    def __init__(
        self, message: str, *, retry_after_s: float = 1.0, reason: str = "QUEUE_FULL", **metadata: str
    ) -> None:
        super().__init__(message, reason=reason, **metadata)
        self.retry_after_s = retry_after_s


class UnavailableError(WegenError):
    """A dependency does not answer."""

    code = "UNAVAILABLE"

    def __init__(self, dependency: str, problem: str) -> None:
        super().__init__(f"{dependency} is unavailable: {problem}", reason="DEPENDENCY_DOWN", dependency=dependency)
        self.dependency = dependency


class CancelledRequestError(WegenError):
    """The caller gave up."""

    code = "CANCELLED"


class DeadlineExceededError(WegenError):
    """The caller's time is over."""

    code = "DEADLINE_EXCEEDED"


class InternalError(WegenError):
    """A fault of ours."""

    code = "INTERNAL"


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Where the first wrong value of a pydantic model stands, its names joined by dots (empty: the whole), and why.

    Never the value itself: it may be a secret.
    """
    first = error.errors(include_input=False)[0]
    return ".".join(str(part) for part in first["loc"]), first["msg"]
