"""Preparing faster models, on a small graph with the patterns of the packaged one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from exceptions import ModelLoadError
from speech.engines.embedded import prepare as preparing
from speech.engines.embedded.float_convolutions import restore_float_convolutions
from speech.engines.embedded.fusions import fuse_normalisations, fuse_snakes
from speech.engines.embedded.graph import Graph
from speech.engines.embedded.machine import cpu_name, int8_is_exact
from speech.engines.embedded.prepare import FLOAT, RECIPES, Recipe, read_ranges, write_ranges
from speech.engines.embedded.spectrum import replace_spectrum
from speech.engines.embedded.static_int8 import Ranges, quantise_convolutions

Array = npt.NDArray[Any]
CHANNELS, LENGTH, TAPS = 6, 200, 3
PREFIX = preparing.DECODER


def tiny_model(seed: int = 0) -> Any:
    """Adaptive instance normalisation, snake and a dynamically quantised convolution with bias."""
    random = np.random.default_rng(seed)
    alpha = random.uniform(0.3, 3.0, (1, CHANNELS, 1)).astype(np.float32)
    constants: dict[str, Array] = {
        "axes": np.array([2]),
        "epsilon": np.array(1e-5, np.float32),
        "scale": random.uniform(0.5, 2.0, (1, CHANNELS, 1)).astype(np.float32)
        * np.logspace(0, 1.5, CHANNELS)[:, None].astype(np.float32),
        "shift": random.normal(size=(1, CHANNELS, 1)).astype(np.float32),
        "alpha": alpha,
        "inverse": (1 / alpha).astype(np.float32),
        "two": np.array(2, np.float32),
        "weights": random.integers(0, 256, (CHANNELS, CHANNELS, TAPS)).astype(np.uint8),
        "weight_zero": np.array(121, np.uint8),
        "weight_scale": np.array([0.01], np.float32),
        "bias": random.normal(size=CHANNELS).astype(np.float32),
        "bias_shape": np.array([1, -1, 1]),
    }
    steps: list[tuple[str, list[str], list[str], dict[str, Any]]] = [
        ("ReduceMean", ["x", "axes"], ["mean"], {}),
        ("Sub", ["x", "mean"], ["centred"], {}),
        ("Mul", ["centred", "centred"], ["squares"], {}),
        ("ReduceMean", ["squares", "axes"], ["variance"], {}),
        ("Add", ["variance", "epsilon"], ["plus"], {}),
        ("Sqrt", ["plus"], ["deviation"], {}),
        ("Div", ["centred", "deviation"], ["normal"], {}),
        ("Mul", ["scale", "normal"], ["scaled"], {}),
        ("Add", ["scaled", "shift"], ["adapted"], {}),
        ("Mul", ["alpha", "adapted"], ["angle"], {}),
        ("Sin", ["angle"], ["sine"], {}),
        ("Pow", ["sine", "two"], ["sine2"], {}),
        ("Mul", ["inverse", "sine2"], ["wave"], {}),
        ("Add", ["adapted", "wave"], ["snake"], {}),
        ("DynamicQuantizeLinear", ["snake"], ["q", "q_scale", "q_zero"], {}),
        ("ConvInteger", ["q", "weights", "q_zero", "weight_zero"], ["sums"], {"pads": [1, 1]}),
        ("Mul", ["q_scale", "weight_scale"], ["scales"], {}),
        ("Div", ["bias", "scales"], ["bias_steps"], {}),
        ("Floor", ["bias_steps"], ["bias_floor"], {}),
        ("Cast", ["bias_floor"], ["bias_whole"], {"to": TensorProto.INT32}),
        ("Reshape", ["bias_whole", "bias_shape"], ["bias_row"], {}),
        ("Add", ["sums", "bias_row"], ["with_bias"], {}),
        ("Cast", ["with_bias"], ["as_float"], {"to": TensorProto.FLOAT}),
        ("Mul", ["as_float", "scales"], ["y"], {}),
    ]
    nodes = [helper.make_node(kind, i, o, name=f"{PREFIX}{kind}_{o[0]}", **more) for kind, i, o, more in steps]
    return as_model(nodes, constants, "x", [1, CHANNELS, LENGTH])


def as_model(nodes: list[Any], constants: dict[str, Array], source: str, shape: list[int]) -> Any:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(source, TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def run(model: Any, x: Array) -> Array:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["y"], {model.graph.input[0].name: x})[0])


def kinds(model: Any) -> list[str]:
    return [node.op_type for node in model.graph.node]


def noise(wanted: Array, got: Array) -> float:
    """Signal-to-noise ratio in dB."""
    return float(10 * np.log10((wanted**2).sum() / ((wanted - got) ** 2).sum()))


@pytest.fixture
def x() -> Array:
    return np.random.default_rng(1).normal(size=(1, CHANNELS, LENGTH)).astype(np.float32)


def float_model() -> Any:
    model = tiny_model()
    assert restore_float_convolutions(Graph(model)) == 1
    return model


def test_float_convolution_keeps_the_sound_and_drops_the_chain(x: Array) -> None:
    model = float_model()
    assert not {"ConvInteger", "DynamicQuantizeLinear", "Floor", "Cast"} & set(kinds(model))
    # What is left of a difference is the rounding of the 8-bit input and of the bias.
    assert noise(run(tiny_model(), x), run(model, x)) > 35


def test_a_convolution_in_another_pattern_stays(x: Array) -> None:
    model = tiny_model()
    model.graph.output.append(helper.make_tensor_value_info("as_float", TensorProto.FLOAT, None))
    assert restore_float_convolutions(Graph(model)) == 0
    assert "ConvInteger" in kinds(model)


def test_a_fused_normalisation_computes_the_same(x: Array) -> None:
    model = float_model()
    before = run(model, x)
    assert fuse_normalisations(Graph(model), PREFIX) == 1
    assert kinds(model).count("InstanceNormalization") == 1
    assert "ReduceMean" not in kinds(model)
    np.testing.assert_allclose(run(model, x), before, rtol=1e-4, atol=1e-3)


def test_a_normalisation_outside_the_prefix_stays() -> None:
    model = float_model()
    assert fuse_normalisations(Graph(model), "/encoder/") == 0
    assert "InstanceNormalization" not in kinds(model)


@pytest.mark.parametrize(("polynomial", "least"), [(False, 90), (True, 55)])
def test_a_shortened_snake_computes_the_same(x: Array, polynomial: bool, least: float) -> None:
    model = float_model()
    before = run(model, x)
    graph = Graph(model)
    fuse_normalisations(graph)
    assert fuse_snakes(graph, polynomial) == 1
    assert ("Sin" in kinds(model)) is not polynomial
    assert noise(before, run(model, x)) > least


def test_an_activation_that_is_no_snake_stays() -> None:
    model = float_model()
    for tensor in model.graph.initializer:
        if tensor.name == "inverse":
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * 2, "inverse"))
    graph = Graph(model)
    fuse_normalisations(graph)
    assert fuse_snakes(graph) == 0


@pytest.mark.parametrize("weight_steps", [63, *([127] if int8_is_exact() else [])])
def test_an_8_bit_convolution_with_ranges_per_channel_is_close(x: Array, weight_steps: int) -> None:
    model = float_model()
    convolution = next(node for node in model.graph.node if node.op_type == "Conv")
    model.graph.output.append(helper.make_tensor_value_info(convolution.input[0], TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    y, snake = session.run(["y", convolution.input[0]], {"x": x})
    del model.graph.output[1]
    ranges = Ranges(*(f(a, axis=(0, 2)) for a in (snake, y) for f in (np.min, np.max)))
    assert quantise_convolutions(Graph(model), {convolution.name: ranges}, weight_steps=weight_steps) == 1
    assert kinds(model).count("QLinearConv") == 1
    assert noise(y, run(model, x)) > 30


def test_a_silent_channel_does_not_overflow(x: Array) -> None:
    model = float_model()
    name = next(node.name for node in model.graph.node if node.op_type == "Conv")
    flat = np.zeros(CHANNELS, np.float32)
    quantise_convolutions(Graph(model), {name: Ranges(flat, flat, flat, flat)})
    assert np.isfinite(run(model, x)).all()


def test_the_spectrum_as_convolution_agrees_with_the_operator() -> None:
    random = np.random.default_rng(2)
    window = np.hanning(21)[:20].astype(np.float32)
    constants = {"step": np.array(5), "window": window, "length": np.array(20)}
    node = helper.make_node("STFT", ["x", "step", "window", "length"], ["y"], name="spectrum", onesided=1)
    model = as_model([node], constants, "x", [1, 400])
    x = random.normal(size=(1, 400)).astype(np.float32)
    before = run(model, x)
    assert replace_spectrum(Graph(model)) == 1
    assert "STFT" not in kinds(model)
    np.testing.assert_allclose(run(model, x), before, atol=1e-4)


def test_ranges_survive_being_stored(tmp_path: Path) -> None:
    values = [np.array([-1.5, 0.25], np.float32), np.array([1, 2], np.float32)]
    ranges = {"/a/conv": Ranges(values[0], values[1], values[0], values[1])}
    write_ranges(ranges, tmp_path / "ranges.npz")
    stored = read_ranges(tmp_path / "ranges.npz")
    assert list(stored) == ["/a/conv"]
    np.testing.assert_array_equal(stored["/a/conv"].input_low, values[0])
    np.testing.assert_array_equal(stored["/a/conv"].output_high, values[1])


def test_the_shipped_ranges_are_wide_and_of_the_decoder() -> None:
    ranges = read_ranges()
    assert len(ranges) > 60
    for name, value in ranges.items():
        assert name.startswith(PREFIX)
        assert (value.input_low <= value.input_high).all()
        assert (value.output_low <= value.output_high).all()
        assert np.isfinite(value.input_high).all()


def test_preparing_writes_a_model_that_runs(tmp_path: Path, x: Array) -> None:
    source, target = tmp_path / "source.onnx", tmp_path / "made" / "target.onnx"
    onnx.save(tiny_model(), str(source))
    digest = preparing.prepare(source, target, FLOAT)
    assert len(digest) == 64
    assert noise(run(tiny_model(), x), run(onnx.load(str(target)), x)) > 35
    assert digest == preparing.prepare(source, target, FLOAT)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, MemoryError])
def test_interrupted_preparation_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    def stop(_path: Path) -> str:
        raise failure

    onnx.save(tiny_model(), str(tmp_path / "source.onnx"))
    monkeypatch.setattr(preparing, "file_sha256", stop)
    with pytest.raises(failure):
        preparing.prepare(tmp_path / "source.onnx", tmp_path / "made" / "target.onnx", Recipe("float", int8=False))
    assert list((tmp_path / "made").iterdir()) == []


def test_a_model_without_the_pattern_is_refused(tmp_path: Path) -> None:
    onnx.save(as_model([helper.make_node("Relu", ["x"], ["y"])], {}, "x", [1, 4]), str(tmp_path / "source.onnx"))
    with pytest.raises(ModelLoadError, match="no convolutions"):
        preparing.prepare(tmp_path / "source.onnx", tmp_path / "target.onnx", FLOAT)


def test_recipe_keys_differ() -> None:
    assert len({recipe.key for recipe in RECIPES.values()}) == len(RECIPES) == 5


def test_the_machine_answers() -> None:
    assert cpu_name()
    assert int8_is_exact() in (True, False)
