"""What a published model repository consists of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator

from services.errors import FailedPreconditionError, first_problem
from services.manifest import Frozen

FILE = "index.json"
FORMAT = 1
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")


class IndexedFile(Frozen):
    """One file, by its path below the repository."""

    file: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @field_validator("file")
    @classmethod
    def _below(cls, value: str) -> str:
        if not is_plain(value):
            raise ValueError("not a path below the repository")
        return value


class Index(Frozen):
    """All files of a repository; published and fetched last, so that its presence means that they are whole."""

    format: int = FORMAT
    files: tuple[IndexedFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """From JSON; FailedPreconditionError names `where` it was found and what is wrong with it."""
        try:
            index = cls.model_validate_json(data)
        except ValidationError as error:
            field, problem = first_problem(error)
            raise FailedPreconditionError(f"{where}: {field or 'the file'}: {problem}", reason="BAD_INDEX") from error
        if index.format != FORMAT:
            raise FailedPreconditionError(f"{where}: format {index.format} is not {FORMAT}", reason="BAD_INDEX")
        return index

    def render(self) -> bytes:
        """As JSON."""
        return (self.model_dump_json(indent=1) + "\n").encode()


def is_plain(path: str) -> bool:
    """Whether `path` is relative, goes nowhere upward and holds nothing hidden."""
    return all(_PART.fullmatch(part) for part in path.split("/")) and path != FILE


def read_folder(folder: Path) -> list[Path]:
    """The files to publish, without what Python or an editor left behind, in the order of their names."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        path
        for path in found
        if is_plain(name := path.relative_to(folder).as_posix()) and "__pycache__" not in name.split("/")
    )
