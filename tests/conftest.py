"""What holds for the whole suite."""

from __future__ import annotations

from hypothesis import settings


def pytest_configure() -> None:
    """No example has a deadline: on a busy machine it would time the neighbours."""
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")
