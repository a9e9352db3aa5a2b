"""Where a model repository is published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from services.errors import InvalidArgumentError

_LOCATION = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[A-Za-z0-9._/-]*))?")


@dataclass(frozen=True, slots=True)
class Location:
    """`s3://BUCKET/PREFIX`; the prefix is empty or ends in no slash."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """InvalidArgumentError("location") for what is no such address."""
        match = _LOCATION.fullmatch(text)
        if not match:
            raise InvalidArgumentError("location", f"{text!r} is not of the form s3://BUCKET/PREFIX")
        return cls(match["bucket"], (match["prefix"] or "").strip("/"))

    def name(self, file: str) -> str:
        """The object of one file."""
        return f"{self.prefix}/{file}" if self.prefix else file

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")
