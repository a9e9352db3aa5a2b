"""Why a job failed, in a sentence for the one who asked for the picture."""

from __future__ import annotations

from services.errors import DeadlineExceededError, InternalError, UnavailableError, WegenError

FAULT = "the worker met a fault of its own while making this picture"
LATE = "the time given for this picture is over"


def sentence(error: WegenError) -> str:
    """The row's `error`. Addresses and the words of other programs stay in the log."""
    match error:
        case DeadlineExceededError():
            return LATE
        case UnavailableError():
            return f"{error.dependency} is unavailable"
        case InternalError():
            return "the model failed while making this picture"
        case _:
            return error.message
