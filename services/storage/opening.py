"""From settings to a store."""

from __future__ import annotations

from services.storage.directory import DirectoryStore
from services.storage.pool import Patience
from services.storage.s3 import S3Address, S3Store
from services.storage.settings import StoreSettings
from services.storage.store import ObjectStore


def open_store(settings: StoreSettings) -> ObjectStore:
    """The store that `settings` name. Nothing is asked of it yet: call `check` for that."""
    if settings.store == "directory":
        return DirectoryStore(settings.store_directory)
    address = S3Address(
        endpoint=settings.s3_endpoint,
        bucket=settings.s3_bucket,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        public_endpoint=settings.s3_public_endpoint,
        region=settings.s3_region,
        secure=settings.s3_secure,
        public_secure=settings.s3_public_secure,
        create_bucket=settings.s3_create_bucket,
    )
    patience = Patience(settings.s3_connect_timeout_s, settings.s3_read_timeout_s, settings.s3_retries)
    return S3Store(address, patience)
