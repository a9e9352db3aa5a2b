from __future__ import annotations

import pytest

from services.errors import DeadlineExceededError, InternalError, InvalidArgumentError, UnavailableError, WegenError
from services.worker.reasons import sentence


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InvalidArgumentError("steps", "0 is not 1 to 100"), "steps: 0 is not 1 to 100"),
        (UnavailableError("triton", "ipv4:10.0.0.7:8001: connection refused"), "triton is unavailable"),
        (InternalError("triton failed: File model.py, line 3"), "the model failed while making this picture"),
        (DeadlineExceededError("Deadline Exceeded"), "the time given for this picture is over"),
    ],
)
def test_a_caller_hears_what_concerns_him_and_no_address(error: WegenError, words: str) -> None:
    assert sentence(error) == words
