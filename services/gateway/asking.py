"""What is asked of the generator for a wish, in a chat and in an operation alike."""

from __future__ import annotations

from services.gateway.chat_settings import ChatDefaults
from services.gateway.intent import Picture, Plan
from services.gateway.prompt import Prompt
from services.gateway.psr import RewriteOrder
from services.gateway.wish import Wish
from services.inference.generator import GenerationRequest, ImageMode, Sampling

_IMAGE_MODES = {Picture.NEVER: ImageMode.NEVER, Picture.ALLOWED: ImageMode.ALLOW, Picture.FORCED: ImageMode.FORCE}


def rewrite_order(wish: Wish, defaults: ChatDefaults, prompt: Prompt, max_tokens: int) -> RewriteOrder:
    """The rewrites of `wish`, sampled as the paper's ablation says unless the caller says otherwise."""
    return RewriteOrder(
        prompt=prompt,
        n=wish.n,
        seed=wish.seed,
        top_p=defaults.top_p if wish.top_p is None else wish.top_p,
        temperature=defaults.rewrite_temperature if wish.temperature is None else wish.temperature,
        feature_guidance=wish.feature_guidance,
        max_tokens=max_tokens,
        resamples=defaults.rewrite_resamples,
        similarity=defaults.rewrite_similarity,
    )


def answer_request(
    wish: Wish, plan: Plan, defaults: ChatDefaults, prompt: Prompt, max_tokens: int
) -> GenerationRequest:
    """One answer to `wish`, the likeliest one unless the caller gave a temperature."""
    sampling = Sampling(
        wish.seed,
        defaults.top_p if wish.top_p is None else wish.top_p,
        0.0 if wish.temperature is None else wish.temperature,
    )
    return GenerationRequest(
        ids=prompt.ids,
        sampling=(sampling,),
        max_tokens=max_tokens,
        image=_IMAGE_MODES[plan.picture],
        features=prompt.features,
        feature_positions=prompt.feature_positions,
        feature_guidance=wish.feature_guidance,
    )
