"""wegen-7b at its own widths with few layers and random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from export import presets
from export.presets import Preset
from export.weights import empty_network, random_weight, shapes

_HALVES = {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}


def shallow() -> Preset:
    """Every kind of block once: one LLaMA layer, one of EVA-CLIP, a UNet with one layer a block; SDXL's whole VAE.

    The UNet has the outer and the inner width, 320 and 1280: the one in between has blocks of the inner's kind, and
    tracing is what takes the time. The vocabulary is short.
    """
    full = presets.load("wegen-7b")
    unet = full.denoiser
    return replace(
        full,
        vision=replace(full.vision, layers=1),
        language=replace(full.language, layers=1, text_vocab=4000),
        denoiser=replace(
            unet,
            channels=unet.channels[::2],
            attention_heads=unet.attention_heads[::2],
            layers_per_block=1,
            transformer_layers=(0, 1),
        ),
        context=128,
    )


def of_one_width(preset: Preset) -> Preset:
    """With the UNet's inner width alone, so that there is half as much to trace."""
    unet = preset.denoiser
    unet = replace(
        unet, channels=unet.channels[-1:], attention_heads=unet.attention_heads[-1:], transformer_layers=(1,)
    )
    return replace(preset, denoiser=unet)


def network(preset: Preset, name: str, dtype: torch.dtype) -> nn.Module:
    """A random source's network in PyTorch: weights as `dtype` rounds them, computing in fp32."""
    module = empty_network(preset, name)
    state = {key: random_weight(key, shape).to(dtype).float() for key, shape in shapes(module).items()}
    module.load_state_dict(state, strict=True, assign=True)
    return module.eval()


def widened(path: Path) -> tuple[bytes, dict[str, NDArray[Any]]]:
    """A half-precision graph and the weights beside it, every number fp32: the same graph, without its rounding."""
    model = onnx.load(path, load_external_data=False)
    beside: dict[str, NDArray[Any]] = {}
    for tensor in model.graph.initializer:
        half = tensor.data_type in _HALVES
        if half or tensor.external_data:
            values = numpy_helper.to_array(tensor, str(path.parent))
            values = values.astype(np.float32) if half else values
            if tensor.external_data:
                beside[tensor.name] = values
                tensor.data_type = onnx.TensorProto.FLOAT if half else tensor.data_type
            else:
                tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        if value.type.tensor_type.elem_type in _HALVES:
            value.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i in _HALVES:
                attribute.i = onnx.TensorProto.FLOAT
    return model.SerializeToString(), beside
