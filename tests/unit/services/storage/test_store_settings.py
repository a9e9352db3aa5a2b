from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.storage import DirectoryStore, S3Store, StoreSettings, open_store


def test_the_default_is_a_directory() -> None:
    assert isinstance(open_store(StoreSettings()), DirectoryStore)


def test_s3_is_opened_without_asking_it() -> None:
    settings = StoreSettings.model_validate(
        {"store": "s3", "s3_endpoint": "127.0.0.1:1", "s3_access_key": "a", "s3_secret_key": "hidden-secret"}
    )
    assert isinstance(open_store(settings), S3Store)
    assert "hidden-secret" not in repr(settings)


def test_what_s3_lacks_is_named_and_no_key_is_shown() -> None:
    with pytest.raises(ValidationError) as refused:
        StoreSettings.model_validate({"store": "s3", "s3_access_key": "hidden-key"})
    assert [error["loc"] for error in refused.value.errors()] == [("s3_endpoint",), ("s3_secret_key",)]
    assert "hidden-key" not in repr(refused.value.errors())


def test_an_endpoint_is_not_a_url() -> None:
    with pytest.raises(ValidationError, match="without a scheme"):
        StoreSettings(s3_endpoint="http://host:9000")
