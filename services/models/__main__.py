"""`python -m services.models publish FOLDER s3://BUCKET/PREFIX`; `... fetch s3://BUCKET/PREFIX FOLDER`.

A fetch may be repeated: it goes on where it ended, and does nothing where the folder is whole.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from minio import Minio

from services.errors import WegenError
from services.manifest import Manifest, ManifestError
from services.models.bucket import Bucket, Files
from services.models.fetching import Fetch
from services.models.index import Index
from services.models.location import Location
from services.models.publishing import publish
from services.models.settings import ModelsSettings
from services.settings import SettingsError
from services.storage.pool import Patience, open_pool
from services.telemetry.logs import configure


def main(arguments: list[str] | None = None) -> int:
    """0, or 1 with one sentence."""
    parser = argparse.ArgumentParser(prog="python -m services.models", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    out = actions.add_parser("publish", help="write a repository into an S3")
    out.add_argument("folder", type=Path)
    out.add_argument("location")
    back = actions.add_parser("fetch", help="read a repository out of an S3")
    back.add_argument("location")
    back.add_argument("folder", type=Path)
    parsed = parser.parse_args(arguments)
    try:
        settings = ModelsSettings.load()
        configure("models", settings.log_level)
        files = _open(settings, Location.parse(parsed.location))
        index = _publish(parsed.folder, files) if parsed.action == "publish" else _fetch(settings, parsed.folder, files)
    except (SettingsError, WegenError, ManifestError) as error:
        print(f"models: {error}", file=sys.stderr)
        return 1
    print(f"models: {len(index.files)} files, {index.size / 1e6:.1f} MB, {parsed.location} and {parsed.folder}")
    return 0


def _open(settings: ModelsSettings, location: Location) -> Files:
    client = Minio(
        settings.models_endpoint,
        access_key=settings.models_access_key.get_secret_value() or None,
        secret_key=settings.models_secret_key.get_secret_value() or None,
        region=settings.models_region,
        secure=settings.models_secure,
        # A server that collects parts of many GB is silent for long.
        http_client=open_pool(Patience(connect_s=5, read_s=60, retries=4)),
    )
    return Bucket(client, location)


def _publish(folder: Path, files: Files) -> Index:
    Manifest.load(folder)
    return publish(folder, files)


def _fetch(settings: ModelsSettings, folder: Path, files: Files) -> Index:
    index = Fetch(files, folder, threads=settings.models_threads, pause=time.sleep).run()
    Manifest.load(folder)
    return index


if __name__ == "__main__":
    sys.exit(main())
