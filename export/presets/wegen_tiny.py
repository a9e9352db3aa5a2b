"""`wegen-tiny`: a small member of the family, trained by `export.training` and shipped."""

from export.presets.preset import DecoderSize, DenoiserSize, LanguageSize, Preset, VisionSize


def wegen_tiny() -> Preset:
    """The same structure as `wegen-7b` at sizes that two CPU cores can train, and serve at once."""
    return Preset(
        name="wegen-tiny",
        image_size=128,
        vision=VisionSize(image_size=128, patch_size=8, width=128, layers=3, heads=4, mlp_hidden=384, pool_stride=2),
        language=LanguageSize(hidden=256, layers=5, heads=8, mlp_hidden=688, text_vocab=768),
        denoiser=DenoiserSize(
            channels=(64, 128, 128),
            layers_per_block=1,
            transformer_layers=(0, 1, 1),
            attention_heads=(2, 4, 4),
            feature_width=128,
            time_embed_dim=32,
            norm_groups=8,
        ),
        decoder=DecoderSize(channels=(16, 32, 64, 128), layers_per_block=1, scaling_factor=0.53851, norm_groups=4),
        steps=20,
        guidance=3.0,
        context=768,
    )
