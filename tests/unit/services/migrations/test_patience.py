from __future__ import annotations

import pytest

from services.errors import UnavailableError
from services.migrations.patience import Patience
from services.migrations.runner import SchemaError


class Slow:
    """Works at the third try."""

    def __init__(self, *problems: Exception) -> None:
        self.problems = list(problems)

    def __call__(self) -> None:
        if self.problems:
            raise self.problems.pop(0)


def test_a_database_that_comes_late_is_waited_for() -> None:
    work = Slow(UnavailableError("database", "refused"), SchemaError(None, "0004"))
    Patience(60, pause=0.01).call(work)
    assert work.problems == []


def test_without_time_the_first_problem_is_the_last() -> None:
    work = Slow(UnavailableError("database", "refused"), UnavailableError("database", "refused"))
    with pytest.raises(UnavailableError, match="refused"):
        Patience(0).call(work)
    assert len(work.problems) == 1


def test_what_time_does_not_heal_is_not_tried_again() -> None:
    work = Slow(ValueError("wrong"), ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        Patience(60, pause=0.01).call(work)
    assert len(work.problems) == 1
