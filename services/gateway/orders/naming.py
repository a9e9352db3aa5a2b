"""Names of operations and the tokens of their pages."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime

from services.errors import InvalidArgumentError
from services.jobs.order import Operation

COLLECTION = "operations"
_NAME = re.compile(rf"{COLLECTION}/([0-9a-f]{{32}})")


def operation_name(operation_id: str) -> str:
    """The name under which callers know it."""
    return f"{COLLECTION}/{operation_id}"


def operation_id(name: str) -> str:
    """The id in `name`; InvalidArgumentError("name")."""
    found = _NAME.fullmatch(name)
    if not found:
        raise InvalidArgumentError("name", f"is not {COLLECTION}/ and 32 hexadecimal digits", reason="BAD_NAME")
    return found[1]


def page_token(last: Operation) -> str:
    """What continues a list behind `last`."""
    return base64.urlsafe_b64encode(json.dumps([last.created_at.isoformat(), last.id]).encode()).decode()


def after_token(token: str) -> tuple[datetime, str] | None:
    """Where the page of `token` begins, None for the first one; InvalidArgumentError("page_token")."""
    if not token:
        return None
    try:
        at, last = json.loads(base64.urlsafe_b64decode(token.encode()))
        when = datetime.fromisoformat(at).astimezone()
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidArgumentError("page_token", "is none that ListOperations has given", reason="BAD_TOKEN") from error
    return when, str(last)
