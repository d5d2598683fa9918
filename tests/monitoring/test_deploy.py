"""Every metric is documented, and what deploy/ asks Prometheus for exists."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from monitoring.gauges import ServiceGauges
from monitoring.metrics import Metrics
from tests.conftest import CoreMaker

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "monitoring.md").read_text("utf-8")
SUFFIXES = re.compile(r"_(bucket|sum|count|total|created)$")


def names(registry: CollectorRegistry) -> set[str]:
    return {metric.name for metric in registry.collect()}


@pytest.fixture
def known(make_core: CoreMaker) -> set[str]:
    metrics = Metrics()
    metrics.registry.register(ServiceGauges(make_core()))
    return {*names(metrics.registry), "chatterbox_gpu_memory_bytes", "process_cpu_seconds"}


def expressions() -> list[str]:
    dashboard: dict[str, Any] = json.loads((REPOSITORY / "deploy/grafana/chatterbox.json").read_text("utf-8"))
    alerts = yaml.safe_load((REPOSITORY / "deploy/prometheus/alerts.yml").read_text("utf-8"))
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in rules)
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*shown, *(rule["expr"] for rule in rules)]


def test_every_metric_is_documented(known: set[str]) -> None:
    documented = {SUFFIXES.sub("", name) for name in re.findall(r"`(chatterbox_\w+)`", PAGE)}
    assert {name for name in known if name.startswith("chatterbox_")} == documented


def test_dashboard_and_alerts_ask_for_metrics_that_exist(known: set[str]) -> None:
    asked = {
        SUFFIXES.sub("", name) for text in expressions() for name in re.findall(r"\b((?:chatterbox|process)_\w+)", text)
    }
    assert asked - known == set()
    assert len(asked) > 12


def test_the_scrape_address_is_a_route(client: Any) -> None:
    scrape = yaml.safe_load((REPOSITORY / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    assert client.get(scrape["scrape_configs"][0]["metrics_path"]).status_code == 200
