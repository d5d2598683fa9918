"""The simulation of a cluster against what queueing theory says."""

from statistics import fmean

import pytest

from benchmarks.cluster_simulation import LONGEST, SHORTEST, Station, Times, bottleneck, simulate

MEAN = (SHORTEST + LONGEST) / 2
MEAN_SQUARE = MEAN**2 + (LONGEST - SHORTEST) ** 2 / 12


def stations(gpus: int, cores: int = 16) -> tuple[Station, ...]:
    return Station("edge lane", 1), Station("GPUs", gpus), Station("checking", cores)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_one_gpu_waits_as_pollaczek_and_khinchine_say(load: float) -> None:
    rate = load / MEAN
    waits = simulate(stations(1), Times(0.0, 1.0, 0.0), rate, 200_000.0)
    assert fmean(waits) == pytest.approx(rate * MEAN_SQUARE / (2 * (1 - load)), rel=0.1)


def test_an_overloaded_cluster_does_what_its_gpus_can() -> None:
    waits = simulate(stations(4), Times(0.0, 1.0, 0.0), 2 * 4 / MEAN, 10_000.0)
    assert len(waits) / 10_000.0 == pytest.approx(4 / MEAN, rel=0.02)


@pytest.mark.parametrize(("cores", "named"), [(64, "GPUs (100%)"), (4, "checking (160%)")])
def test_the_bottleneck_is_where_most_is_asked(cores: int, named: str) -> None:
    assert bottleneck(stations(64, cores), Times(0.0, 1.0, 0.1), 64 / MEAN) == named
