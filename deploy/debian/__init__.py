"""Programs from Debian packages, unpacked beside the project and never installed."""

from deploy.debian.packages import PackageError, fetch

__all__ = ["PackageError", "fetch"]
