"""`python -m deploy.triton`: check everything, then become tritonserver."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deploy.triton import sharedmemory
from deploy.triton.assembly import assemble
from deploy.triton.command import command, environment, installed_environment
from deploy.triton.installed import find_installed
from deploy.triton.preflight import check_machine
from deploy.triton.problem import StartError
from deploy.triton.repository import Model, check_models, read_models
from deploy.triton.settings import Settings, parse
from deploy.triton.wheel import find_libpython, find_wheel


def main() -> int:
    """Parse, check, exec: a supervisor's signals reach the server itself. Status 2 with one sentence otherwise."""
    try:
        settings, check = parse()
        server, backends, surroundings = _find(settings)
        models = _choose(settings)
        check_models(settings.repository, models, settings.config_name, backends, hashes=settings.hashes)
        sharedmemory.sweep()
        check_machine(settings)
    except StartError as error:
        print(f"triton: {error}", file=sys.stderr)
        return 2
    names = [model.name for model in models]
    if not check:
        line = command(server, settings, backends, names)
        os.execve(server, line, surroundings)  # noqa: S606 - no shell is wanted
    print(f"triton: all is well, models {', '.join(names)}")
    return 0


def _find(settings: Settings) -> tuple[Path, Path, dict[str, str]]:
    """The program, its backends and its environment."""
    if settings.server is not None:
        installed = find_installed(settings.server)
        return installed.server, installed.backends, installed_environment(settings)
    wheel, libpython = find_wheel(), find_libpython()
    backends = assemble(wheel, settings.state / "backends")
    return wheel.server, backends, environment(wheel, settings, libpython)


def _choose(settings: Settings) -> tuple[Model, ...]:
    models = read_models(settings.repository, settings.config_name)
    unknown = set(settings.models) - {model.name for model in models}
    if unknown:
        raise StartError(f"{settings.repository} has no model {', '.join(sorted(unknown))}")
    return tuple(model for model in models if not settings.models or model.name in settings.models)


if __name__ == "__main__":
    sys.exit(main())
