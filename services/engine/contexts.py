"""A compiled graph's execution contexts, one for each profile that is used."""

from __future__ import annotations

from collections.abc import Callable

from services.engine.compiled import Compiled, Execution


class Contexts:
    """Made when they are first needed; each remembers what it was last aimed at, and is bound anew only for another."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._contexts: dict[int, Execution] = {}
        self._aims: dict[int, object] = {}

    def aimed(self, profile: int, aim: object, bind: Callable[[Execution], None]) -> Execution:
        """The context of `profile`, ready to run on what `aim` stands for; `bind` gives it shapes and addresses."""
        if profile not in self._contexts:
            self._contexts[profile] = self._compiled.execution(profile)
        context = self._contexts[profile]
        if self._aims.get(profile) != aim:
            self._aims.pop(profile, None)  # half aimed if `bind` fails
            bind(context)
            self._aims[profile] = aim
        return context
