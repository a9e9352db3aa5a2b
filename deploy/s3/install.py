"""Where Ceph's programs are, and the environment they run in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deploy.debian import PackageError, fetch

CACHE = Path(".cache/radosgw")
PACKAGES = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")


@dataclass(frozen=True, slots=True)
class Installation:
    """Ceph unpacked under `prefix`; the folders differ by machine architecture."""

    prefix: Path

    @property
    def libraries(self) -> Path:
        """usr/lib/<architecture>, where the shared libraries and Ceph's own folder are."""
        found = next((self.prefix / "usr/lib").glob("*-linux-gnu/ceph"), None)
        if found is None:
            raise PackageError(f"{self.prefix} holds no Ceph: remove it and fetch again")
        return found.parent

    def program(self, name: str) -> str:
        """Path of one of Ceph's programs."""
        return str(self.prefix / "usr/bin" / name)

    def environment(self) -> dict[str, str]:
        """This process's environment, with the unpacked libraries and Python modules in front."""
        folders = (self.libraries, self.prefix / "lib" / self.libraries.name, self.libraries / "ceph")
        return {
            **os.environ,
            "PATH": f"{self.prefix / 'usr/bin'}:{os.environ.get('PATH', '')}",
            "LD_LIBRARY_PATH": ":".join(str(folder) for folder in folders),
            "PYTHONPATH": str(self.prefix / "usr/lib/python3/dist-packages"),
        }


def install(cache: Path = CACHE) -> Installation:
    """Fetch Ceph into `cache` unless it is there (66 MB once). `PackageError` where it cannot be had."""
    return Installation(fetch(PACKAGES, cache.resolve()))
