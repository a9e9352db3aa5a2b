"""Find or fetch PostgreSQL, make a cluster in a folder, and the command line that runs it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from deploy.debian import PackageError, fetch

CACHE = Path(".cache/postgres")
PACKAGES = ("postgresql",)
_DEBIAN = "usr/lib/postgresql"
_MAKE_S = 120
# PostgreSQL refuses to run as root, in a container too.
_UNPRIVILEGED = ("postgres", "nobody")


class PostgresError(RuntimeError):
    """A cluster cannot be made; the message is PostgreSQL's last sentence."""


def find(cache: Path = CACHE) -> Path:
    """The folder of PostgreSQL's programs: the host's, or fetched into `cache`. PackageError where it cannot be had."""
    return _programs(Path("/")) or _on_path() or _required(fetch(PACKAGES, cache.resolve()))


def account() -> pwd.struct_passwd | None:
    """Whom the server runs as if not as us: we are root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next((names[name] for name in _UNPRIVILEGED if name in names), None)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One database server. `durable`: survives a power cut, which tests need not."""

    programs: Path
    folder: Path
    port: int
    password: str = field(repr=False)
    user: str = "wegen"
    durable: bool = True

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """For WEGEN_DATABASE_URL."""
        return f"postgresql+psycopg://{self.user}:{self.password}@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """Make the cluster unless the folder holds one. PostgresError."""
        if (self.data / "PG_VERSION").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        owner = account()
        if owner:
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as secret:
            secret.write(self.password)
            secret.flush()
            if owner:
                os.chown(secret.name, owner.pw_uid, owner.pw_gid)
            self._initialise(secret.name, owner)

    def command(self) -> list[str]:
        """Arguments: loopback only, its socket in its own folder."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "on" if self.durable else "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *options]

    def environment(self) -> dict[str, str]:
        """The process environment with the libraries that were unpacked beside the programs."""
        prefix = self.programs.parents[4]
        folders = [str(folder) for folder in sorted((prefix / "usr/lib").glob("*-linux-gnu"))]
        if prefix == Path("/") or not folders:
            return dict(os.environ)
        known = os.environ.get("LD_LIBRARY_PATH")
        return {**os.environ, "LD_LIBRARY_PATH": ":".join([*folders, *([known] if known else [])])}

    def spawn(self) -> subprocess.Popen[bytes]:
        """The server as a child; its log is in the folder."""
        owner = account()
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - a program we found
                self.command(),
                env=self.environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
            )

    def _initialise(self, secret: str, owner: pwd.struct_passwd | None) -> None:
        line = [str(self.programs / "initdb"), "-D", str(self.data), "-U", self.user, "--pwfile", secret]
        line += ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C", *([] if self.durable else ["--no-sync"])]
        made = subprocess.run(  # noqa: S603 - a program we found
            line,
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_MAKE_S,
            check=False,
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )
        if made.returncode != 0:
            raise PostgresError((made.stderr.strip().splitlines() or ["initdb gave no reason"])[-1])


def _programs(prefix: Path) -> Path | None:
    """The newest version below `prefix`, as Debian lays them out."""
    found = [path for path in (prefix / _DEBIAN).glob("*/bin") if (path / "initdb").exists()]
    return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0), default=None)


def _on_path() -> Path | None:
    installed = shutil.which("initdb")
    return Path(installed).resolve().parent if installed else None


def _required(prefix: Path) -> Path:
    programs = _programs(prefix)
    if programs is None:
        raise PackageError(f"{prefix} holds no PostgreSQL: remove it and fetch again")
    return programs
