"""Whether a worker can work: what it needs, asked every few seconds beside the jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.errors import UnavailableError

Check = Callable[[], object]
"""Returns if the dependency can be used, raises UnavailableError if not."""


class Readiness:
    """The last known state of a worker's dependencies, and whether it takes jobs at all."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._missing = "nothing has been asked yet"
        self._working = False

    def look(self) -> None:
        """Ask every dependency."""
        problems = [f"{name}: {problem}" for name, check in self._checks.items() if (problem := _problem(check))]
        self._missing = "; ".join(problems)

    def begin(self) -> None:
        """The worker takes jobs from here on."""
        self._working = True

    def retire(self) -> None:
        """The worker takes no more jobs."""
        self._working = False

    def missing(self) -> str | None:
        """What keeps it from working, None if nothing does."""
        if not self._working:
            return "no jobs are taken"
        return self._missing or None


def _problem(check: Check) -> str | None:
    try:
        check()
    except UnavailableError as error:
        return error.message
    return None
