"""Make, run and stop a one-node Ceph cluster: monitor, one object store daemon, S3 gateway."""

from __future__ import annotations

import socket
import subprocess
import time
import uuid
from dataclasses import dataclass, field

from deploy.s3.install import Installation
from deploy.s3.layout import Layout

_COMMAND_S = 60
_STOP_S = 10
_GRANTS = {
    "mon.": {"mon": "allow *"},
    "client.admin": {"mon": "allow *", "osd": "allow *", "mgr": "allow *"},
    "osd.0": {"mon": "allow profile osd", "osd": "allow *"},
}


class ClusterError(RuntimeError):
    """The cluster does not come up; the message names the part and its log."""


@dataclass(slots=True)
class Cluster:
    """Runs in this process's children; everything it writes is under `layout.folder`."""

    layout: Layout
    installation: Installation
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, timeout_s: float = 60) -> None:
        """Bring up the cluster, made anew where the folder holds none, and wait until S3 answers."""
        for port in (self.layout.port, self.layout.inner_port):
            _require_free(port)
        fresh = not self.layout.config.exists()
        if fresh:
            self._make()
        self._spawn("mon", "ceph-mon", "-f", "-i", "a")
        if fresh:
            self._make_store()
        self._spawn("osd", "ceph-osd", "-f", "-i", "0")
        if fresh:
            self._make_user()
        frontend = f"beast endpoint=127.0.0.1:{self.layout.port} tcp_nodelay=1"
        self._spawn("rgw", "radosgw", "-f", "-n", "client.admin", f"--rgw-frontends={frontend}")
        self._await_port(timeout_s)

    def stop(self, patience_s: float = _STOP_S) -> None:
        """Stop gateway, store and monitor in this order; what does not end in time is killed."""
        for child in reversed(self.children.values()):
            child.terminate()
            try:
                child.wait(patience_s)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children.clear()

    def wait(self) -> str:
        """Block until one of the daemons ends; its name."""
        while True:
            ended = self._ended()
            if ended:
                return ended
            time.sleep(0.2)

    def _make(self) -> None:
        layout, cluster = self.layout, uuid.uuid4()
        for part in ("mon", "osd", "rgw"):
            (layout.folder / part).mkdir(parents=True, exist_ok=True)
        keyring, monmap = str(layout.keyring), str(layout.folder / "monmap")
        grants = {
            "mon.": ("mon", "allow *"),
            "client.admin": ("mon", "allow *", "osd", "allow *", "mgr", "allow *"),
            "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
        }
        create = ["--create-keyring"]
        for name, pairs in grants.items():
            caps = [
                item for kind, allowed in zip(pairs[::2], pairs[1::2], strict=True) for item in ("--cap", kind, allowed)
            ]
            self._run("ceph-authtool", keyring, *create, "--gen-key", "-n", name, *caps)
            create = []
        address = self.layout.monitor.replace("/0", "")
        self._run("monmaptool", "--create", "--addv", "a", address, "--fsid", str(cluster), monmap)
        # Written last but one: ceph.conf says that a cluster is here.
        draft = layout.config.with_suffix(".draft")
        draft.write_text(layout.text(self.installation, cluster))
        self._run("ceph-mon", "-c", str(draft), "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        draft.rename(layout.config)

    def _make_store(self) -> None:
        store = str(uuid.uuid4())
        python = "/usr/bin/python3"  # Debian's, whose version Ceph's modules were built for
        self._run(python, self.installation.program("ceph"), *self._conf(), "osd", "new", store)
        self._run("ceph-osd", *self._conf(), "-i", "0", "--mkfs", "--osd-uuid", store)

    def _make_user(self) -> None:
        keys = (f"--access-key={self.layout.access_key}", f"--secret={self.layout.secret_key}")
        self._run("radosgw-admin", *self._conf(), "user", "create", "--uid=app", "--display-name=app", *keys)

    def _conf(self) -> tuple[str, str]:
        return ("-c", str(self.layout.config))

    def _run(self, program: str, *arguments: str) -> None:
        path = program if program.startswith("/") else self.installation.program(program)
        result = subprocess.run(  # noqa: S603 - programs we unpacked
            [path, *arguments],
            env=self.installation.environment(),
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=False,
        )
        if result.returncode != 0:
            last = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ClusterError(f"{program} failed: {last}")

    def _spawn(self, name: str, program: str, *arguments: str) -> None:
        with (self.layout.folder / f"{name}.err").open("ab") as log:
            self.children[name] = subprocess.Popen(  # noqa: S603 - programs we unpacked
                [self.installation.program(program), *self._conf(), *arguments],
                env=self.installation.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _ended(self) -> str | None:
        return next((name for name, child in self.children.items() if child.poll() is not None), None)

    def _await_port(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            ended = self._ended()
            if ended:
                raise ClusterError(f"{ended} ended at the start: see {self.layout.folder / ended}.err")
            if _answers(self.layout.port):
                return
            time.sleep(0.05)
        raise ClusterError(f"S3 did not answer on port {self.layout.port} within {timeout_s:.0f} s")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _require_free(port: int) -> None:
    if _answers(port):
        raise ClusterError(f"port {port} is in use")
