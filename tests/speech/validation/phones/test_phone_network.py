"""The phone recogniser on its real weights, against the engine of the package that carries them."""

import importlib

import numpy as np
import pytest

from speech.samples import Samples
from speech.validation.phones.alphabet import class_phones
from speech.validation.phones.network import SAMPLE_RATE, PhoneNetwork
from speech.validation.phones.weights import read_archive
from speech.weights import WeightStore
from speech.weights_catalogue import PHONES


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> PhoneNetwork:
    store = WeightStore(tmp_path_factory.mktemp("models"), allow_hub=False)
    return PhoneNetwork(read_archive(store.path(PHONES)))


def buzz(seconds: float) -> Samples:
    """A gliding voice-like buzz with noise bursts."""
    rng = np.random.default_rng(3)
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 40 * np.sin(3 * time)) / SAMPLE_RATE
    voiced = sum(np.sin(n * phase) / n for n in range(1, 20))
    noise = rng.standard_normal(len(time)) * (np.sin(5 * time) > 0.7)
    return (0.1 * voiced + 0.05 * noise).astype(np.float32)


def test_each_row_is_a_distribution_over_the_classes(network: PhoneNetwork) -> None:
    rows = network.log_probabilities(buzz(1.3))

    assert rows.shape == (1 + int(1.3 * 100) // 2, len(class_phones()))
    np.testing.assert_allclose(np.exp(rows).sum(axis=1), 1.0, atol=1e-4)


def test_the_packages_own_engine_computes_the_same(network: PhoneNetwork) -> None:
    asr = importlib.import_module("hama.asr")
    try:
        session = asr.ASRModel().session
    except OSError as error:
        pytest.skip(f"the package has no engine for this machine: {error}")
    samples = buzz(1.0)
    feeds = {"waveform": samples[np.newaxis], "waveform_lengths": np.array([len(samples)], np.int64)}
    theirs, lengths = session.run(["log_probs", "out_lengths"], feeds)
    count = int(np.asarray(lengths).ravel()[0])
    ours = network.log_probabilities(samples)

    np.testing.assert_allclose(np.exp(ours[:count]), np.exp(theirs[0][:count]), atol=2e-3)


@pytest.mark.parametrize("length", [0, 1, 200, 201, 399, 400, 401])
def test_very_short_audio_gives_few_frames_or_none(network: PhoneNetwork, length: int) -> None:
    rows = network.log_probabilities(np.zeros(length, np.float32))

    assert len(rows) == (0 if length <= 200 else 1 + length // 160 // 2)
    assert np.isfinite(rows).all()
