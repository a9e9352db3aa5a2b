"""SEED-X's tokenizer: sentencepiece's file, and the ids of the tokens added behind it."""

from __future__ import annotations

from pathlib import Path

from export.checkpoints.configs import read_config
from export.checkpoints.problems import CheckpointError
from export.presets import Preset
from export.presets.preset import special_tokens
from export.tokenizer import Tokenizer, TokenizerError
from export.weights import TOKENIZER_FILE

ADDED = "added_tokens.json"

# two ids follow whose names nothing here gives a meaning
_LAST = "</patch>"


def tokenizer_differences(folder: Path, preset: Preset) -> list[str]:
    """How the tokenizer differs from the preset's vocabulary: one sentence, or none."""
    path = folder / TOKENIZER_FILE
    try:
        tokenizer = Tokenizer.load(path, preset.language.text_vocab)
    except TokenizerError as error:
        return [str(error)]
    except (RuntimeError, OSError) as error:
        raise CheckpointError(f"{path} is cut short or not a sentencepiece model") from error
    added = read_config(folder / ADDED)
    names = special_tokens()
    differ = [name for name in names[: names.index(_LAST) + 1] if added.get(name) != tokenizer.id_of(name)]
    if not differ:
        return []
    first, more = differ[0], f" (and {len(differ) - 1} tokens more differ)" if len(differ) > 1 else ""
    wanted = tokenizer.id_of(first)
    return [f"{folder / ADDED}: {first} is {added.get(first, 'missing')}, the preset wants {wanted}{more}"]
