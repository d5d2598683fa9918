"""The whole OpenAPI description against the running application, with requests drawn from it.

``SCHEMATHESIS_EXAMPLES`` is how many are drawn for each operation; CONTRIBUTING names the long run.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from config import load_settings
from main_api import create_app
from tests.conftest import FOLDERS

schemathesis = pytest.importorskip("schemathesis", reason="needs Python 3.11")
openapi_checks = pytest.importorskip("schemathesis.specs.openapi.checks")

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
ENDLESS = "/events"
"""Addresses that end so answer until the client goes away."""
NOT_OF_THE_SCHEMA = [openapi_checks.positive_data_acceptance]
"""422 also says what no schema can: a text without words, an unknown voice, a recording that is not there."""


@pytest.mark.checks
@pytest.mark.timeout(3600)
def test_check_26_every_operation_keeps_to_its_description(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    paths = {f"{name}_dir": str(tmp_path / name) for name in FOLDERS}
    changes = {
        "models": {"engine": "tone"},
        "paths": paths,
        "ui": {"enable_ui": False},
        "api": {"max_text_length": 300},
    }
    app = create_app(load_settings(None, changes))
    asked = 0
    for found in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
        operation = found.ok()
        if operation.path.endswith(ENDLESS):
            continue

        @hypothesis_settings(
            max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def holds(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(excluded_checks=NOT_OF_THE_SCHEMA)

        holds()
    app.state.core.close()
    record_property("requests", asked)
    assert asked >= EXAMPLES
