"""LLaMA by transformers, with WeGen's projectors beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

from export.networks import LanguageModel
from export.presets import LanguageSize
from export.reference.prompt import Prompt


@dataclass(slots=True)
class Context:
    """A sequence so far: its cache, and what the model says at its last position (logits [vocab], feature [D])."""

    cache: DynamicCache
    logits: Tensor
    feature: Tensor


def llama_config(size: LanguageSize, context: int) -> LlamaConfig:
    """Transformers' configuration of a preset's LLaMA."""
    return LlamaConfig(
        vocab_size=size.vocab,
        hidden_size=size.hidden,
        intermediate_size=size.mlp_hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        rms_norm_eps=size.rms_norm_eps,
        rope_parameters={"rope_type": "default", "rope_theta": size.rope_theta},
        max_position_embeddings=context,
        tie_word_embeddings=False,
    )


class ReferenceLanguage:
    """One sequence at a time, `transformers.LlamaForCausalLM` inside: shares no code with `export.networks`."""

    def __init__(self, network: LanguageModel, context: int) -> None:
        self.llama: Any = LlamaForCausalLM(llama_config(network.size, context)).eval()
        self.llama.load_state_dict(_llama_state(network), strict=True)
        self._into = network.input_projector.weight.detach().clone()
        self._out = network.output_projector.weight.detach().clone()

    @torch.no_grad()
    def start(self, prompt: Prompt) -> Context:
        """Read a whole prompt."""
        embeddings = self.token(prompt.ids)
        if prompt.feature_positions:
            embeddings[list(prompt.feature_positions)] = self.feature(prompt.features)
        return self._read(embeddings, DynamicCache(config=self.llama.config))

    @torch.no_grad()
    def extend(self, context: Context, embedding: Tensor) -> None:
        """Read one more embedding [hidden] in place."""
        after = self._read(embedding[None], context.cache)
        context.logits, context.feature = after.logits, after.feature

    def token(self, ids: Sequence[int]) -> Tensor:
        """Embeddings [N, hidden] of token ids."""
        table: Tensor = self.llama.get_input_embeddings().weight
        return table.detach()[list(ids)].clone()

    def feature(self, features: Tensor) -> Tensor:
        """Embeddings [N, hidden] of features [N, D]."""
        return features @ self._into.T

    @torch.no_grad()
    def hidden(self, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [B, T, vocab] and features [B, T, D] at every position of embeddings [B, T, hidden]."""
        states = self.llama.model(inputs_embeds=embeddings, use_cache=False).last_hidden_state
        return self.llama.lm_head(states), states @ self._out.T

    @torch.no_grad()
    def generate_static(self, prompts: Sequence[Sequence[int]], tokens: int, pad: int) -> list[list[int]]:
        """`transformers.generate`, greedy, in one static batch of `tokens` new tokens each: the benchmark's peer."""
        longest = max(len(prompt) for prompt in prompts)
        ids = torch.tensor([[pad] * (longest - len(prompt)) + list(prompt) for prompt in prompts])
        mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        out = self.llama.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=tokens,
            min_new_tokens=tokens,
            do_sample=False,
            pad_token_id=pad,
        )
        answers: list[list[int]] = out[:, longest:].tolist()
        return answers

    def _read(self, embeddings: Tensor, cache: DynamicCache) -> Context:
        out = self.llama.model(inputs_embeds=embeddings[None], past_key_values=cache, use_cache=True)
        last = out.last_hidden_state[0, -1]
        return Context(out.past_key_values, self.llama.lm_head(last), self._out @ last)


def _llama_state(network: LanguageModel) -> dict[str, Tensor]:
    """The network's tensors under transformers' names."""
    state = {}
    for name, value in network.state_dict().items():
        if name.split(".")[0] in {"input_projector", "output_projector"}:
            continue
        renamed = name if name.startswith("lm_head") else f"model.{name}"
        for part in ("gate_proj", "up_proj", "down_proj"):
            renamed = renamed.replace(f".{part}.", f".mlp.{part}.")
        state[renamed] = value.detach().clone()
    return state
