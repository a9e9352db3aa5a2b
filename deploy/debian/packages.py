"""Download Debian packages with what they need and unpack them into a folder, without root and without installing."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

_TIMEOUT_S = 300
_DONE = "complete"


class PackageError(RuntimeError):
    """A package cannot be had on this machine; the message says why in one sentence."""


def fetch(packages: tuple[str, ...], folder: Path) -> Path:
    """Unpack `packages` and their missing dependencies into `folder`/prefix and return that path.

    What is already installed on the host is not fetched again. A second call returns at once. Calls of
    several processes do not disturb each other: each unpacks aside and one wins the rename.
    """
    prefix = folder / "prefix"
    if (prefix / _DONE).is_file():
        return prefix
    _require_apt(packages)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetch-") as scratch:
        staged = _unpack(_download(packages, folder, Path(scratch)), Path(scratch) / "prefix")
        (staged / _DONE).write_text(" ".join(packages) + "\n")
        try:
            staged.rename(prefix)
        except OSError as error:
            if not (prefix / _DONE).is_file():
                raise PackageError(f"{prefix} is in the way: remove it and try again") from error
    return prefix


def _require_apt(packages: tuple[str, ...]) -> None:
    missing = [tool for tool in ("apt-get", "dpkg") if shutil.which(tool) is None]
    if missing:
        raise PackageError(
            f"{' '.join(packages)} can be fetched on Debian or Ubuntu only ({' and '.join(missing)} not found): "
            "install it by this system's own means"
        )


def _download(packages: tuple[str, ...], folder: Path, scratch: Path) -> list[Path]:
    """The .deb files, by the host's package lists, or by fresh lists of our own where those are absent or stale."""
    try:
        return _download_by(packages, scratch, ())
    except PackageError:
        own = _fresh_lists(folder / "apt")
        return _download_by(packages, scratch, own)


def _download_by(packages: tuple[str, ...], scratch: Path, options: tuple[str, ...]) -> list[Path]:
    plan = _apt(scratch, *options, "install", "--simulate", "--no-install-recommends", *packages)
    names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    wanted = sorted({*names, *packages})
    _apt(scratch, *options, "download", *wanted)
    return sorted(scratch.glob("*.deb"))


def _fresh_lists(folder: Path) -> tuple[str, ...]:
    (folder / "lists/partial").mkdir(parents=True, exist_ok=True)
    (folder / "archives/partial").mkdir(parents=True, exist_ok=True)
    options = (
        "-o",
        f"Dir::State::lists={folder / 'lists'}",
        "-o",
        f"Dir::Cache={folder}",
        "-o",
        "Debug::NoLocking=1",
        # The sandbox user could not write into a folder of ours.
        "-o",
        "APT::Sandbox::User=",
    )
    _apt(folder, *options, "update")
    return options


def _apt(folder: Path, *arguments: str) -> str:
    result = subprocess.run(  # noqa: S603 - a fixed program, arguments from this file
        ["apt-get", "--quiet", *arguments],  # noqa: S607 - the host's own apt
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if result.returncode != 0:
        errors = [line for line in result.stderr.splitlines() if line.startswith("E:")]
        raise PackageError(f"apt-get failed: {' '.join(errors) or 'no reason given'}")
    return result.stdout


def _unpack(archives: list[Path], prefix: Path) -> Path:
    prefix.mkdir()
    for archive in archives:
        result = subprocess.run(  # noqa: S603 - a fixed program on files just fetched
            ["dpkg", "-x", str(archive), str(prefix)],  # noqa: S607 - the host's own dpkg
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        if result.returncode != 0:
            raise PackageError(f"dpkg cannot unpack {archive.name}: {result.stderr.strip()}")
        archive.unlink()
    return prefix
