"""The measured steps are the model's own: decoding equals the whole sequence, plans stand beside torch's cases."""

from __future__ import annotations

import functools
import time
from pathlib import Path

import onnx
import onnxruntime as ort
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from bench.gpu.clock import Clock
from bench.gpu.decoding import DecodeStep, InPlaceAttention, decode_network, generate_features
from bench.gpu.engine import Blocks, Engine, compile_blocks
from bench.gpu.networks import random_network, weight_bytes
from bench.gpu.onnx_graphs import BoundGraph, measure_graphs
from bench.gpu.plans import BACKEND, measure_denoiser, measure_pool
from bench.gpu.result import Case
from bench.gpu.run import DECODE, DECODER, FEATURES, UNET, VISION, Run
from bench.measures import Series
from export import presets
from export.networks import LanguageModel
from export.presets import LanguageSize
from services.engine.tensorrt_denoiser import TensorrtDenoiserRuntime
from services.engine.tensorrt_language import TensorrtLanguageRuntime
from services.manifest import LanguageSpec
from tests.fakes.device import FakeDevice
from tests.fakes.plans import FakeLanguage, denoiser_plan

CPU = torch.device("cpu")
FLOAT = onnx.TensorProto.FLOAT


def small_model() -> LanguageModel:
    size = LanguageSize(hidden=32, layers=2, heads=4, mlp_hidden=48, text_vocab=20)
    return random_network(lambda: LanguageModel(size, 8), CPU, torch.float32)


def new_step(model: LanguageModel, rows: int, span: int) -> DecodeStep:
    return DecodeStep(decode_network(model), model.size, rows, span)


def test_steps_over_the_cache_are_the_whole_sequence() -> None:
    model, length = small_model(), 6
    random = torch.Generator().manual_seed(1)
    ids = torch.randint(0, 20, (3, length), generator=random)
    features = torch.randn(3, length, 8, generator=random)
    is_feature = torch.rand(3, length, generator=random) < 0.4
    step = new_step(model, 3, span=10)
    engine = Engine(step, CPU, compiled=False)
    for at in range(length):
        step.past_length.fill_(at)
        step.ids.copy_(ids[:, at : at + 1])
        step.features.copy_(features[:, at : at + 1])
        step.is_feature.copy_(is_feature[:, at : at + 1])
        engine.run()
    expected = model(ids, features, is_feature)
    torch.testing.assert_close(engine.outputs[0], expected.logits[:, -1])
    torch.testing.assert_close(engine.outputs[1], expected.features[:, -1])


def test_each_feature_is_the_next_input() -> None:
    model = small_model()
    step = new_step(model, 1, span=4)
    engine = Engine(step, CPU, compiled=False)
    generate_features(step, engine.outputs[1], engine.run, start=0, count=3)
    fed = torch.zeros(1, 3, 8)
    for at in range(2):
        marks = torch.ones(1, at + 1, dtype=torch.bool)
        fed[:, at + 1] = model(torch.zeros(1, at + 1, dtype=torch.int64), fed[:, : at + 1], marks).features[:, -1]
    expected = model(torch.zeros(1, 3, dtype=torch.int64), fed, torch.ones(1, 3, dtype=torch.bool))
    torch.testing.assert_close(engine.outputs[1], expected.features[:, -1])


def test_a_step_moves_every_weight_but_the_table_and_the_cache() -> None:
    model = small_model()
    step = new_step(model, 2, span=10)
    table = model.embed_tokens.weight.nbytes
    assert step.moved == weight_bytes(model) - table + 2 * 2 * 2 * 10 * 32 * 4


def test_attention_counts_what_a_product_would() -> None:
    query, keys = torch.zeros(3, 4, 1, 8), torch.zeros(3, 4, 10, 8)
    with FlopCounterMode(display=False) as counter:
        torch.matmul(torch.matmul(query, keys.transpose(-1, -2)), keys)
    assert InPlaceAttention(small_model().size).operations(3, span=10) == 2 * counter.get_total_flops()  # two layers


def test_compiled_blocks_of_another_batch_compute_the_same() -> None:
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    plain = [network(torch.ones(batch, 4)).detach() for batch in (2, 5)]
    compile_blocks(network, Blocks(("Linear",), any_batch=True), backend="eager")
    for batch, expected in zip((2, 5), plain, strict=True):
        engine = Engine(functools.partial(network, torch.ones(batch, 4)), CPU, compiled=True)
        engine.run()
        torch.testing.assert_close(engine.outputs[0], expected)


def test_a_case_too_late_is_told_and_not_run() -> None:
    run = new_run(deadline=time.monotonic() - 1)
    run.measure()
    assert run.results == []
    assert {each.reason for each in run.left} == {"the time is over"}


def test_plans_stand_beside_torchs_cases() -> None:
    run = new_run(deadline=time.monotonic() + 60)
    for name, batch in [(DECODE, 1), (DECODE, 8), (FEATURES, 1), (UNET, 4)]:
        run.keep(Case(name, batch, "torch, eager", moved=1e6, operations=1e6), Series((1.0,), "ms"))
    device, spec = FakeDevice(lazy=True), LanguageSpec(layers=1, heads=2, head_dim=16, context=72, vocab=50)
    plan = FakeLanguage(spec, 128).plan(device, 128, rows=32, tokens=4, span=72)
    measure_pool(run, TensorrtLanguageRuntime(device, [plan], spec, 128, slots=32).pools[0])
    latents, features = [(4, 4, 4)], (64, 128)
    plan = denoiser_plan(device, latents, features, batch=8)
    unet = TensorrtDenoiserRuntime(device, plan, rows=8, batch=8, latents=latents, features=features)
    measure_denoiser(run, unet.pools[0])
    found = [(each.case.name, each.case.batch) for each in run.results if each.case.backend == BACKEND]
    assert found == [(DECODE, 1), (DECODE, 8), (FEATURES, 1), (UNET, 4)]


def test_graphs_in_onnx_runtime_stand_beside_torchs_cases(tmp_path: Path) -> None:
    """The cache's past and present are one memory, which every run goes on from."""
    cache = [
        onnx.helper.make_tensor_value_info(f"{end}_key_0", FLOAT, ["batch", "span"]) for end in ("past", "present")
    ]
    lengths = onnx.helper.make_tensor_value_info("past_length", onnx.TensorProto.INT64, ["batch"])
    one = onnx.helper.make_tensor("one", FLOAT, [1], [1.0])
    logits = onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.INT64, ["batch"])
    nodes = [
        onnx.helper.make_node("Add", ["past_key_0", "one"], ["present_key_0"]),
        onnx.helper.make_node("Identity", ["past_length"], ["logits"]),
    ]
    graph = onnx.helper.make_graph(nodes, "decode", [lengths, cache[0]], [logits, cache[1]], [one])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 24)])
    model.ir_version = 10
    onnx.save(model, tmp_path / "llama_feature_generator.onnx")
    run = new_run(deadline=time.monotonic() + 60)
    for batch in (1, 8):
        run.keep(Case(DECODE, batch, "torch, eager", moved=1e6, operations=1e6), Series((1.0,), "ms"))
    measure_graphs(run, tmp_path)
    found = [(each.case.name, each.case.batch) for each in run.results if "ONNX Runtime" in each.case.backend]
    assert found == [(DECODE, 1), (DECODE, 8)]
    assert {each.name for each in run.left} == {VISION, UNET, DECODER}  # graphs that are not there
    session = ort.InferenceSession(tmp_path / "llama_feature_generator.onnx", providers=["CPUExecutionProvider"])
    bound = BoundGraph(session, {"batch": 2, "span": 3}, "cpu", length=5)
    bound.run()
    bound.run()
    assert bound.value("past_length").tolist() == [5, 5]
    assert bound.value("past_key_0").tolist() == [[2, 2, 2]] * 2


def new_run(deadline: float) -> Run:
    return Run(presets.load("wegen-tiny"), Clock(CPU), torch.float32, 72, 1, deadline, lambda text: None)
