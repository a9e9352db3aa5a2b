"""What is asked for in every measurement, the same of all who are measured."""

from __future__ import annotations

from services.gateway.templates import painting, rewriting
from services.gateway.tokenizer import Tokenizer

WISHES = (
    "a red circle on a blue background",
    "a green square on a white background",
    "a yellow triangle above a purple square",
    "two orange circles on a black background",
    "a small white star on a red background",
    "a blue triangle left of a green circle",
    "a large purple circle on a yellow background",
    "a black square under a red triangle",
)


def wish(number: int) -> str:
    """The wishes in turn."""
    return WISHES[number % len(WISHES)]


def painting_text(number: int) -> str:
    """The prompt that the gateway makes of a wish that is not rewritten, without BOS and `<img>`."""
    (text,) = painting(wish(number)).pieces
    assert isinstance(text, str)
    return text


def rewriting_ids(tokenizer: Tokenizer, number: int) -> tuple[int, ...]:
    """The prompt that asks for a rewrite."""
    (text,) = rewriting(wish(number)).pieces
    assert isinstance(text, str)
    return (tokenizer.tokens.bos, *tokenizer.encode(text))


def painting_ids(tokenizer: Tokenizer, number: int) -> tuple[int, ...]:
    """The prompt that asks for features at once: it ends in `<img>`."""
    tokens = tokenizer.tokens
    return (tokens.bos, *tokenizer.encode(painting_text(number)), tokens.image_start)
