"""A one-node cluster as a configuration: ports, folder, keys, and the text of ceph.conf."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deploy.s3.install import Installation

_OSD_PORTS = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """What one cluster is: `port` speaks S3, the ports above `inner_port` are the cluster's own on loopback."""

    folder: Path
    port: int
    inner_port: int
    access_key: str
    secret_key: str = field(repr=False)
    backend: Literal["memstore", "bluestore"] = "memstore"
    size_bytes: int = 4 << 30
    # Above 0: lifecycle rules see a day as that many seconds.
    lifecycle_day_s: int = -1

    @property
    def config(self) -> Path:
        """The cluster's ceph.conf."""
        return self.folder / "ceph.conf"

    @property
    def keyring(self) -> Path:
        """The cluster's own keys (not S3's)."""
        return self.folder / "keyring"

    @property
    def monitor(self) -> str:
        """The monitor's address, messenger 2 only: one port instead of two."""
        return f"[v2:127.0.0.1:{self.inner_port}/0]"

    def text(self, installation: Installation, cluster: uuid.UUID) -> str:
        """ceph.conf; short intervals because one machine has nothing to agree on."""
        libraries = installation.libraries
        settings: dict[str, object] = {
            "fsid": cluster,
            "mon_host": self.monitor,
            "public_addr": "127.0.0.1",
            "cluster_addr": "127.0.0.1",
            "ms_bind_msgr1": "false",
            "ms_bind_port_min": self.inner_port + 1,
            "ms_bind_port_max": self.inner_port + _OSD_PORTS,
            "auth_cluster_required": "cephx",
            "auth_service_required": "cephx",
            "auth_client_required": "cephx",
            "auth_allow_insecure_global_id_reclaim": "false",
            "osd_pool_default_size": 1,
            "osd_pool_default_min_size": 1,
            "mon_allow_pool_size_one": "true",
            "osd_pool_default_pg_num": 1,
            "osd_pool_default_pg_autoscale_mode": "off",
            "mon_max_pg_per_osd": 2000,
            "osd_crush_chooseleaf_type": 0,
            "osd_objectstore": self.backend,
            "memstore_device_bytes": self.size_bytes,
            "bluestore_block_size": self.size_bytes,
            "osd_memory_target": 939524096,
            "run_dir": self.folder,
            "erasure_code_dir": libraries / "ceph/erasure-code",
            "osd_class_dir": libraries / "rados-classes",
            "plugin_dir": libraries / "ceph",
            "mgr_module_path": installation.prefix / "usr/share/ceph/mgr",
            "keyring": self.keyring,
            "admin_socket": f"{self.folder}/$name.asok",
            "pid_file": "",
            "log_file": f"{self.folder}/$name.log",
            "mon_cluster_log_file": self.folder / "cluster.log",
            "mon_data": self.folder / "mon",
            "osd_data": self.folder / "osd",
            "rgw_data": self.folder / "rgw",
            "paxos_propose_interval": 0.05,
            "paxos_min_wait": 0.01,
            "osd_mon_shutdown_timeout": 1,
            "osd_mclock_skip_benchmark": "true",
            "osd_heartbeat_grace": 3,
            "osd_heartbeat_interval": 1,
            "osd_pool_default_read_lease_ratio": 0.2,
            "rgw_init_timeout": 60,
            "rgw_lc_debug_interval": self.lifecycle_day_s,
        }
        return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())
