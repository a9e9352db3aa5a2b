from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import FailedPreconditionError, InvalidArgumentError
from services.models.index import FILE, Index, IndexedFile, is_plain
from services.models.location import Location

SHA = "0" * 64


@given(st.text(alphabet="a./_-\\ \0é", max_size=12))
def test_no_path_of_an_index_leads_out_of_its_folder(path: str) -> None:
    if is_plain(path):
        parts = path.split("/")
        assert not path.startswith("/")
        assert not any(part in {"", ".", ".."} or part.startswith(".") for part in parts)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", "a/../b", ".hidden", "", FILE])
def test_a_file_outside_is_refused_by_name(path: str) -> None:
    text = Index(files=(IndexedFile(file="a", size=1, sha256=SHA),)).render().replace(b'"a"', f'"{path}"'.encode())
    with pytest.raises(FailedPreconditionError, match=r"^s3: files\.0\.file"):
        Index.parse(text, "s3")


@pytest.mark.parametrize("text", [b"", b"[]", b'{"format": 2, "files": []}', b'{"files": [], "more": 1}'])
def test_what_is_no_index_is_refused(text: bytes) -> None:
    with pytest.raises(FailedPreconditionError, match=r"^s3: "):
        Index.parse(text, "s3")


@pytest.mark.parametrize(
    ("text", "name"),
    [("s3://models/wegen/7b", "wegen/7b/x"), ("s3://models/wegen/", "wegen/x"), ("s3://models", "x")],
)
def test_a_location_names_its_objects(text: str, name: str) -> None:
    assert Location.parse(text).name("x") == name


@pytest.mark.parametrize("text", ["models/x", "http://models/x", "s3://", "s3://M/x", "s3://models/a b"])
def test_another_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"s3://BUCKET/PREFIX"):
        Location.parse(text)
