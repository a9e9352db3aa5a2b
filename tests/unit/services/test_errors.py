"""Errors carry what a caller needs to act on them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from services import errors


def test_invalid_argument_names_the_field_and_the_problem() -> None:
    error = errors.InvalidArgumentError("steps", "101 is more than 100", limit="100")
    assert str(error) == "steps: 101 is more than 100"
    assert error.metadata == {"field": "steps", "limit": "100"}


def test_unavailable_names_the_dependency() -> None:
    error = errors.UnavailableError("redis", "connection refused")
    assert "redis" in str(error)
    assert error.metadata["dependency"] == "redis"


def test_queue_full_says_when_to_try_again() -> None:
    assert errors.ResourceExhaustedError("64 requests are waiting", retry_after_s=2.5).retry_after_s == 2.5


@pytest.mark.parametrize("kind", errors.WegenError.__subclasses__())
def test_every_error_has_a_grpc_code_of_its_own(kind: type[errors.WegenError]) -> None:
    codes = [other.code for other in errors.WegenError.__subclasses__()]
    assert codes.count(kind.code) == 1
    assert kind.code != errors.WegenError.code


class Limits(BaseModel):
    most: int


class Store(BaseModel):
    key: int
    limits: list[Limits]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ('{"key": "hush", "limits": [{"most": "hush"}]}', "key"),
        ('{"key": 1, "limits": [{"most": "hush"}]}', "limits.0.most"),
        ("hush", ""),
    ],
)
def test_a_wrong_value_is_placed_and_never_told(content: str, where: str) -> None:
    with pytest.raises(ValidationError) as found:
        Store.model_validate_json(content)
    place, problem = errors.first_problem(found.value)
    assert place == where
    assert problem
    assert "hush" not in problem
