"""Objects (images) behind one interface: a directory, or any S3."""

from services.storage.directory import DirectoryStore
from services.storage.opening import open_store
from services.storage.s3 import S3Store
from services.storage.settings import StoreSettings
from services.storage.store import ObjectInfo, ObjectStore

__all__ = ["DirectoryStore", "ObjectInfo", "ObjectStore", "S3Store", "StoreSettings", "open_store"]
