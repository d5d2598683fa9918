"""Metrics that are read off the service whenever somebody scrapes them."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core_engine import CoreEngine
from monitoring.system import disk_usage, gpu_memory


class ServiceGauges(Collector):
    """A collector of Prometheus' library: the state of a core.

    Args:
        core: looked at.
    """

    def __init__(self, core: CoreEngine) -> None:
        self._core = core

    def collect(self) -> Iterator[Metric]:
        """The present values."""
        core = self._core
        readiness = core.readiness
        yield _gauge("ready", "Whether speech requests are answered.", readiness.ready)
        yield _gauge("requests_active", "Speech requests inside or waiting.", core.active_requests)
        yield _gauge("queue_depth", "Chunks that wait for the model.", core.lane.waiting)
        yield _gauge("disk_free_bytes", "Room on the disk of the outputs.", disk_usage(core.outputs.root).free)
        loaded = GaugeMetricFamily("chatterbox_model_loaded", "Whether a model is in memory.", labels=["model"])
        for name, present in core.models.loaded.items():
            loaded.add_metric([name], float(present))
        yield loaded
        gpu = gpu_memory()
        if gpu is not None:
            yield _gauge("gpu_memory_bytes", "Memory of the GPU in use.", gpu)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"chatterbox_{name}", meaning, value=float(value))
