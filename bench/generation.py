"""Decoding speed of the feature generator through Triton."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

from bench.wishes import rewriting_ids
from services.gateway.tokenizer import Tokenizer
from services.inference.generator import FinishedEvent, GenerationRequest, GeneratorClient, ImageMode, Sampling


async def tokens_per_second(client: GeneratorClient, tokenizer: Tokenizer, *, concurrent: int, tokens: int) -> float:
    """`concurrent` streams make at least `tokens` tokens each; prompts are read within the time.

    Text is sampled from the whole vocabulary at temperature 2: that is the dearest way to sample, and a text that ends
    early by chance is followed by another at once.
    """

    async def stream(number: int) -> int:
        made = 0
        while made < tokens:
            made += await _one(client, rewriting_ids(tokenizer, number), seed=number + made, tokens=tokens - made)
        return made

    begin = time.perf_counter()
    made = await asyncio.gather(*(stream(number) for number in range(concurrent)))
    return sum(made) / (time.perf_counter() - begin)


async def _one(client: GeneratorClient, ids: tuple[int, ...], *, seed: int, tokens: int) -> int:
    """Tokens that one request made, an end-of-text among them."""
    sampling = (Sampling(seed, top_p=1.0, temperature=2.0),)
    request = GenerationRequest(ids, sampling, tokens, ImageMode.NEVER)
    made = 0
    async for event in client.generate(request, request_id=uuid4().hex, timeout=300):
        if isinstance(event, FinishedEvent):
            made = event.generated_tokens + (event.reason == "stop")
    return made
