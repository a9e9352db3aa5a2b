"""A real S3 on one machine: Ceph's radosgw from Debian packages, unpacked beside the project."""
