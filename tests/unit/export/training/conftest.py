"""A small library that holds everything lessons are made of, and the shipped tokenizer."""

from __future__ import annotations

import pytest

from export.tokenizer import Tokenizer
from export.training.library import Library
from export.training.stocking import Contents, build_library
from export.weights import ROOT, TOKENIZER_FILE


@pytest.fixture(scope="session")
def library() -> Library:
    return build_library(Contents(240))


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.load(ROOT / "wegen-tiny" / TOKENIZER_FILE)
