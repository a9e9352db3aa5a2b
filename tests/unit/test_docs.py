"""Files that the pages name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"`((?:tests|services|deploy|export|bench)/[\w/.-]+\.py)`")


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_file_a_page_names_exists(page: Path) -> None:
    assert [name for name in _NAMED.findall(page.read_text()) if not (ROOT / name).is_file()] == []
