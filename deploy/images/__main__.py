"""`python -m deploy.images gateway worker`: install what an image adds to its base, start from it, and weigh it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from deploy.images.packages import SETS, PackagesError, PackageSet, install, start, weigh

_LARGEST = 4


def main(
    names: Annotated[list[str], typer.Argument(help=f"Any of {', '.join(SETS)}.")],
    python: Annotated[
        Path | None, typer.Option(help="A Python with pip, of the base's version (default: found on the path).")
    ] = None,
) -> None:
    """A table of sizes; status 1 when a set cannot be installed or its image's program does not start from it."""
    console, table = Console(), Table("packages of", "Python", "MB", "largest")
    for name in names:
        if name not in SETS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(SETS)}")
    for name in names:
        try:
            with console.status(f"{name}: installing and starting"):
                table.add_row(name, *_measure(SETS[name], python))
        except PackagesError as error:
            console.print(f"{name}: {error}", style="red", markup=False)
            raise typer.Exit(1) from error
    console.print(table)


def _measure(packages: PackageSet, python: Path | None) -> tuple[str, str, str]:
    """Version of Python, megabytes, and the largest packages."""
    program = python or Path(shutil.which(f"python{packages.python}") or sys.executable)
    version = subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stdout.split()[1]  # noqa: S603
    if not version.startswith(f"{packages.python}."):
        raise PackagesError(f"the base of {packages.name} has Python {packages.python}, {program} is {version}")
    with tempfile.TemporaryDirectory() as folder:
        install(packages, program, Path(folder))
        start(packages, program, Path(folder))
        sizes = weigh(Path(folder))
    largest = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in list(sizes.items())[:_LARGEST])
    return version, f"{sum(sizes.values()) / 1e6:.0f}", largest


if __name__ == "__main__":
    typer.run(main)
