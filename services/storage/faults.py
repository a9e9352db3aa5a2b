"""What minio-py and urllib3 raise, as our own errors; their messages hold signed URLs and are not repeated."""

from __future__ import annotations

from minio.error import InvalidResponseError, S3Error, ServerError
from urllib3.exceptions import HTTPError

from services.errors import UnavailableError

NO_ANSWER = (HTTPError, InvalidResponseError, ServerError)
MISSING = frozenset({"NoSuchKey", "NoSuchObject"})
_REFUSED = frozenset({"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"})


def unanswered(dependency: str, error: Exception) -> UnavailableError:
    """For an error of the connection."""
    return UnavailableError(dependency, f"no proper answer from S3 ({type(error).__name__})")


def refused(dependency: str, error: S3Error) -> UnavailableError:
    """For an answer that means nothing special to who asked."""
    if error.code in _REFUSED:
        return UnavailableError(dependency, "S3 refuses our keys")
    return UnavailableError(dependency, f"S3 answered {error.code}")
