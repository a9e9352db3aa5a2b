"""Text and special tokens to ids and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.presets import Preset
from export.presets.preset import special_tokens
from export.random_tokenizer import train_tokenizer
from export.tokenizer import Tokenizer, TokenizerError
from export.weights import TOKENIZER_FILE


@pytest.fixture(scope="module")
def tokenizer(weights_folder: Path, preset: Preset) -> Tokenizer:
    return Tokenizer.load(weights_folder / TOKENIZER_FILE, preset.language.text_vocab)


def test_specials_follow_the_text_vocabulary(tokenizer: Tokenizer, preset: Preset) -> None:
    first = preset.language.text_vocab
    assert len(special_tokens()) == 330
    assert tokenizer.encode("".join(special_tokens())) == list(range(first, first + 330))


def test_specials_stand_where_they_are_in_the_text(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("a<img><img_00000></img> b<loc-22>3", bos=True)
    image = [tokenizer.id_of(token) for token in ("<img>", "<img_00000>", "</img>")]
    assert ids[0] == tokenizer.bos
    start = ids.index(image[0])
    assert ids[start : start + 3] == image
    assert tokenizer.id_of("<loc-22>") in ids
    assert tokenizer.id_of("<loc-2>") not in ids


@settings(max_examples=60)
@given(st.lists(st.one_of(st.sampled_from(special_tokens()), st.text(st.characters(codec="utf-8"), min_size=1))))
def test_any_text_survives(tokenizer: Tokenizer, parts: list[str]) -> None:
    text = "".join(parts).replace("▁", "")
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_tokenizer_of_another_size_is_refused(weights_folder: Path) -> None:
    with pytest.raises(TokenizerError, match="has 400 pieces, the preset wants 401"):
        Tokenizer.load(weights_folder / TOKENIZER_FILE, 401)


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenizerError, match=r"tokenizer\.model does not exist"):
        Tokenizer.load(tmp_path / TOKENIZER_FILE)


def test_the_stand_in_is_the_same_each_time(preset: Preset, weights_folder: Path) -> None:
    assert train_tokenizer(preset) == (weights_folder / TOKENIZER_FILE).read_bytes()
