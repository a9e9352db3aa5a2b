"""`wegen-7b`: the published sizes (EVA02-CLIP-E-14-plus, LLaMA-2-7B-chat, SDXL)."""

from export.presets.preset import DecoderSize, DenoiserSize, LanguageSize, Preset, VisionSize
from export.presets.serving import Serving

# some of the sizes SDXL was trained at (arXiv 2307.01952, appendix I), about a megapixel each, 4:7 to 7:4
SDXL_BUCKETS = ((1024, 1024), (896, 1152), (1152, 896), (832, 1216), (1216, 832), (768, 1344), (1344, 768))


def wegen_7b() -> Preset:
    """The sizes of the WeGen paper (arXiv 2503.01115) and its published inference code."""
    return Preset(
        name="wegen-7b",
        image_size=1024,
        vision=VisionSize(
            image_size=448, patch_size=14, width=1792, layers=64, heads=16, mlp_hidden=15360, pool_stride=4
        ),
        language=LanguageSize(hidden=4096, layers=32, heads=32, mlp_hidden=11008, text_vocab=32000),
        denoiser=DenoiserSize(
            channels=(320, 640, 1280),
            layers_per_block=2,
            transformer_layers=(0, 2, 10),
            attention_heads=(5, 10, 20),
            feature_width=1792,
            time_embed_dim=256,
        ),
        decoder=DecoderSize(channels=(128, 256, 512, 512), layers_per_block=2, scaling_factor=0.13025),
        steps=50,
        guidance=7.0,
        context=2048,
        serving=Serving(buckets=SDXL_BUCKETS),
    )
